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
import { Backoff, pause } from "../../async/mod.ts";
import { documentDecider } from "../../domain/document.ts";
import { type EventLog, handle } from "../../log/mod.ts";

const FOLDER = join(import.meta.dir, "../../../public/legal");

/** A version of a document. */
export interface PublishedDocument extends DocumentVersion {
  readonly document: DocumentName;
  /** RFC 3339. */
  readonly published_at: string;
}

/** Records the texts that are new, each once, whichever processes start. Throws what `log.append` throws. */
export async function publishDocuments(
  log: EventLog,
  { folder = FOLDER, actor }: { folder?: string; actor: string },
): Promise<readonly DocumentName[]> {
  const published: DocumentName[] = [];
  for (const document of documentNames) {
    const text = await Bun.file(join(folder, `${document}.md`)).text();
    const stream_id = documentStream(document);
    const handled = await handle(log, {
      stream_id,
      decider: documentDecider,
      command: { type: "publish", sha256: hash("sha256", text), text },
      meta: { actor, correlation_id: stream_id },
    });
    if (handled.ok && handled.events.length > 0) published.push(document);
  }
  return published;
}

/** Publishes what is new, as soon as the log can be written to. */
export function startPublishing({
  log,
  logger,
  instance,
}: {
  log: EventLog;
  logger: Pick<Logger, "info" | "warn">;
  instance: string;
}) {
  const stopping = new AbortController();
  const publish = async () => {
    const backoff = new Backoff(100, 5_000);
    while (!stopping.signal.aborted) {
      try {
        const documents = await publishDocuments(log, { actor: `system:${instance}` });
        if (documents.length > 0) logger.info({ documents }, "New versions of documents are in force");
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error }, "Cannot record new versions of documents; retrying");
        await pause(backoff.next(), stopping.signal);
      }
    }
  };
  const running = publish();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
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
