/**
 * A support thread: a sender asks, operators answer.
 *
 * ```text
 *   open ──▶ open (messages, 100 in all) ──close──▶ closed ──reopen (20 times)──▶ open
 * ```
 *
 * Open or closed, it can be erased: nothing follows that.
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type {
  SupportClosed,
  SupportErased,
  SupportMessageAdded,
  SupportOpened,
  SupportReopened,
} from "../../events/support.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Messages of a thread, including the first: a thread is always shown whole. */
export const SUPPORT_MESSAGES_MAX = 100;

/** How often a thread can be reopened: the holder of its token must not be able to fill the log. */
export const SUPPORT_REOPENINGS_MAX = 20;

export interface SupportState {
  readonly status: "none" | "open" | "closed" | "erased";
  /** The data of `support.opened`. */
  readonly opened: SupportOpened | null;
  /** Times are RFC 3339, UTC. */
  readonly opened_at: string | null;
  readonly closed_at: string | null;
  /** In order; the first one opened the thread. */
  readonly messages: readonly (SupportMessageAdded & { readonly at: string })[];
  readonly reopenings: number;
}

export type SupportCommand =
  | ({ readonly type: "open" } & SupportOpened)
  | ({ readonly type: "add_message" } & SupportMessageAdded)
  | ({ readonly type: "close" } & SupportClosed)
  | ({ readonly type: "reopen" } & SupportReopened)
  | ({ readonly type: "erase" } & SupportErased);

export interface SupportRejection extends Rejection {
  readonly code:
    | "thread_exists"
    | "thread_not_found"
    | "thread_closed"
    | "thread_erased"
    | "too_many_messages"
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
    case "support.message_added":
      return { ...state, messages: [...state.messages, { ...event.data, at }] };
    case "support.closed":
      return { ...state, status: "closed", closed_at: at };
    case "support.reopened":
      return { ...state, status: "open", closed_at: null, reopenings: state.reopenings + 1 };
    case "support.erased":
      return { ...state, status: "erased", closed_at: state.closed_at ?? at };
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
      return state.status === "open" ? [{ type: "support.closed", data: { by: command.by } }] : [];
    case "reopen":
      return reopen(command, state);
    case "erase":
      return state.status === "erased" ? [] : [{ type: "support.erased", data: { by: command.by } }];
  }
}

function addMessage(
  { type: _, ...data }: SupportCommand & { type: "add_message" },
  { status, messages }: SupportState,
): readonly KnownNewEvent[] | SupportRejection {
  if (status === "closed") return refuse("thread_closed", "Cannot add a message: the thread is closed.");
  if (status === "erased") return refuse("thread_erased", "Cannot add a message: the thread was erased.");
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
  if (status === "erased") return refuse("thread_erased", "Cannot reopen the thread: it was erased.");
  if (reopenings >= SUPPORT_REOPENINGS_MAX) {
    const message = `Cannot reopen the thread: it was reopened ${reopenings} times, the maximum. Open a new thread.`;
    return refuse("too_many_reopenings", message);
  }
  return [{ type: "support.reopened", data: { by } }];
}

function refuse(code: SupportRejection["code"], message: string): SupportRejection {
  return { rejected: true, code, message };
}
