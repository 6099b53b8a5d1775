/**
 * A support thread: a sender asks, operators answer.
 *
 * ```text
 *   open ──▶ open (messages, 100 in all) ──close──▶ closed ──reopen (20 times)──▶ open
 * ```
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { SupportClosed, SupportMessageAdded, SupportOpened, SupportReopened } from "../../events/support.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Messages of a thread, including the first: a thread is always shown whole. */
export const SUPPORT_MESSAGES_MAX = 100;

/** How often a thread can be reopened: the holder of its token must not be able to fill the log. */
export const SUPPORT_REOPENINGS_MAX = 20;

export interface SupportState {
  readonly status: "none" | "open" | "closed";
  /** The data of `support.opened`. */
  readonly opened: SupportOpened | null;
  /** Times are RFC 3339, UTC. */
  readonly opened_at: string | null;
  readonly closed_at: string | null;
  /** In order; the first one opened the thread. */
  readonly messages: readonly (SupportMessageAdded & { readonly at: string })[];
  readonly reopenings: number;
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
  | ({ readonly type: "close" } & SupportClosed)
  | ({ readonly type: "reopen" } & SupportReopened);

export interface SupportRejection extends Rejection {
  readonly code:
    | "thread_exists"
    | "thread_not_found"
    | "thread_closed"
    | "too_many_messages"
    | "message_exists"
    | "too_many_reopenings";
}

export const supportDecider: Decider<SupportState, SupportCommand, SupportRejection> = {
  initial: {
    status: "none",
    opened: null,
    opened_at: null,
    closed_at: null,
    messages: [],
    reopenings: 0,
    keyed: new Map(),
  },
  evolve,
  decide,
};

function evolve(state: SupportState, event: KnownEvent): SupportState {
  const { recorded_at: at } = event;
  switch (event.type) {
    case "support.opened": {
      const { message } = event.data;
      return {
        ...state,
        status: "open",
        opened: event.data,
        opened_at: at,
        messages: [{ from: "sender", message, at }],
      };
    }
    case "support.message_added": {
      const { causation_id } = event.meta;
      const keyed = causation_id ? new Map([...state.keyed, [causation_id, event.data]]) : state.keyed;
      return { ...state, messages: [...state.messages, { ...event.data, at }], keyed };
    }
    case "support.closed":
      return { ...state, status: "closed", closed_at: at };
    case "support.reopened":
      return { ...state, status: "open", closed_at: null, reopenings: state.reopenings + 1 };
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
    case "reopen":
      return reopen(command, state);
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
  if (messages.length >= SUPPORT_MESSAGES_MAX) {
    const message = `Cannot add a message: the thread has ${messages.length}, the maximum. Open a new thread.`;
    return refuse("too_many_messages", message);
  }
  return [{ type: "support.message_added", data }];
}

function reopen(
  { by }: SupportReopened,
  { status, reopenings }: SupportState,
): readonly KnownNewEvent[] | SupportRejection {
  if (status === "open") return [];
  if (reopenings >= SUPPORT_REOPENINGS_MAX) {
    const message = `Cannot reopen the thread: it was reopened ${reopenings} times, the maximum. Open a new thread.`;
    return refuse("too_many_reopenings", message);
  }
  return [{ type: "support.reopened", data: { by } }];
}

function refuse(code: SupportRejection["code"], message: string): SupportRejection {
  return { rejected: true, code, message };
}
