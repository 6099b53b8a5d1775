/**
 * External workers: programs in any language that claim jobs, renew their leases with heartbeats and report outcomes.
 */

import { secondsAfter, toTimeOrNull } from "../../../events/time.ts";
import { type Caller, mayDo, metaOf, onAccessEnd, reachOf } from "../../access/mod.ts";
import { shareOf } from "../../access/shares/shares.ts";
import { CallerTallies, type CallerTally, countRows } from "../../access/shares/tallies.ts";
import { inSlices } from "../../async/mod.ts";
import { type JobState, maxAttempts } from "../../domain/job/job_state.ts";
import { checkPermitted } from "../../http/auth.ts";
import type { Call } from "../../http/call.ts";
import type { AnyDeclaration } from "../../http/declaration.ts";
import { tags } from "../../http/document/tags.ts";
import {
  CLAIM_SETS_MAX,
  CLAIM_WAIT_DEFAULT_S,
  CLAIM_WAIT_MAX_S,
  CLAIMED_MAX,
  CLAIMS_WAITING_MAX,
  LEASE_DEFAULT_S,
} from "../../http/limits.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { jobNotFound } from "../../http/request/job_id.ts";
import { route } from "../../http/route.ts";
import { respondWithWrittenJson } from "../../http/stream/response.ts";
import {
  AttemptCache,
  type ExternalReport,
  ExternalWorkers,
  type Reported,
  recordReport,
  TooManyClaimsError,
} from "../../jobs/mod.ts";
import { Workflows } from "../../jobs/run/workflows.ts";
import { workerProblems } from "./problems.ts";
import {
  AttemptEnded,
  AttemptFailed,
  AttemptHeartbeat,
  AttemptHeld,
  AttemptReleased,
  AttemptSucceeded,
  ClaimedJobs,
  WorkerClaim,
} from "./schemas.ts";

/** The server closes connections that are silent for longer, in seconds: more than a claim waits. */
const IDLE_LIMIT_S = 2 * CLAIM_WAIT_MAX_S;

const EXAMPLE_JOB_ID = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

/** Common to all reports of a worker. */
const ANSWERING = {
  tag: tags.workers,
  scope: "workers:write",
  errors: [
    problems.job_not_found,
    workerProblems.attempt_superseded,
    workerProblems.job_cancelled,
    workerProblems.job_finished,
  ],
} as const satisfies Partial<AnyDeclaration>;

const LATE =
  "A claim belongs to the key or user that made it: only they can report on it. Rejected with 409 if the attempt is not the caller's, or no longer: `attempt_superseded` says who has claimed the job now, `job_cancelled` and `job_finished` that it is over. The worker should then stop; nothing was recorded.";
const AGAIN = "Repeating a report is safe: it gets the same response.";

type Asked = Pick<Call<unknown, unknown, unknown, Caller>, "caller" | "cause">;

