/** The log itself, for audits: a list with filters, one event, a live stream, and exports. */

import type { StoredEvent } from "../../../events/mod.ts";
import { instantOf } from "../../../events/time.ts";
import type { Caller } from "../../access/mod.ts";
import { inSlices } from "../../async/mod.ts";
import { follow } from "../../bus/mod.ts";
import type { ApiParts } from "../../http/api.ts";
import { requireWhole } from "../../http/auth.ts";
import { tags } from "../../http/document/tags.ts";
import { PAGE_LIMIT_DEFAULT } from "../../http/limits.ts";
import {
  byPosition,
  checkExactPosition,
  checkReached,
  fromCursor,
  positionHeader,
  toCursor,
} from "../../http/paging.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { nameParam } from "../../http/request/params.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { download } from "../../http/stream/download.ts";
import { logEventJson } from "../../http/stream/event_json.ts";
import { OpenStreams } from "../../http/stream/open_streams.ts";
import { respondWithWrittenJson } from "../../http/stream/response.ts";
import { StreamSlots } from "../../http/stream/stream_slots.ts";
import { matches } from "./event_filter.ts";
import { type EventFile, eventFiles, FIRST_PART, nextPart } from "./export.ts";
import { eventProblems } from "./problems.ts";
import { type ScanResult, scanEvents } from "./queries.ts";
import {
  EventExportQuery,
  type EventFilter,
  EventId,
  EventListQuery,
  EventStreamQuery,
  ExportLine,
  LogEvent,
  LogEventList,
} from "./schemas.ts";

const ROUTE = "/api/v1/events";
const LIST = byPosition("events");

/** The maximum number of parts of the log that one page searches: a page with few matches is short rather than late. */
const SCANS_MAX = 10;
/** How many exports this process writes at once. */
const EXPORTS_MAX = 20;
/** Events that a stream reads at once, and their length. */
const STREAM_BATCH = { batch: 50, max_length: 65_536 };

const [EXAMPLE] = LogEvent.examples as [object];
const EXAMPLE_LINE = `${JSON.stringify(EXAMPLE)}\n`;

/** Why a limited key may not read it. */
const THE_LOG = "the log contains all of them";
const WHOLE = "The log contains everybody's events, so a key that is limited to some workflows may not read it.";

const eventIdParam = nameParam(EventId, eventProblems.event_not_found);
const checkQuery = (query: string) => checkExactPosition(query, "after");

type Options = Pick<
  ApiParts,
  "log" | "sql" | "bus" | "logger" | "metrics" | "signal" | "config" | "timing" | "scan_positions" | "reading"
>;

