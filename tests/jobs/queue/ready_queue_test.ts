import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Priority } from "../../../events/job.ts";
import type { KnownEvent } from "../../../events/mod.ts";
import { jobDecider } from "../../../src/domain/job/job.ts";
import type { JobState } from "../../../src/domain/job/job_state.ts";
import { MAX_SKIPPED, PRIORITIES, type ReadyJob, ReadyQueue } from "../../../src/jobs/queue/ready_queue.ts";

let position = 0;
function job(priority: Priority = "normal", more: Partial<ReadyJob> = {}): ReadyJob {
  position++;
  return {
    job_id: `j${position}`,
    caller: null,
    priority,
    position,
    version: 1,
    state: jobDecider.initial,
    weight: 10,
    ...more,
  };
}

function takeAll(queue: ReadyQueue): ReadyJob[] {
  const taken: ReadyJob[] = [];
  for (let next = queue.take(); next; next = queue.take()) taken.push(next);
  return taken;
}

describe("order", () => {
  test("within a lane jobs keep the order of intake, released ones first", () => {
    const queue = new ReadyQueue();
    const [first, second, back] = [job(), job(), job()];
    queue.add(first);
    queue.add(second);
    queue.addFirst(back);
    expect(takeAll(queue)).toEqual([back, first, second]);
  });

  test("a waiting lane is skipped a bounded number of times, however many jobs come above it", () => {
    const queue = new ReadyQueue();
    for (const priority of PRIORITIES) for (let i = 0; i < 1_000; i++) queue.add(job(priority));
    const taken = Array.from({ length: 500 }, () => queue.take()?.priority);
    expect(taken.slice(0, 8)).toEqual(Array(8).fill("high"));
    for (const priority of ["normal", "low"] as const) {
      const places = taken.flatMap((one, index) => (one === priority ? [index] : []));
      expect(places[0]).toBeLessThanOrEqual(MAX_SKIPPED[priority] + 1);
      for (let i = 1; i < places.length; i++) {
        expect((places[i] as number) - (places[i - 1] as number)).toBeLessThanOrEqual(MAX_SKIPPED[priority] + 2);
      }
    }
    expect(taken.filter((one) => one === "high").length).toBeGreaterThan(400);
  });

  test("what a job says about somebody is not kept, however the job got here", () => {
    const state: JobState = { ...jobDecider.initial, subject: "subject:ada" };
    const queue = new ReadyQueue();
    queue.add(job("normal", { state }));
    queue.addFirst(job("normal", { state }));
    queue.offer(job("normal", { state }));
    queue.miss(position + 1);
    queue.toFill("normal");
    queue.fill("normal", { jobs: [job("normal", { state })], upTo: position, more: false });
    const taken = takeAll(queue);
    expect(taken.map((one) => [one.state, one.weight])).toEqual(Array(4).fill([undefined, 0]));
  });

  test("with a spread every job is taken once, at random among the next ones", () => {
    const queue = new ReadyQueue();
    const jobs = Array.from({ length: 100 }, () => job());
    for (const one of jobs) queue.add(one);
    const taken: string[] = [];
    for (let next = queue.take(8); next; next = queue.take(8)) taken.push(next.job_id);
    expect(taken).not.toEqual(jobs.map((one) => one.job_id));
    expect(taken.toSorted()).toEqual(jobs.map((one) => one.job_id).toSorted());
    for (const [index, id] of taken.slice(0, 10).entries()) {
      expect(jobs.findIndex((one) => one.job_id === id)).toBeLessThan(index + 8);
    }
  });

  test("a job is there once, in its newest version", () => {
    const queue = new ReadyQueue();
    const one = job();
    queue.add(one);
    queue.add(one);
    queue.addFirst({ ...one, version: 3 });
    queue.add({ ...one, version: 2 });
    expect(takeAll(queue)).toEqual([{ ...one, version: 3 }]);
  });
});

