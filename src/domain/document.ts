/** A document that people agree to or are told of, and its versions. */
import type { DocumentPublished, DocumentVersion } from "../../events/document.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { Decider } from "./decider.ts";

export interface DocumentState {
  /** Of all versions, in order: that of version 1 first. */
  readonly hashes: readonly string[];
}

export type DocumentCommand = { readonly type: "publish" } & DocumentPublished;

/**
 * A text is published once: while a new one is rolled out, processes that still have the old one start and stop. To return to an
 * earlier text, change at least its day.
 */
export const documentDecider: Decider<DocumentState, DocumentCommand> = {
  initial: { hashes: [] },
  evolve: ({ hashes }, event: KnownEvent) =>
    event.type === "document.published" ? { hashes: [...hashes, event.data.sha256] } : { hashes },
  decide({ type: _, ...data }, { hashes }): readonly KnownNewEvent[] {
    return hashes.includes(data.sha256) ? [] : [{ type: "document.published", data }];
  },
};

/** The version that holds now; `null`: none was published. */
export function currentVersion({ hashes }: DocumentState): DocumentVersion | null {
  const sha256 = hashes.at(-1);
  return sha256 === undefined ? null : { version: hashes.length, sha256 };
}
