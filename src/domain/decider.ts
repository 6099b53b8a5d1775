import type { NewEvent } from "../../events/envelope.ts";
import type { KnownEvent } from "../../events/mod.ts";

/** An expected refusal of a command. `code` is stable and snake_case; `message` says why, with the value. */
export interface Rejection {
  readonly rejected: true;
  readonly code: string;
  readonly message: string;
}

/** What a decider decides on a stream that does not exist. Throws if it refuses: a command that creates something is accepted. */
export function firstDecision<State, Command>(
  { decide, initial }: Decider<State, Command>,
  command: NoInfer<Command>,
): readonly NewEvent[] {
  const decision = decide(command, initial);
  if ("rejected" in decision) throw new Error(decision.message);
  return decision;
}

/** Pure functions that decide what a command does to a state. */
export interface Decider<State, Command, Refusal extends Rejection = Rejection> {
  readonly initial: State;
  evolve(state: State, event: KnownEvent): State;
  decide(command: Command, state: State): readonly NewEvent[] | Refusal;
}
