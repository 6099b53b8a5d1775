/** Performs a reaction's actions idempotently. */
import { SYSTEM } from "../../events/account.ts";
import { type EventMeta, eventId, MAX_REACTION_DEPTH } from "../../events/envelope.ts";
import type { JobSubmitted } from "../../events/job.ts";
import { decode, type KnownEvent } from "../../events/mod.ts";
import type { Decider, Rejection } from "../domain/decider.ts";
import { type EventLog, handleOnce } from "../log/mod.ts";
import { type Action, type CommandAction, idsOf, type Reaction } from "./reaction.ts";

/** An action cannot be performed, and a retry would not help. */
class ImpossibleError extends Error {
  override readonly name = "ImpossibleError";
}

/** Submits a job of the account `system`, unless there is one with its id. Throws what `log.append` throws. */
export type SubmitJob = (job: {
  readonly job_id: string;
  readonly submission: JobSubmitted;
  readonly meta: EventMeta;
}) => Promise<void>;

export interface PerformOptions {
  readonly log: EventLog;
  readonly submitJob: SubmitJob;
  readonly reaction: Reaction;
  /** The event that is reacted to. */
  readonly event: KnownEvent;
}

/** The actor of a reaction's events. */
function actorOf({ name }: Pick<Reaction, "name">): string {
  return `system:reaction:${name}`;
}

/** The meta of the events that a reaction records. Throws {@linkcode ImpossibleError} if the chain of reactions is too long. */
export async function consequenceMeta({ log, reaction, event }: Omit<PerformOptions, "submitJob">): Promise<EventMeta> {
  const depth = 1 + (await depthOf(log, event));
  if (depth > MAX_REACTION_DEPTH) {
    throw new ImpossibleError(
      `Cannot react to ${eventId(event)}: a chain of ${MAX_REACTION_DEPTH} reactions led to it, which may be a loop`,
    );
  }
  const { correlation_id, traceparent } = event.meta;
  return {
    actor: actorOf(reaction),
    account: SYSTEM,
    correlation_id,
    causation_id: eventId(event),
    reaction_depth: depth,
    ...(traceparent && { traceparent }),
  };
}

/** How many reactions led to an event. For later events of a job, its submission says so. */
async function depthOf(log: Pick<EventLog, "readFirst">, { meta, stream_id, version }: KnownEvent): Promise<number> {
  if (meta.reaction_depth !== undefined || version === 1) return meta.reaction_depth ?? 0;
  const first = (await log.readFirst([stream_id])).get(stream_id);
  return (first && decode(first).meta.reaction_depth) ?? 0;
}

/** Performs an action, unless it was performed before. Throws what `log.append` throws, `ContendedError` and {@linkcode ImpossibleError}. */
export async function perform(
  action: Action,
  performing: PerformOptions & { readonly meta: EventMeta },
): Promise<void> {
  if (action.do === "command") return await commandStream(action, performing);
  const { submission, key } = action;
  const { submitJob, reaction, event, meta } = performing;
  // The id is derived, so a second submission finds the first.
  await submitJob({ job_id: idsOf(reaction, event)(key), submission, meta });
}

/** The stream's events show whether this reaction has already acted on this event. */
async function commandStream(
  { stream_id, decider, command }: CommandAction,
  { log, meta }: PerformOptions & { readonly meta: EventMeta },
): Promise<void> {
  const handled = await handleOnce(log, {
    stream_id,
    decider: decider as Decider<unknown, object, Rejection>,
    command,
    meta,
  });
  if (!handled.ok && handled.reason === "refused") {
    throw new ImpossibleError(`The command to ${stream_id} was refused: ${handled.refusal.message}`);
  }
}