export function workerRoutes({ log, sql, bus, logger, metrics, workflows, signal, config }: ApiOptions) {
  const external = new ExternalWorkers({
    ...{ log, sql, bus, logger, signal },
    max_waiting: CLAIMS_WAITING_MAX,
    max_groups: CLAIM_SETS_MAX,
  });
  const cache = new AttemptCache();
  const claimed_jobs = new CallerTallies({
    max: CLAIMED_MAX,
    share: config.caller_share,
    // Claimed jobs change fast, and are few to count.
    every_ms: { near: 100, far: 1_000 },
    logger,
    count: (claimant, limit) =>
      countRows(sql, "jobs", sql`select from levqor_read.jobs where claimant = ${claimant} limit ${limit}`),
  });
  const runnable = new Workflows(workflows);

  return [
    route(
      {
        method: "POST",
        path: "/api/v1/workers/claim",
        id: "claimJobs",
        tag: tags.workers,
        summary: "Claim jobs for an external worker",
        description: `Gives the worker up to \`max_jobs\` jobs of the given workflows, or waits up to \`wait_seconds\` for one: it responds as soon as there is one, or with none when the time is up. High priority goes before normal before low, but no job starves; jobs wait for their \`run_at\` and for the delays between attempts as with the service's own workers. A claim is valid for \`lease_seconds\`; heartbeats renew it. When it expires, the attempt counts as lost and the job is given to another worker. The jobs of one response take about 8 MB of JSON at most. A client that disconnects while it waits is given none. One caller can have at most 1,000 claimed jobs (a tenth of 10,000, CALLER_SHARE), the keys in API_KEYS any number; at that many, the response is 429.`,
        scope: "workers:write",
        records: "many",
        waits_s: IDLE_LIMIT_S,
        body: WorkerClaim,
        responses: {
          200: {
            description: "The claimed jobs, perhaps none.",
            schema: ClaimedJobs,
            example: {
              jobs: [
                {
                  job_id: EXAMPLE_JOB_ID,
                  workflow: "translate",
                  payload: { text: "Guten Tag" },
                  priority: "normal",
                  attempt: 1,
                  max_attempts: 5,
                  idempotency_key: EXAMPLE_JOB_ID,
                  lease_seconds: 30,
                  lease_expires_at: "2026-01-15T09:30:30.123Z",
                  created_at: "2026-01-15T09:29:59.998877Z",
                },
              ],
            },
          },
        },
        errors: [
          problems.workflow_not_allowed,
          workerProblems.workflow_built_in,
          workerProblems.too_many_claimed,
          workerProblems.too_many_claims,
        ],
      },
      async (call) => {
        const { caller, request, body } = call;
        const claimed = body.workflows.map((workflow, n) => checkPermitted(caller, { workflow }, `/workflows/${n}`));
        await refuseBuiltIn(caller.account, body.workflows);
        const allowance = await claimed_jobs.of(caller);
        if (allowance?.left === 0) throw tooManyClaimed(allowance);
        const { worker, max_jobs = 1, wait_seconds = CLAIM_WAIT_DEFAULT_S, lease_seconds = LEASE_DEFAULT_S } = body;
        const share = config.caller_share;
        const claimant = {
          identity: caller.counted_as,
          max_claims: shareOf(caller, { max: CLAIMS_WAITING_MAX, share }),
          max_sets: shareOf(caller, { max: CLAIM_SETS_MAX, share }),
        };
        const access_ended = new AbortController();
        const unlisten = onAccessEnd(caller, () => access_ended.abort());
        const claim = external.claim(claimed, {
          claimant,
          worker,
          max_jobs,
          allowance,
          lease_seconds,
          wait_ms: wait_seconds * 1000,
          meta: { ...metaOf(caller), ...call.cause },
          signal: AbortSignal.any([request.signal, access_ended.signal]),
        });
        const jobs = await claim
          .catch((error) => {
            throw error instanceof TooManyClaimsError ? tooManyClaims(error) : error;
          })
          .finally(unlisten);
        const texts: string[] = [];
        await inSlices(jobs, ({ job_id, state }) => texts.push(JSON.stringify(claimedJob(job_id, state))));
        return await respondWithWrittenJson(() => `{"jobs":[${texts.join(",")}]}`, call.set);
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/workers/heartbeat",
        ...ANSWERING,
        records: "many",
        id: "heartbeatAttempt",
        summary: "Renew the lease on a claimed job",
        description: `Renews the lease from now on. Send a heartbeat every third of the lease or so, so that two may be lost; one that follows another within a quarter of the lease renews nothing and gets the same response. ${LATE} A heartbeat after the job's attempt_timeout_seconds ends the attempt: \`attempt_timeout\`.`,
        body: AttemptHeartbeat,
        responses: {
          200: {
            description: "The worker still has the job.",
            schema: AttemptHeld,
            example: { job_id: EXAMPLE_JOB_ID, attempt: 1, lease_expires_at: "2026-01-15T09:30:40.567Z" },
          },
        },
        errors: [...ANSWERING.errors, workerProblems.attempt_timeout],
      },
      async (call) => {
        const { lease_seconds, ...named } = call.body;
        const { event } = await report(named, { type: "heartbeat", lease_seconds }, call);
        return { ...named, lease_expires_at: leaseEnd(event) };
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/workers/complete",
        ...ANSWERING,
        id: "completeAttempt",
        summary: "Complete a claimed job",
        description: `Completes the job with a result, which may be as large as fits into the body of at most 512 KB. ${LATE} ${AGAIN}`,
        body: AttemptSucceeded,
        responses: {
          200: {
            description: "The job has succeeded.",
            schema: AttemptEnded,
            example: { job_id: EXAMPLE_JOB_ID, status: "succeeded" },
            headers: ["Idempotency-Replayed"],
          },
        },
      },
      async (call) => {
        const { result = null, ...named } = call.body;
        return ended(named, await report(named, { type: "complete", result }, call), call);
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/workers/fail",
        ...ANSWERING,
        id: "failAttempt",
        summary: "Fail a claimed job's attempt",
        description: `Ends the attempt with an error. If the error is retryable and an attempt is left, the job is queued again and due after a delay (set by its \`backoff\`); otherwise it has failed. ${LATE} ${AGAIN}`,
        body: AttemptFailed,
        responses: {
          200: {
            description: "The failure is recorded.",
            schema: AttemptEnded,
            example: { job_id: EXAMPLE_JOB_ID, status: "queued", retry_at: "2026-01-15T09:30:02.345Z" },
            headers: ["Idempotency-Replayed"],
          },
        },
      },
      async (call) => {
        const { error: given, ...named } = call.body;
        const { retryable = true, retry_after_seconds: retry_after, ...error } = given;
        const failure = { type: "fail", error, retryable, retry_after } as const;
        return ended(named, await report(named, failure, call), call);
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/workers/release",
        ...ANSWERING,
        id: "releaseAttempt",
        summary: "Release a claimed job",
        description: `For a worker that is stopping: the job can be claimed by another at once, and the attempt does not count, unless the job has been released 100 times: then it counts as lost. ${LATE} ${AGAIN}`,
        rate: "releases",
        body: AttemptReleased,
        responses: {
          200: {
            description: "The job is queued again.",
            schema: AttemptEnded,
            example: { job_id: EXAMPLE_JOB_ID, status: "queued" },
            headers: ["Idempotency-Replayed"],
          },
        },
      },
      async (call) => {
        return ended(call.body, await report(call.body, { type: "release" }, call), call);
      },
    ),
  ];

  async function refuseBuiltIn(account: string, names: readonly string[]): Promise<void> {
    await runnable.refresh(sql);
    const isBuiltIn = (workflow: string) => runnable.has({ account, workflow });
    const errors = names.flatMap((name, index) =>
      isBuiltIn(name)
        ? [{ pointer: `/workflows/${index}`, message: "is run by the service itself; name another workflow" }]
        : [],
    );
    if (errors.length === 0) return;
    const builtIn = names.filter(isBuiltIn).map((name) => `"${name}"`);
    const detail = `Cannot claim jobs of ${builtIn.join(", ")}: the service's own workers run them.`;
    throw new Problem(workerProblems.workflow_built_in, detail, { errors });
  }

  async function report(
    named: Named,
    given: ExternalReport,
    { caller, cause }: Asked,
  ): Promise<Reported & { ok: true }> {
    const job_id = named.job_id.toLowerCase();
    const meta = { ...metaOf(caller), correlation_id: job_id, ...cause };
    const on_attempt = metrics.attempt.bind(metrics);
    const { attempt } = named;
    const reach = reachOf(caller);
    const result = await recordReport(log, { job_id, attempt, report: given, reach, meta, on_attempt, cache });
    if (!result.ok)
      throw refusal({ job_id, attempt }, { ...result, told: result.claimed || mayDo(caller, "jobs:read") });
    return result;
  }
}

