/**
 * Whose keys were destroyed, or are about to be: users, the subjects of accounts' jobs, and senders of support threads. After a restore of an older vault
 * they are destroyed again; by the id of a user's erasure, its certificate is read.
 */

import { entityId } from "../events/mod.ts";
import type { PersonalClass } from "../events/personal.ts";
import { personalClasses } from "../events/personal.ts";
import { subjectNameOf } from "../events/subject.ts";
import { supportSubject } from "../events/support.ts";
import { userAccount } from "../events/user.ts";
import { defineProjection } from "./projection.ts";

/** One person. Times are RFC 3339, UTC. */
export type ErasureRow = {
  /** As the vault names them. */
  subject: string;
  /** Of a user; `null`: an account erased one of its subjects. */
  erasure_id: string | null;
  requested_at: string;
  /** `null`: it was requested, and is not complete. */
  erased_at: string | null;
  /** The classes whose keys were destroyed, separated by commas; empty before that. */
  destroyed: string;
  /** The position at which it was requested: the order in which they are looked at. */
  position: number;
};

export const erasures = defineProjection({
  name: "erasures",
  version: 2,
  reads: ["user.erasure_requested", "user.erased", "subject.erased", "support.erased"],
  columns: {
    subject: { type: "text" },
    erasure_id: { type: "uuid", nullable: true },
    requested_at: { type: "timestamptz" },
    erased_at: { type: "timestamptz", nullable: true },
    destroyed: { type: "text" },
    position: { type: "bigint" },
  },
  key: "subject",
  indexes: ["(position)", "(erasure_id)"],

  keysOf({ type, stream_id }) {
    if (type === "subject.erased") return [subjectNameOf(stream_id)];
    return [type === "support.erased" ? supportSubject(entityId(stream_id)) : userAccount(entityId(stream_id))];
  },

  evolve(row: ErasureRow | null, event, subject): ErasureRow {
    const { recorded_at, position } = event;
    const requested = row ?? { subject, erasure_id: null, requested_at: recorded_at, position };
    switch (event.type) {
      case "user.erasure_requested":
        return { ...requested, erasure_id: event.data.erasure_id.toLowerCase(), erased_at: null, destroyed: "" };
      case "user.erased":
        return {
          ...requested,
          ...erased(event.data.destroyed, recorded_at),
          erasure_id: event.data.erasure_id.toLowerCase(),
        };
      case "subject.erased":
      case "support.erased":
        return { ...requested, ...erased(personalClasses, recorded_at) };
    }
  },
});

function erased(classes: readonly PersonalClass[], erased_at: string): Pick<ErasureRow, "destroyed" | "erased_at"> {
  return { destroyed: classes.join(","), erased_at };
}