export function eventRoutes(options: Options) {
  const { log, sql, bus, logger, signal, config, reading } = options;
  const streams = new OpenStreams(options);
  const exports = new StreamSlots({ max: EXPORTS_MAX, share: config.caller_share });

  return [
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listEvents",
        tag: tags.audit,
        summary: "List the events of the log, oldest first",
        description: `Reads the log in the order in which it was recorded, from its beginning or from the position in \`after\`, and is never older than an earlier response. A page looks at no more than 100,000 positions: if little matches the filter it may contain few events, or none, and \`has_more\` says that the log continues. ${WHOLE}`,
        scope: "audit:read",
        query: EventListQuery,
        checkQuery,
        responses: {
          200: {
            description: "A page of events.",
            schema: LogEventList,
            example: { data: [EXAMPLE], has_more: false, next_cursor: null },
          },
        },
        errors: [problems.workflow_not_allowed, problems.invalid_cursor],
      },
      async (call) => {
        const { limit = PAGE_LIMIT_DEFAULT, cursor, after = 0, ...filter } = call.query;
        requireWhole(call.caller, THE_LOG);
        checkPeriod(filter);
        if (cursor !== undefined && call.query.after !== undefined) {
          throw invalid([
            { pointer: "?after", message: "must be absent with cursor, which says where the page begins" },
          ]);
        }
        await checkReached(log, after);
        const until = await log.head();
        let position = fromCursor(cursor, LIST) ?? after;
        const found: StoredEvent[] = [];
        for (let scans = 0; scans < SCANS_MAX && position < until && found.length < limit; scans++) {
          const scanned = await scan(call.caller, filter, { after: position, until, limit: limit - found.length });
          found.push(...scanned.events);
          position = scanned.position;
          if (length(found) > MAX_PAGE_LENGTH) break;
        }
        const texts: string[] = [];
        await inSlices(found, (event) => texts.push(logEventJson(event)));
        const has_more = position < until;
        const next_cursor = has_more ? toCursor(LIST, position) : null;
        const rest = `"has_more":${has_more},"next_cursor":${JSON.stringify(next_cursor)}`;
        return await respondWithWrittenJson(() => `{"data":[${texts.join(",")}],${rest}}`, call.set);
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/stream`,
        id: "streamEvents",
        tag: tags.audit,
        summary: "Stream the events of the log",
        description: `Server-sent events from now on, or from the position in \`after\` (0: from the first event ever); the data of each is a LogEvent. Resuming with Last-Event-ID, comments when nothing happens, \`closed\` and slow clients work as in the stream of all jobs. ${WHOLE}`,
        scope: "audit:read",
        query: EventStreamQuery,
        checkQuery,
        headers: ["Last-Event-ID"],
        responses: {
          200: {
            description: "An endless stream of events: the data of each, except `closed`, is a LogEvent.",
            content_type: "text/event-stream",
            parts: LogEvent,
            example: `id: 1040\nevent: job.submitted\ndata: ${EXAMPLE_LINE}\n`,
          },
        },
        errors: [problems.workflow_not_allowed, problems.invalid_cursor, problems.too_many_streams],
      },
      async (call) => {
        const { after: asked, ...filter } = call.query;
        const { caller, request } = call;
        requireWhole(caller, THE_LOG);
        const named = positionHeader(request, "last-event-id") ?? asked;
        if (named !== undefined) await checkReached(log, named);
        const after = named ?? (await log.head());
        const source = async (stop: AbortSignal) => live(caller, filter, { after, stop });
        return await streams.open(call, { source, write: logEventJson });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/export`,
        id: "exportEvents",
        tag: tags.audit,
        summary: "Export the events of the log",
        description: `Writes all matching events, up to the log's head at the time of the request, which Levqor-Position gives, as fast as the client reads them. NDJSON has each event as it was recorded; in CSV, for spreadsheets, an apostrophe is put before each =, +, - and @ with which a text begins, or which follows a semicolon or a tab. With \`progress=true\`, NDJSON also has lines with the single field \`progress\` after each part of the log, the last of them \`finished\`. If an export fails, the connection is broken off: resume with \`after\` and the last position that arrived. ${WHOLE}`,
        scope: "audit:read",
        query: EventExportQuery,
        checkQuery,
        responses: {
          200: {
            description: "The events, one per line.",
            content_type: "application/x-ndjson",
            parts: ExportLine,
            example: EXAMPLE_LINE,
            also: { "text/csv": eventFiles.csv.head },
            headers: ["Levqor-Position"],
          },
        },
        errors: [problems.workflow_not_allowed, problems.invalid_cursor, problems.too_many_streams],
      },
      async (call) => {
        const { format = "ndjson", progress, after = 0, ...filter } = call.query;
        const { caller } = call;
        requireWhole(caller, THE_LOG);
        checkPeriod(filter);
        if (format === "csv" && progress === "true") {
          throw invalid([{ pointer: "?progress", message: "must be false, or absent, for csv" }]);
        }
        await checkReached(log, after);
        const until = await log.head();
        const file: EventFile = eventFiles[format];
        return await download(call, {
          logger,
          signal,
          slots: exports,
          source: (stop) => written({ caller, filter, file, tells: progress === "true", after, until, stop }),
          file_name: `levqor-events-${until}.${file.extension}`,
          content_type: file.content_type,
          position: until,
        });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:event_id`,
        id: "getEvent",
        tag: tags.audit,
        summary: "Get an event",
        description: `Exactly as recorded. ${WHOLE}`,
        scope: "audit:read",
        params: { event_id: eventIdParam },
        responses: { 200: { description: "The event.", schema: LogEvent, example: EXAMPLE } },
        errors: [problems.workflow_not_allowed],
      },
      async (call) => {
        requireWhole(call.caller, THE_LOG);
        const { event_id } = call.params;
        const [, stream_id, version] = /^(.{1,300})@([1-9]\d{0,8})$/.exec(event_id) ?? [];
        const [event] = stream_id
          ? await log.readStream(stream_id, { after_version: Number(version) - 1, limit: 1, as_recorded: true })
          : [];
        if (!event)
          throw new Problem(eventProblems.event_not_found, `No event has the id ${JSON.stringify(event_id)}.`);
        return await respondWithWrittenJson(() => logEventJson(event), call.set);
      },
    ),
  ];

  /** Searches a part of the log in the caller's turn. */
  function scan(caller: Caller, filter: EventFilter, part: Parameters<typeof scanEvents>[2]): Promise<ScanResult> {
    return reading.take(caller.counted_as, () =>
      scanEvents(sql, filter, { ...part, positions: options.scan_positions }),
    );
  }

  /** Matches from a position on, as they happen. */
  async function* live(
    caller: Caller,
    filter: Omit<EventFilter, "from" | "until">,
    { after, stop }: { after: number; stop: AbortSignal },
  ): AsyncGenerator<readonly StoredEvent[]> {
    const readRange: typeof log.readRange = (...range) =>
      reading.take(caller.counted_as, async () => (stop.aborted ? [] : await log.readRange(...range)));
    const on_fault = (error: unknown) => logger.warn({ err: error }, "An event stream cannot read the log");
    const isWanted = matches(filter);
    for await (const batch of follow({ log: { readRange }, bus, after, signal: stop, ...STREAM_BATCH, on_fault })) {
      const events = batch.filter(isWanted);
      if (events.length > 0) yield events;
    }
  }

  interface Writing {
    readonly caller: Caller;
    readonly filter: EventFilter;
    readonly file: EventFile;
    /** Whether it reports progress. */
    readonly tells: boolean;
    readonly after: number;
    readonly until: number;
    readonly stop: AbortSignal;
  }

  /** The file's text, part by part. Throws if it has to stop early. */
  async function* written({ caller, filter, file, tells, after, until, stop }: Writing): AsyncGenerator<string> {
    if (file.head !== "") yield file.head;
    let [position, events, limit] = [after, 0, FIRST_PART];
    const progressLine = (finished: boolean): string => {
      const progress = { position, until, events, finished };
      return tells ? `${JSON.stringify({ progress })}\n` : "";
    };
    while (position < until) {
      if (stop.aborted)
        throw new Error("Cannot continue an export: the service is stopping, or the key is no longer valid");
      const scanned = await scan(caller, filter, { after: position, until, limit });
      limit = nextPart(scanned.events.length);
      position = scanned.position;
      events += scanned.events.length;
      const text = file.write(scanned.events) + progressLine(false);
      if (text !== "") yield text;
    }
    if (tells) yield progressLine(true);
  }
}

/** Characters of data in one page of the list, except for one part of the log. */
const MAX_PAGE_LENGTH = 1_000_000;

function length(events: readonly StoredEvent[]): number {
  return events.reduce((sum, { data_json }) => sum + data_json.length, 0);
}

/** Throws the problem `validation_failed` if a period ends before it begins. */
function checkPeriod({ from, until }: EventFilter): void {
  if (from === undefined || until === undefined) return;
  if (instantOf(from).epochNanoseconds < instantOf(until).epochNanoseconds) return;
  throw invalid([{ pointer: "?until", message: "must be later than from" }]);
}
