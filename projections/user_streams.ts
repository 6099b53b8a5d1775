/** Where something is recorded of a user: the streams that have events of their account, or about them. For exports. */
import { entityId } from "../events/mod.ts";
import { userOf } from "../events/user.ts";
import { defineProjection } from "./projection.ts";

/** One stream of one user. */
export type UserStreamRow = {
  user_id: string;
  stream_id: string;
  /** What the stream is about. */
  category: string;
  /** Of the first event of theirs in it. */
  position: number;
};

export const userStreams = defineProjection({
  name: "user_streams",
  version: 1,
  reads: "all",
  columns: {
    user_id: { type: "text" },
    stream_id: { type: "text" },
    category: { type: "text" },
    position: { type: "bigint" },
  },
  key: ["user_id", "stream_id"],
  indexes: ["(user_id, category, position)"],

  keysOf({ stream_id, meta: { account, subject } }) {
    const users = new Set([account, subject].map((one) => one && userOf(one)));
    return [...users]
      .filter((user_id) => user_id !== undefined && user_id !== "")
      .map((user_id) => ({ user_id: user_id as string, stream_id }));
  },

  evolve(row: UserStreamRow | null, { stream_id, position }, { user_id }): UserStreamRow {
    if (row) return row;
    return { user_id, stream_id, category: stream_id.slice(0, -entityId(stream_id).length - 1), position };
  },
});