describe("bounds", () => {
  test("beyond the bytes a job stays without its state", () => {
    const queue = new ReadyQueue({ max_weight: 25 });
    const jobs = [job(), job(), job()];
    for (const one of jobs) queue.add(one);
    expect(takeAll(queue).map((one) => one.state !== undefined)).toEqual([true, true, false]);
    queue.add(job());
    expect(queue.take()?.state).toBeDefined();
  });

  test("a job that outgrows the bytes after its submission stays without its state", () => {
    const queue = new ReadyQueue({ max_weight: 1_000 });
    const [one, other] = [job(), job()];
    queue.add(one);
    queue.add(other);
    const reuse = (output_length: number) => (state: JobState) => {
      const data = { step: "a", status: "succeeded", output: [], output_length } as const;
      return jobDecider.evolve(state, { type: "job.step_reused", data } as unknown as KnownEvent);
    };
    expect(queue.advance(one.job_id, 2, reuse(900))).toBe(true);
    expect(queue.advance(other.job_id, 2, reuse(900))).toBe(true);
    expect(takeAll(queue).map(({ version, state, weight }) => [version, state !== undefined, weight])).toEqual([
      [2, true, 910],
      [2, false, 0],
    ]);
    // What left it takes no room any more.
    queue.add(job("normal", { weight: 1_000 }));
    expect(queue.take()?.state).toBeDefined();
  });

  test("a full lane says what it is missing once there is room, until it has been filled", () => {
    const queue = new ReadyQueue({ max_jobs: 4 });
    const jobs = Array.from({ length: 8 }, () => job());
    for (const one of jobs) queue.add(one);
    expect(queue.size).toBe(4);
    expect(queue.missing("normal")).toBeUndefined();
    queue.take();
    queue.take();
    const first = jobs[4] as ReadyJob;
    const last = jobs[7] as ReadyJob;
    expect(queue.toFill("normal")).toEqual({
      after: first.position - 1,
      until: last.position,
      exhausted: false,
      except: [],
    });
    // A newer one must not go before those.
    const newer = job();
    queue.add(newer);
    expect(queue.size).toBe(2);
    queue.fill("normal", { jobs: jobs.slice(4, 6), upTo: (jobs[5] as ReadyJob).position, more: true });
    expect(queue.size).toBe(4);
    takeAll(queue);
    expect(queue.toFill("normal")).toMatchObject({ after: (jobs[5] as ReadyJob).position, until: newer.position });
    // The read model is behind: the rest comes later, and new ones need not wait for it.
    queue.fill("normal", { jobs: [jobs[6] as ReadyJob], upTo: (jobs[6] as ReadyJob).position, more: false });
    expect(queue.toFill("normal")).toMatchObject({ after: (jobs[6] as ReadyJob).position, exhausted: true });
    queue.add(job());
    expect(queue.size).toBe(2);
    queue.fill("normal", { jobs: [last, newer], upTo: newer.position, more: false });
    expect(queue.missing("normal")).toBeUndefined();
    expect(queue.size).toBe(4);
  });

  test("what goes missing while others are fetched is requested again, though it comes before them", () => {
    const queue = new ReadyQueue();
    queue.miss(100);
    expect(queue.toFill("normal")).toEqual({ after: 0, until: 100, exhausted: false, except: [] });
    // It was kept elsewhere when the read model was asked, and is not any more.
    queue.turnAway({ ...job(), position: 40 });
    queue.fill("normal", { jobs: [], upTo: 100, more: false });
    expect(queue.toFill("normal")).toEqual({ after: 39, until: 100, exhausted: false, except: [] });
    queue.fill("normal", { jobs: [], upTo: 100, more: false });
    expect(queue.missing("normal")).toBeUndefined();
  });

  test("no lane is closed because another is full", () => {
    const queue = new ReadyQueue({ max_jobs: 2 });
    for (let i = 0; i < 5; i++) queue.add(job("low"));
    const urgent = job("high");
    queue.add(urgent);
    expect(queue.take()).toEqual(urgent);
  });
});

test("whatever is added, released, removed and taken: no job is lost, none is there twice", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom("add" as const, "addFirst" as const), priority: fc.constantFrom(...PRIORITIES) }),
    fc.record({ do: fc.constant("take" as const), spread: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ do: fc.constant("remove" as const), which: fc.nat(50) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const queue = new ReadyQueue();
      const there = new Map<string, ReadyJob>();
      for (const one of steps) {
        if (one.do === "take") {
          const taken = queue.take(one.spread);
          expect(taken === undefined).toBe(there.size === 0);
          if (taken) expect(there.delete(taken.job_id)).toBe(true);
        } else if (one.do === "remove") {
          const id = [...there.keys()][one.which] ?? "none";
          queue.remove(id);
          there.delete(id);
        } else {
          const added = job(one.priority);
          queue[one.do](added);
          there.set(added.job_id, added);
        }
        expect(queue.size).toBe(there.size);
      }
      expect(
        takeAll(queue)
          .map((one) => one.job_id)
          .toSorted(),
      ).toEqual([...there.keys()].toSorted());
    }),
    { numRuns: 300 },
  );
});
