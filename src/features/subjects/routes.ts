/** Subjects: persons whose data an account's jobs have. */
import { subjectStream } from "../../../events/subject.ts";
import { type Caller, metaOf, reachOf } from "../../access/mod.ts";
import type { ApiParts } from "../../http/api.ts";
import { requireWhole } from "../../http/auth.ts";
import { tags } from "../../http/document/tags.ts";
import { problems } from "../../http/problems.ts";
import { checkedParam } from "../../http/request/params.ts";
import { readAt } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { EXAMPLE_JOB_ID, EXAMPLE_TIME, PageQuery, SubjectName } from "../../http/schema.ts";
import { download } from "../../http/stream/download.ts";
import { streamedEventJson } from "../../http/stream/event_json.ts";
import { StreamSlots } from "../../http/stream/stream_slots.ts";
import { subjectOf } from "../../vault/mod.ts";
import { eraseSubject } from "./commands.ts";
import { countJobs, eventsOf, selectJobs } from "./queries.ts";
import { Subject, SubjectErased, SubjectEvent, SubjectJob } from "./schemas.ts";

const ROUTE = "/api/v1/subjects/:subject";
/** How many exports this process writes at once. */
const EXPORTS_MAX = 20;

const subjectParam = checkedParam("subject", SubjectName);
const [JOB] = SubjectJob.examples as [object];
const [ERASED] = SubjectErased.examples as [object];
const EXAMPLE_LINE = `${JSON.stringify({
  position: 1040,
  stream_id: `job-${EXAMPLE_JOB_ID}`,
  job_id: EXAMPLE_JOB_ID,
  version: 1,
  type: "job.submitted",
  data: { workflow: "http", payload: { method: "GET", url: "https://example.com/" }, subject: "customer-42" },
  meta: { actor: "anonymous", correlation_id: EXAMPLE_JOB_ID },
  recorded_at: EXAMPLE_TIME,
})}\n`;

export function subjectRoutes({
  log,
  vault,
  sql,
  projector,
  logger,
  signal,
  timing,
  config,
}: Pick<ApiParts, "log" | "vault" | "sql" | "projector" | "logger" | "signal" | "timing" | "config">) {
  const exports = new StreamSlots({ max: EXPORTS_MAX, share: config.caller_share });

  return [
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "getSubject",
        tag: tags.subjects,
        summary: "List the jobs of a subject, newest first",
        description:
          "Shows which of the account's jobs carry a person's data, and whether the person was erased. Of a name that no job carries, the list is empty.",
        scope: "subjects:read",
        params: { subject: subjectParam },
        query: PageQuery,
        list: true,
        responses: {
          200: {
            description: "A page of jobs.",
            schema: Subject,
            example: { subject: "customer-42", erased_at: null, data: [JOB], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const { name, subject } = await named(call);
        const reach = reachOf(call.caller);
        const select = (before: number | undefined, take: number) => selectJobs(sql, { subject, reach, before, take });
        const page = await call.page("jobs", { select, show: ({ position: _, ...job }) => job });
        const [erased] = await log.readStream(subjectStream(subject), { limit: 1 });
        return { subject: name, erased_at: erased?.recorded_at ?? null, ...page };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/export`,
        id: "exportSubject",
        tag: tags.subjects,
        summary: "Export everything recorded about a subject",
        description:
          "Writes all events of the jobs that carry a person's data, job by job, the newest job first, up to the log's head at the time of the request, which Levqor-Position gives. If the export fails, the connection is broken off.",
        scope: "subjects:read",
        params: { subject: subjectParam },
        responses: {
          200: {
            description: "The events, one per line.",
            content_type: "application/x-ndjson",
            parts: SubjectEvent,
            example: EXAMPLE_LINE,
            headers: ["Levqor-Position"],
          },
        },
        errors: [problems.workflow_not_allowed, problems.too_many_streams, problems.read_model_behind],
      },
      async (call) => {
        const { subject } = await named(call);
        const { caller } = call;
        requireWhole(caller, "the subject may have jobs of others");
        const reach = reachOf(caller);
        const position = await log.head();
        await upTo(position, () => countJobs(sql, { subject, reach }));
        return await download(call, {
          logger,
          signal,
          slots: exports,
          async *source(stop) {
            for await (const events of eventsOf({ sql, log }, { subject, reach })) {
              if (stop.aborted) throw new Error("Cannot continue an export: it was told to stop");
              yield events.map((event) => `${streamedEventJson(event)}\n`).join("");
            }
          },
          file_name: `levqor-subject-${position}.ndjson`,
          content_type: "application/x-ndjson",
          position,
        });
      },
    ),
    route(
      {
        method: "DELETE",
        path: ROUTE,
        id: "eraseSubject",
        tag: tags.subjects,
        summary: "Erase a subject",
        description:
          "Destroys, for good, the keys with which a person's data is encrypted. From then on, payloads, results, outputs and errors of their jobs are null, everywhere: in the history, in streams, replays, exports and backups. What is recorded otherwise stays, and so do the proofs of the log. Jobs that have not finished are cancelled; the name cannot be used for new ones (409, subject_erased). Erasing again changes nothing. It takes a second.",
        scope: "subjects:write",
        params: { subject: subjectParam },
        responses: {
          200: { description: "The person is erased.", schema: SubjectErased, example: ERASED },
        },
        errors: [problems.workflow_not_allowed, problems.read_model_behind],
      },
      async (call) => {
        const { name, subject } = await named(call);
        const { caller } = call;
        requireWhole(caller, "the subject may have jobs of others");
        const meta = { ...metaOf(caller), subject, correlation_id: subject, ...call.cause };
        const { erased_at, position } = await eraseSubject({ log, vault }, { subject, meta });
        call.recorded(position);
        const jobs = await upTo(await log.head(), () => countJobs(sql, { subject, reach: reachOf(caller) }));
        return { subject: name, erased_at, jobs };
      },
    ),
  ];

  /** The subject that a call names, and the vault's name for them. */
  async function named({ caller, params }: { caller: Caller; params: { subject: string } }) {
    const { subject: name } = params;
    return { name, subject: await subjectOf(vault, { account: caller.account, name }) };
  }

  function upTo<Result>(position: number, query: () => Promise<Result>): Promise<Result> {
    return readAt(projector, { names: ["jobs"], position, wait_ms: timing?.read_model_wait_ms }, query);
  }
}
