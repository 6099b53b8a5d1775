/**
 * Versions of the documents that people agree to or are told of. Each document has a stream, `document-<name>`, and each of
 * its events is a version, whose number is the event's version. The whole text is recorded: what somebody agreed to can be
 * shown, whatever the pages say by then.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Count } from "./number.ts";

/** The stream of a document. */
export const documentStream = streamName("document");

/** Each is a page in `public/legal`. `marketing`: what those who ask for news agree to. */
export const documentNames = ["terms", "privacy", "cookies", "marketing"] as const;
export type DocumentName = (typeof documentNames)[number];

/** The longest text of a version, in characters. */
export const DOCUMENT_TEXT_MAX = 200_000;

/** SHA-256, in hex. */
export const Sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });

/** A version of a document, and the SHA-256 of its text. */
export const DocumentVersion = Type.Object({ version: Count(1), sha256: Sha256 });
export type DocumentVersion = Static<typeof DocumentVersion>;

export const DocumentPublished = Type.Object({
  /** Of the text, in UTF-8. */
  sha256: Sha256,
  /** The page's source, as it is in `public/legal`. */
  text: Type.String({ minLength: 1, maxLength: DOCUMENT_TEXT_MAX }),
});
export type DocumentPublished = Static<typeof DocumentPublished>;

/** Every event type of the category; a stream begins with the first. */
export const documentEvents = {
  "document.published": eventType(
    DocumentPublished,
    "the terms or a notice have a new version, whose text and SHA-256 the event has; its number is the event's version",
  ),
} as const satisfies Record<string, EventSchema>;