interface Named {
  readonly job_id: string;
  readonly attempt: number;
}

function claimedJob(job_id: string, state: JobState) {
  const { workflow, payload, priority, attempt, lease_seconds, lease_expires_at, created_at, traceparent } = state;
  return {
    job_id,
    workflow,
    payload,
    priority,
    attempt,
    max_attempts: maxAttempts(state),
    idempotency_key: job_id,
    lease_seconds,
    lease_expires_at: toTimeOrNull(lease_expires_at),
    created_at,
    ...(traceparent !== null && { traceparent }),
  };
}

function leaseEnd({ recorded_at, data }: (Reported & { ok: true })["event"]): string | null {
  const { lease_seconds } = data as { lease_seconds: number };
  return secondsAfter(recorded_at, lease_seconds);
}

/** The response to a worker whose report has ended its attempt. */
function ended(
  { job_id }: Named,
  { event, position, replayed }: Reported & { ok: true },
  call: Pick<Call, "recorded" | "replayed">,
) {
  call.recorded(position);
  if (replayed) call.replayed();
  if (event.type === "job.succeeded") return { job_id, status: "succeeded" };
  if (event.type === "job.failed") return { job_id, status: "failed" };
  if (event.type !== "job.retry_scheduled") return { job_id, status: "queued" };
  const { retry_in_seconds } = event.data as { retry_in_seconds: number };
  return { job_id, status: "queued", retry_at: secondsAfter(event.recorded_at, retry_in_seconds) };
}

