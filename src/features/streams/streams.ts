/** Live events over SSE: of one job, of all jobs. */

import { SYSTEM } from "../../../events/account.ts";
import { reachOf } from "../../access/mod.ts";
import type { ApiParts } from "../../http/api.ts";
import type { AnyDeclaration } from "../../http/declaration.ts";
import { tags } from "../../http/document/tags.ts";
import { checkExactPosition, positionHeader } from "../../http/paging.ts";
import { problems } from "../../http/problems.ts";
import { jobIdParam } from "../../http/request/job_id.ts";
import { route } from "../../http/route.ts";
import { OpenStreams, type StreamCall } from "../../http/stream/open_streams.ts";
import { EventSources, type WantedEvents } from "./event_source.ts";
import { AllJobsStreamQuery, StreamedEvent, StreamQuery } from "./schemas.ts";
import type { Submissions } from "./submissions.ts";

/** The maximum number of events read at once, for each stream. */
const BATCH = 50;

const EXAMPLE = `id: 1042
event: job.succeeded
data: {"position":1042,"stream_id":"job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","job_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","version":3,"type":"job.succeeded","data":{"attempt":1,"result":{"status":200}},"meta":{"actor":"worker:a1","correlation_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"},"recorded_at":"2026-01-15T09:30:00.123456Z"}

`;

/** What both streams have in common. */
const STREAMING = {
  checkQuery: (query) => checkExactPosition(query, "after"),
  headers: ["Last-Event-ID"],
  responses: {
    200: {
      description: "An endless stream of events: the data of each, except `closed`, is a StreamedEvent.",
      content_type: "text/event-stream",
      parts: StreamedEvent,
      example: EXAMPLE,
    },
  },
  errors: [problems.invalid_cursor, problems.too_many_streams],
} as const satisfies Partial<AnyDeclaration>;

export function streamRoutes(options: ApiParts & { submissions: Submissions }) {
  const { logger } = options;
  const on_fault = (error: unknown) => logger.warn({ err: error }, "An event stream cannot read the log");
  const sources = new EventSources({ ...options, on_fault, batch: BATCH });
  const streams = new OpenStreams(options);

  return [
    route(
      {
        method: "GET",
        path: "/api/v1/jobs/stream",
        id: "streamJobs",
        tag: tags.streams,
        summary: "Stream the events of all jobs",
        description:
          "Server-sent events from now on, or from the position in `after` (0: from the first event ever). Each event's id is its position in the log; a client that reconnects with Last-Event-ID misses nothing and sees nothing twice. After 15 seconds without events, a comment is sent. If the service ends the stream, its last event is `closed`, without an id, and says why: a client that reads nothing for 30 seconds is disconnected as `slow_consumer`.",
        scope: "jobs:read",
        query: AllJobsStreamQuery,
        ...STREAMING,
      },
      async (call) => {
        const { workflow, account, ...wanted } = call.query;
        return await open(call, { ...asked(call, wanted), workflow, system: account === SYSTEM });
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/jobs/:job_id/stream",
        id: "streamJob",
        tag: tags.streams,
        summary: "Stream the events of one job",
        description:
          "Server-sent events of one job from its first event on, or after the position in `after`, and then as they happen. Resuming, comments and slow clients work as for all jobs. The stream stays open after the job has finished.",
        scope: "jobs:read",
        params: { job_id: jobIdParam },
        query: StreamQuery,
        ...STREAMING,
      },
      async (call) => {
        return await open(call, { ...asked(call, call.query), job_id: call.job.job_id });
      },
    ),
  ];

  function open(call: StreamCall, wanted: WantedEvents): Promise<Response> {
    const source = async (stop: AbortSignal) =>
      (await sources.open({ ...wanted, reach: reachOf(call.caller) }, stop)).events;
    return streams.open(call, { source });
  }
}

function asked({ request, caller }: StreamCall, { after, types }: { after?: number; types?: string }): WantedEvents {
  return {
    caller: caller.counted_as,
    after: positionHeader(request, "last-event-id") ?? after,
    types: types?.split(","),
  };
}
