/** The documents that people agree to or are told of: pages in `public/legal`, whose versions the log has. */
import { hash } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import {
  type DocumentName,
  type DocumentPublished,
  type DocumentVersion,
  documentNames,
  documentStream,
} from "../../../events/document.ts";
import { decode } from "../../../events/mod.ts";
import { untilDone } from "../../async/mod.ts";
import { documentDecider } from "../../domain/document.ts";
import { type EventLog, handle, isTransient } from "../../log/mod.ts";

const FOLDER = join(import.meta.dir, "../../../public/legal");

/** A version of a document. */
export interface PublishedDocument extends DocumentVersion {
  readonly document: DocumentName;
  /** RFC 3339. */
  readonly published_at: string;
}

/** The documents that were published, and those that cannot be, with the reason. */
interface Published {
  readonly published: readonly DocumentName[];
  readonly failed: readonly { readonly document: DocumentName; readonly error: unknown }[];
}

/**
 * Records the texts that are new, each once, whichever processes start. One that is missing, or that the log refuses, keeps no
 * other from being published. Throws what `log.append` throws, if a retry may succeed.
 */
export async function publishDocuments(
  log: EventLog,
  { folder = FOLDER, actor }: { folder?: string; actor: string },
): Promise<Published> {
  const published: DocumentName[] = [];
  const failed: Published["failed"][number][] = [];
  for (const document of documentNames) {
    const stream_id = documentStream(document);
    try {
      const text = await Bun.file(join(folder, `${document}.md`)).text();
      const handled = await handle(log, {
        stream_id,
        decider: documentDecider,
        command: { type: "publish", sha256: hash("sha256", text), text },
        meta: { actor, correlation_id: stream_id },
      });
      if (handled.ok && handled.events.length > 0) published.push(document);
    } catch (error) {
      if (isTransient(error)) throw error;
      failed.push({ document, error });
    }
  }
  return { published, failed };
}

/** Publishes what is new, as soon as the log can be written to. */
export function startPublishing({
  log,
  logger,
  instance,
}: {
  log: EventLog;
  logger: Pick<Logger, "info" | "warn" | "error">;
  instance: string;
}) {
  const publish = async () => {
    const { published, failed } = await publishDocuments(log, { actor: `system:${instance}` });
    if (published.length > 0) logger.info({ documents: published }, "New versions of documents are in force");
    for (const { document, error } of failed) {
      logger.error(
        { err: error, document },
        "Cannot publish a document of public/legal; the version before stays in force",
      );
    }
  };
  return untilDone(publish, {
    first_ms: 100,
    most_ms: 5_000,
    on_fault: (error) => logger.warn({ err: error }, "Cannot record new versions of documents; retrying"),
  });
}

/** The current versions, in the order of their names. */
export async function currentDocuments(log: Pick<EventLog, "readLast">): Promise<PublishedDocument[]> {
  const { events } = await log.readLast(documentNames.map(documentStream));
  return documentNames.flatMap((document) => {
    const event = events.get(documentStream(document));
    if (!event) return [];
    const { sha256 } = decode(event).data as DocumentPublished;
    return [{ document, version: event.version, sha256, published_at: event.recorded_at }];
  });
}

/** The text of a version; `undefined`: there is no such version. */
export async function textOf(
  log: Pick<EventLog, "readStream">,
  { document, version }: { document: DocumentName; version: number },
): Promise<DocumentPublished | undefined> {
  const [event] = await log.readStream(documentStream(document), { after_version: version - 1, limit: 1 });
  return event && (decode(event).data as DocumentPublished);
}
