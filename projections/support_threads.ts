/** Support threads as a list shows them: who wrote last and when, but not what. */
import { entityId } from "../events/mod.ts";
import type { SupportParty } from "../events/support.ts";
import { defineProjection } from "./projection.ts";

/** One thread. Times are RFC 3339, UTC. */
export type SupportThreadRow = {
  thread_id: string;
  status: "open" | "closed" | "erased";
  /** How many. */
  messages: number;
  last_message_from: SupportParty;
  last_message_at: string;
  opened_at: string;
  closed_at: string | null;
  /** The position of `support.opened`. */
  position: number;
};

export const supportThreads = defineProjection({
  name: "support_threads",
  version: 3,
  reads: ["support.opened", "support.message_added", "support.closed", "support.reopened", "support.erased"],
  columns: {
    thread_id: { type: "uuid" },
    status: { type: "text" },
    messages: { type: "int" },
    last_message_from: { type: "text" },
    last_message_at: { type: "timestamptz" },
    opened_at: { type: "timestamptz" },
    closed_at: { type: "timestamptz", nullable: true },
    position: { type: "bigint" },
  },
  key: "thread_id",
  indexes: ["(position)", "(status, position)"],

  evolve(row: SupportThreadRow | null, event): SupportThreadRow | null {
    const { recorded_at: at } = event;
    if (event.type === "support.opened") {
      if (row) throw new Error(`Cannot open support thread ${row.thread_id}: it exists since position ${row.position}`);
      return {
        thread_id: entityId(event.stream_id),
        status: "open",
        messages: 1,
        last_message_from: "sender",
        last_message_at: at,
        opened_at: at,
        closed_at: null,
        position: event.position,
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: nothing was opened`);
    switch (event.type) {
      case "support.message_added":
        return { ...row, messages: row.messages + 1, last_message_from: event.data.from, last_message_at: at };
      case "support.closed":
        return { ...row, status: "closed", closed_at: at };
      case "support.reopened":
        return { ...row, status: "open", closed_at: null };
      case "support.erased":
        return { ...row, status: "erased", closed_at: row.closed_at ?? at };
    }
  },
});
