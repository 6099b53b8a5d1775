/** Live events over SSE: of one job, of all jobs. */
import type { Server } from "bun";
import { Elysia } from "elysia";
import type { StoredEvent } from "../../events/envelope.ts";
import { follow } from "../bus/mod.ts";
import { jobStream } from "../jobs/commands.ts";
import type { Auth } from "./auth.ts";
import { jobId, jobNotFound } from "./job_id.ts";
import { JobNews } from "./job_news.ts";
import { SLOW_CONSUMER_S } from "./limits.ts";
import { describe } from "./openapi.ts";
import type { ApiOptions } from "./options.ts";
import { positionHeader } from "./paging.ts";
import { requestIds } from "./request_id.ts";
import { JobId, StreamQuery } from "./schemas.ts";
import { eventStream } from "./sse.ts";
import { queryReader } from "./validation.ts";

/** Events read at once: what one client may have waiting, at up to 512 KB each. */
const BATCH = 50;

const readQuery = queryReader(StreamQuery);

type Wanted = (event: StoredEvent) => boolean;

const EXAMPLE = `id: 1042
event: job.succeeded
data: {"position":1042,"stream_id":"job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","job_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","version":3,"type":"job.succeeded","data":{"attempt":1,"result":{"status":200}},"meta":{"actor":"worker:a1","correlation_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"},"recorded_at":"2026-01-15T09:30:00.123456Z"}

`;

export function streamRoutes(options: ApiOptions, auth: Auth) {
  const { log, bus, logger, signal } = options;
  const on_fault = (error: unknown) => logger.warn({ err: error }, "An event stream cannot read the log");
  const news = new JobNews({ log, bus, on_fault });

  return new Elysia({ name: "levqor/streams" })
    .use(requestIds())
    .get(
      "/api/v1/jobs/stream",
      async ({ request, server, request_id }) => {
        auth.require(request);
        const { after: given, types } = readQuery(request);
        const after = positionHeader(request, "last-event-id") ?? given ?? (await log.head());
        const wanted = ofTypes(types);
        return open({ request, server, request_id }, (stop) =>
          filtered(
            follow({ log, bus, after, signal: stop, batch: BATCH, on_fault }),
            (event) => event.stream_id.startsWith("job-") && wanted(event),
          ),
        );
      },
      {
        detail: describe({
          id: "streamJobs",
          tag: "Streams",
          summary: "Stream the events of all jobs",
          description:
            "Server-sent events from now on, or from the position that `after` names (0: from the first event ever). Each event's id is its position in the log; a client that reconnects with Last-Event-ID misses nothing and sees nothing twice. A comment is sent in every 15 seconds of silence. A client that reads nothing for 30 seconds is cut off.",
          key: true,
          query: StreamQuery,
          headers: ["Last-Event-ID"],
          answers: {
            200: { description: "Events, without end.", content_type: "text/event-stream", example: EXAMPLE },
          },
          errors: ["validation_failed", "invalid_cursor", "unavailable"],
        }),
      },
    )
    .get(
      "/api/v1/jobs/:job_id/stream",
      async ({ request, server, request_id, params }) => {
        auth.require(request);
        const id = jobId(params.job_id);
        const { after: given, types } = readQuery(request);
        const after = positionHeader(request, "last-event-id") ?? given ?? 0;
        const stream_id = jobStream(id);
        const [first] = await log.readStream(stream_id, { limit: 1 });
        if (!first) throw jobNotFound(id);
        const wanted = ofTypes(types);
        return open({ request, server, request_id }, (stop) =>
          filtered(followJob(stream_id, stop), (event) => event.position > after && wanted(event)),
        );
      },
      {
        detail: describe({
          id: "streamJob",
          tag: "Streams",
          summary: "Stream the events of one job",
          description:
            "Server-sent events of one job from its first event on, or after the position that `after` names, and then as they happen. Resuming, heartbeats and slow clients: as for all jobs. The stream stays open after the job has ended.",
          key: true,
          params: { job_id: JobId },
          query: StreamQuery,
          headers: ["Last-Event-ID"],
          answers: {
            200: { description: "Events, without end.", content_type: "text/event-stream", example: EXAMPLE },
          },
          errors: ["invalid_job_id", "job_not_found", "validation_failed", "invalid_cursor", "unavailable"],
        }),
      },
    );

  function open(
    { request, server, request_id }: { request: Request; server: Server<unknown> | null; request_id: string },
    makeSource: (stop: AbortSignal) => AsyncGenerator<readonly StoredEvent[]>,
  ): Response {
    // Heartbeats keep the connection busy. Idle is only one whose client reads nothing: Bun closes that, and the
    // client can resume from the last id it saw.
    server?.timeout(request, options.timing?.slow_consumer_s ?? SLOW_CONSUMER_S);
    const stop = new AbortController();
    const shutDown = () => stop.abort();
    signal.addEventListener("abort", shutDown);
    stop.signal.addEventListener("abort", () => signal.removeEventListener("abort", shutDown));
    if (signal.aborted) stop.abort();
    return eventStream({
      source: makeSource(stop.signal),
      stop,
      onError: (error) => logger.error({ err: error, request_id }, "An event stream broke"),
      heartbeat_ms: options.timing?.heartbeat_ms,
    });
  }

  /** A job's events from its first, and then as they are recorded, until `stop` fires. */
  async function* followJob(stream_id: string, stop: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    let arrived = Promise.withResolvers<void>();
    let failure: { error: unknown } | undefined;
    const wake = () => arrived.resolve();
    const fail = (error: unknown) => {
      failure = { error };
      wake();
    };
    const unwatch = await news.watch(stream_id, { wake, fail });
    stop.addEventListener("abort", wake);
    try {
      let version = 0;
      while (!stop.aborted) {
        if (failure) throw failure.error;
        const events = await log.readStream(stream_id, { after_version: version, limit: BATCH });
        const last = events.at(-1);
        if (last) {
          version = last.version;
          yield events;
        } else {
          await arrived.promise;
          arrived = Promise.withResolvers();
        }
      }
    } finally {
      stop.removeEventListener("abort", wake);
      unwatch();
    }
  }
}

/** The events that are wanted, in batches of which none is empty. */
async function* filtered(
  source: AsyncGenerator<readonly StoredEvent[]>,
  wanted: Wanted,
): AsyncGenerator<readonly StoredEvent[]> {
  for await (const batch of source) {
    const events = batch.filter(wanted);
    if (events.length > 0) yield events;
  }
}

function ofTypes(types: string | undefined): Wanted {
  if (types === undefined) return () => true;
  const names = new Set(types.split(","));
  return (event) => names.has(event.type);
}
