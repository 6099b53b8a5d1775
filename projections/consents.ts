/** What people agreed to and took back: for the list of a user's consents. One row for each event. */
import type { DocumentName } from "../events/document.ts";
import { type EventOf, entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";

const reads = [
  "consent.terms_accepted",
  "consent.marketing_requested",
  "consent.marketing_confirmed",
  "consent.marketing_withdrawn",
] as const;

/** One event. Times are RFC 3339, UTC. */
export type ConsentRow = {
  /** The user's id, or that of an address. */
  holder: string;
  /** Of the event, in the holder's stream. */
  version: number;
  about: "terms" | "marketing";
  action: "accepted" | "requested" | "confirmed" | "withdrawn";
  /** What they agreed to; `null`: they took something back. */
  document: DocumentName | null;
  document_version: number | null;
  document_sha256: string | null;
  recorded_at: string;
  /** The order of the list. */
  position: number;
};

export const consents = defineProjection({
  name: "consents",
  version: 1,
  reads,
  columns: {
    holder: { type: "text" },
    version: { type: "int" },
    about: { type: "text" },
    action: { type: "text" },
    document: { type: "text", nullable: true },
    document_version: { type: "int", nullable: true },
    document_sha256: { type: "text", nullable: true },
    recorded_at: { type: "timestamptz" },
    position: { type: "bigint" },
  },
  key: ["holder", "version"],
  indexes: ["(holder, position)"],

  keysOf: ({ stream_id, version }) => [{ holder: entityId(stream_id), version }],

  evolve(_row: ConsentRow | null, event, key): ConsentRow {
    const { recorded_at, position } = event;
    return { ...key, ...aboutOf(event), recorded_at, position };
  },
});

function aboutOf(
  event: EventOf<(typeof reads)[number]>,
): Omit<ConsentRow, "holder" | "version" | "recorded_at" | "position"> {
  switch (event.type) {
    case "consent.terms_accepted":
      return { about: "terms", action: "accepted", ...named("terms", event.data.terms) };
    case "consent.marketing_requested":
      return { about: "marketing", action: "requested", ...named("marketing", event.data.notice) };
    case "consent.marketing_confirmed":
      return { about: "marketing", action: "confirmed", ...named("marketing", event.data.notice) };
    case "consent.marketing_withdrawn":
      return { about: "marketing", action: "withdrawn", document: null, document_version: null, document_sha256: null };
  }
}

function named(document: DocumentName, { version, sha256 }: { version: number; sha256: string }) {
  return { document, document_version: version, document_sha256: sha256 };
}
