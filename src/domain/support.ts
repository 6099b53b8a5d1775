/**
 * A support thread: a sender asks, operators answer.
 *
 * ```text
 *   open ──▶ open (messages, 100 in all) ──close──▶ closed
 * ```
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { SupportClosed, SupportMessageAdded, SupportOpened } from "../../events/support.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Messages of a thread, including the first: a thread is always shown whole. */
export const SUPPORT_MESSAGES_MAX = 100;

export interface SupportState {
  readonly status: "none" | "open" | "closed";
  /** The data of `support.opened`. */
  readonly opened: SupportOpened | null;
  readonly messages: number;
  /** Messages sent with an Idempotency-Key, by the causation id derived from it. */
  readonly keyed: ReadonlyMap<string, SupportMessageAdded>;
}

export type SupportCommand =
  | ({ readonly type: "open" } & SupportOpened)
  | ({
      readonly type: "add_message";
      /** Identifies the request, if it has an Idempotency-Key: its message is added once. */
      readonly causation_id: string | undefined;
    } & SupportMessageAdded)
  | ({ readonly type: "close" } & SupportClosed);

export interface SupportRejection extends Rejection {
  readonly code: "thread_exists" | "thread_not_found" | "thread_closed" | "too_many_messages" | "message_exists";
}

export const supportDecider: Decider<SupportState, SupportCommand, SupportRejection> = {
  initial: { status: "none", opened: null, messages: 0, keyed: new Map() },
  evolve,
  decide,
};

function evolve(state: SupportState, event: KnownEvent): SupportState {
  switch (event.type) {
    case "support.opened":
      return { ...state, status: "open", opened: event.data, messages: 1 };
    case "support.message_added": {
      const { causation_id } = event.meta;
      const keyed = causation_id ? new Map([...state.keyed, [causation_id, event.data]]) : state.keyed;
      return { ...state, messages: state.messages + 1, keyed };
    }
    case "support.closed":
      return { ...state, status: "closed" };
    default:
      return state;
  }
}

function decide(command: SupportCommand, state: SupportState): readonly KnownNewEvent[] | SupportRejection {
  if (command.type === "open") {
    const { type: _, ...data } = command;
    if (state.status !== "none") return refuse("thread_exists", "Cannot open the thread: its id is taken.");
    return [{ type: "support.opened", data }];
  }
  if (state.status === "none") return refuse("thread_not_found", "Cannot change the thread: it does not exist.");
  switch (command.type) {
    case "add_message":
      return addMessage(command, state);
    case "close":
      return state.status === "closed" ? [] : [{ type: "support.closed", data: { by: command.by } }];
  }
}

function addMessage(
  { type: _, causation_id, ...data }: SupportCommand & { type: "add_message" },
  { status, messages, keyed }: SupportState,
): readonly KnownNewEvent[] | SupportRejection {
  if (causation_id !== undefined && keyed.has(causation_id)) {
    return refuse("message_exists", "Cannot add the message: this very request has added it.");
  }
  if (status === "closed") return refuse("thread_closed", "Cannot add a message: the thread is closed.");
  if (messages >= SUPPORT_MESSAGES_MAX) {
    const message = `Cannot add a message: the thread has ${messages}, the maximum. Open a new thread.`;
    return refuse("too_many_messages", message);
  }
  return [{ type: "support.message_added", data }];
}

function refuse(code: SupportRejection["code"], message: string): SupportRejection {
  return { rejected: true, code, message };
}
