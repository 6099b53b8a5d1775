import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { commandJob, startSweeper } from "../../../src/jobs/mod.ts";
import { openService, type Service, silent } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

const meta = { actor: "anonymous", correlation_id: "test" };

/** Claims a job and is not heard of again. */
async function claimed(lease_seconds: number): Promise<string> {
  const job_id = await service.submit("nobody_runs_this");
  await commandJob(service.log, {
    reach: EVERYTHING,
    job_id,
    command: { type: "start", worker: "dead", lease_seconds },
    meta,
  });
  return job_id;
}

describe("expired leases", () => {
  test("are taken back if no runner is there, recorded as the system's doing", async () => {
    const id = await claimed(0.2);
    expect((await service.reaches(id, "queued")).attempts_used).toBe(1);
    expect((await service.history(id)).at(-1)).toMatchObject({
      type: "job.released",
      data: { attempt: 1, reason: "lease_expired" },
      meta: { actor: "system:sweeper", correlation_id: id },
    });
  });

  test("and no other is", async () => {
    const running = await claimed(600);
    const lapsed = await claimed(0.2);
    await service.reaches(lapsed, "queued");
    expect((await service.state(running)).status).toBe("running");
  });

  test("are taken back by another process when the one that did it stops", async () => {
    await service.reaches(await claimed(0.1), "queued");
    const { log, sql } = service;
    const other = startSweeper({ log, sql, instance: "other", logger: silent, sweep_seconds: 0.1 });
    await service.stopSweeping();
    const id = await claimed(0.1);
    await service.reaches(id, "queued");
    expect((await service.history(id)).at(-1)?.meta.actor).toBe("system:other");
    await other.stop();
  });
});

describe("jobs that take too long", () => {
  test("are failed, whether they wait or run, and no other is", async () => {
    const waiting = await service.submit("nobody_runs_this", { timeout_seconds: 0.3 });
    const running = await service.submit("nobody_runs_this", { timeout_seconds: 0.3 });
    const inTime = await service.submit("nobody_runs_this", { timeout_seconds: 600 });
    const start = { type: "start", worker: "w", lease_seconds: 600 } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: running, command: start, meta });
    for (const id of [waiting, running]) {
      expect((await service.reaches(id, "failed")).error?.code).toBe("job_timeout");
    }
    expect((await service.history(running)).at(-1)).toMatchObject({
      type: "job.failed",
      data: { attempt: 1 },
      meta: { actor: "system:sweeper" },
    });
    expect((await service.state(inTime)).status).toBe("queued");
  });
});
