/** A claim with an unknown outcome: whose claim is recorded is found out by everything known about who made it. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { commandJob, jobMeta, readJob } from "../../../src/jobs/commands.ts";
import { Limits } from "../../../src/jobs/limits/limits.ts";
import { type ClaimResult, claim } from "../../../src/jobs/run/claim.ts";
import { AppendInDoubtError, type EventLog } from "../../../src/log/mod.ts";
import { openService, type Service } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

/** Claims a new job under a name that others have too; `append` is what becomes of the append. */
async function claimInDoubt(append: (log: EventLog, ...args: Parameters<EventLog["append"]>) => Promise<unknown>) {
  const job_id = await service.submit("theirs");
  const { state, version } = (await readJob(service.log, { job_id: job_id, reach: EVERYTHING })) ?? {};
  if (!state || version === undefined) throw new Error(`Job ${job_id} is not there`);
  const log = new Proxy(service.log, {
    get(target, name) {
      if (name !== "append") return Reflect.get(target, name).bind(target);
      return async (...args: Parameters<EventLog["append"]>) => {
        await append(target, ...args);
        throw new AppendInDoubtError("The connection broke");
      };
    },
  });
  const meta = { ...jobMeta(job_id, { actor: "key:00000000", causation_version: version }), request_id: "ours" };
  const signal = new AbortController().signal;
  const limits = new Limits({ log: service.log, following: false });
  const result: Promise<ClaimResult> = claim(log, {
    job_id,
    state,
    version,
    worker: "python",
    lease_seconds: 60,
    external: true,
    meta,
    limits,
    signal,
  });
  return { job_id, result };
}

describe("a claim with an unknown outcome", () => {
  test("holds if it is recorded", async () => {
    const { job_id, result } = await claimInDoubt((log, append) => log.append(append));
    expect(await result).toMatchObject({ ok: true, version: 2, state: { status: "running", attempt: 1 } });
    expect(await service.types(job_id)).toEqual(["job.submitted", "job.started"]);
  });

  test("does not if another worker of the same name was faster", async () => {
    const { result } = await claimInDoubt((log, append) =>
      log.append({ ...append, meta: { ...append.meta, request_id: "theirs" } }),
    );
    expect(await result).toEqual({ ok: false, reason: "conflict" });
  });

  test("does not if the attempt has ended in the meantime", async () => {
    const { result } = await claimInDoubt(async (log, append) => {
      await log.append(append);
      const job_id = append.stream_id.slice("job-".length);
      await commandJob(log, { reach: EVERYTHING, job_id, command: { type: "cancel" }, meta: append.meta });
    });
    expect(await result).toEqual({ ok: false, reason: "conflict" });
  });

  test("is rethrown if nothing is recorded: it may be retried", async () => {
    const { result } = await claimInDoubt(async () => {});
    await expect(result).rejects.toBeInstanceOf(AppendInDoubtError);
  });
});