/** Why a worker's report is rejected, and who has the job now. */
function refusal(
  { job_id, attempt }: Named,
  { code, job, told }: Reported & { ok: false } & { readonly told: boolean },
): Problem {
  if (code === "job_not_found") return jobNotFound(job_id);
  if (!told) {
    return new Problem(
      workerProblems.attempt_superseded,
      `The caller has not claimed attempt ${attempt} of job ${job_id}.`,
      {
        members: { job_id, attempt },
      },
    );
  }
  const members = { job_id, attempt, job_status: job.status, holder: holderOf(job) };
  if (code === "attempt_timeout") {
    return new Problem(
      workerProblems.attempt_timeout,
      `Attempt ${attempt} of job ${job_id} took too long; it has ended.`,
      {
        members,
      },
    );
  }
  if (job.status === "cancelled") {
    return new Problem(workerProblems.job_cancelled, `Job ${job_id} was cancelled.`, { members });
  }
  if (code === "job_finished") {
    return new Problem(
      workerProblems.job_finished,
      `Job ${job_id} has ${job.status}; attempt ${attempt} can no longer be reported on.`,
      {
        members,
      },
    );
  }
  const now = members.holder
    ? `"${members.holder.worker}" has claimed it with attempt ${job.attempt}, until ${members.holder.lease_expires_at}`
    : "it is queued for another worker";
  return new Problem(
    workerProblems.attempt_superseded,
    `Attempt ${attempt} of job ${job_id} is not the current claim: ${now}.`,
    {
      members,
    },
  );
}

function holderOf({ worker, attempt, lease_expires_at }: JobState) {
  return worker === null ? null : { worker, attempt, lease_expires_at: toTimeOrNull(lease_expires_at) };
}

function tooManyClaimed({ depth, max }: CallerTally): Problem {
  const detail = `The caller has ${depth} claimed jobs without a report; one caller may have at most ${max}.`;
  return new Problem(workerProblems.too_many_claimed, detail, { retry_after_s: 1 });
}

function tooManyClaims(cause: TooManyClaimsError): Problem {
  return new Problem(workerProblems.too_many_claims, `${cause.message}.`, { cause, retry_after_s: 1 });
}
