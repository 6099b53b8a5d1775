import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { KnownEvent } from "../../events/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { retryTransient } from "../../src/jobs/run/retry_transient.ts";
import {
  AppendRefusedError,
  type EventLog,
  handle,
  handleAll,
  LogUnavailableError,
  openLog,
  tell,
} from "../../src/log/mod.ts";
import { meta } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { startProxy } from "../support/proxy.ts";

let database: TestDatabase;
let log: EventLog;
let other: EventLog;
/** Commits that `log` has sent. */
let commits = 0;
beforeAll(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url, on_batch: () => commits++ });
  other = openLog({ url: database.url });
});
afterAll(async () => {
  await Promise.all([log.close(), other.close()]);
  await database.drop();
});

const newStream = () => `test-${Bun.randomUUIDv7()}`;

/** What is left of a budget, and which payments it has made. */
interface Budget {
  readonly left: number;
  readonly paid: ReadonlyMap<string, number>;
}
interface Pay {
  readonly payment: string;
  readonly amount: number;
}
interface Refused {
  readonly refused: number;
}

const budget = {
  initial: { left: 100, paid: new Map() } as Budget,
  evolve({ left, paid }: Budget, event: KnownEvent): Budget {
    const { payment, amount } = event.data as unknown as Pay;
    return { left: left - amount, paid: new Map(paid).set(payment, amount) };
  },
  decide({ payment, amount }: Pay, { left, paid }: Budget) {
    if (payment === "fault") throw new Error("of this command alone");
    if (paid.has(payment)) return [];
    const type = payment === "unrecordable" ? "no type" : "test.paid";
    return amount > left ? { refused: left } : [{ type, data: { payment, amount } }];
  },
};
/** Counts what happened to a stream. */
const counting = { initial: 0, evolve: (count: number, _: KnownEvent) => count + 1 };

type Options = { readonly caller?: string | null; readonly signal?: AbortSignal; readonly actor?: string };

/** Pays out of a budget by its teller. */
function pay(at: EventLog, stream_id: string, command: Pay, { actor = "test", ...options }: Options = {}) {
  return tell<[Budget], Refused>(at, {
    ...options,
    streams: [{ stream_id, decider: budget }],
    decide: ([{ state }]) => {
      const decided = budget.decide(command, state);
      return "refused" in decided ? decided : [{ events: decided, meta: { ...meta, actor } }];
    },
  });
}

/** Starts a job that a budget pays for, in one commit: nothing where there is not enough, or the job was started before. */
function startPaid(
  run: typeof tell,
  at: EventLog,
  { purse, job, ...options }: Options & { purse: string; job: { stream_id: string; version?: number }; amount: number },
) {
  const { stream_id, version } = job;
  const expected = version === undefined ? undefined : { state: version, version };
  return run<[Budget, number], Refused | { readonly started: number }>(at, {
    streams: [
      { stream_id: purse, decider: budget },
      { stream_id, decider: counting, ...(expected && { expected }) },
    ],
    decide: ([{ state }, { state: started }]) => {
      if (started > 0) return { started };
      const decided = budget.decide({ payment: stream_id, amount: options.amount }, state);
      if ("refused" in decided) return decided;
      return [
        { events: decided, meta },
        { events: [{ type: "test.started", data: {} }], meta: { ...meta, actor: "starter" } },
      ];
    },
  });
}

/** What payments a stream holds, in order. */
async function paymentsOf(stream_id: string): Promise<string[]> {
  return (await log.readStream(stream_id)).map(({ data_json }) => JSON.parse(data_json).payment);
}
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Fills the commit that is under way, so that all that comes after it waits for the next one. */
function occupy(stream_id: string): Promise<unknown> {
  return pay(log, stream_id, { payment: "first", amount: 0 });
}

describe("a teller", () => {
  test("decides each command on the state that the previous ones left, and records them all in one commit", async () => {
    const stream_id = newStream();
    await occupy(stream_id);
    const before = commits;
    const handled = await Promise.all(names("p", 12).map((payment) => pay(log, stream_id, { payment, amount: 10 })));
    expect(commits - before).toBe(1);
    expect(handled.map(({ ok }) => ok)).toEqual([...Array(10).fill(true), false, false]);
    expect(handled.at(-1)).toMatchObject({ refusal: { refused: 0 }, folded: [{ version: 11 }] });
    expect(await paymentsOf(stream_id)).toEqual(["first", ...names("p", 10)]);
    const recorded = (await log.readStream(stream_id)).slice(1);
    expect(new Set(recorded.map(({ recorded_at }) => recorded_at)).size).toBe(1);
  });

  test("returns to each caller the position of its own event, and records its meta", async () => {
    const stream_id = newStream();
    const handled = await Promise.all(
      names("p", 5).map((payment) => pay(log, stream_id, { payment, amount: 1 }, { actor: `payer:${payment}` })),
    );
    const events = await log.readStream(stream_id);
    expect(handled.map((each) => each.ok && each.positions[0])).toEqual(events.map(({ position }) => position));
    expect(events.map(({ meta_json }) => JSON.parse(meta_json).actor)).toEqual(
      names("p", 5).map((payment) => `payer:${payment}`),
    );
  });

  test("lets no refusal and no error of one command affect another", async () => {
    const stream_id = newStream();
    const commands = [
      { payment: "a", amount: 60 },
      { payment: "fault", amount: 1 },
      { payment: "too-much", amount: 41 },
      { payment: "b", amount: 40 },
    ];
    const ends = await Promise.allSettled(commands.map((command) => pay(log, stream_id, command)));
    expect(ends).toMatchObject([
      { value: { ok: true } },
      { reason: { message: "of this command alone" } },
      { value: { ok: false, refusal: { refused: 40 } } },
      { value: { ok: true } },
    ]);
    expect(await paymentsOf(stream_id)).toEqual(["a", "b"]);
  });

  test("finds that a command is repeated, in the same commit and later", async () => {
    const stream_id = newStream();
    const command = { payment: "once", amount: 60 };
    const twice = await Promise.all([pay(log, stream_id, command), pay(log, stream_id, command)]);
    const again = await pay(log, stream_id, command);
    expect([...twice, again]).toMatchObject([
      { ok: true, positions: [expect.any(Number)] },
      { ok: true, positions: [undefined] },
      { ok: true, positions: [undefined] },
    ]);
    expect(await paymentsOf(stream_id)).toEqual(["once"]);
  });

  test("fails only the command whose events the log rejects", async () => {
    const stream_id = newStream();
    await occupy(stream_id);
    const owner = connect(database.admin_url, { max: 1 });
    await owner`alter table levqor_log.events add constraint unforeseen check (data::text not like '%bad%') not valid`;
    try {
      const payments = [...names("a", 20), "unrecordable", ...names("b", 20), "bad", "c"];
      const ends = await Promise.allSettled(payments.map((payment) => pay(log, stream_id, { payment, amount: 1 })));
      const refused = ends.flatMap((end, i) => (end.status === "rejected" ? [[payments[i], end.reason]] : []));
      expect(refused).toEqual([
        ["unrecordable", expect.any(AppendRefusedError)],
        ["bad", expect.any(AppendRefusedError)],
      ]);
      expect(await paymentsOf(stream_id)).toEqual(["first", ...names("a", 20), ...names("b", 20), "c"]);
    } finally {
      await owner`alter table levqor_log.events drop constraint unforeseen`;
      await owner.end();
    }
  });

  test("records large events in several commits, in order", async () => {
    const stream_id = newStream();
    await occupy(stream_id);
    const before = commits;
    const payments = names("p", 20).map((name) => name.padEnd(30_000, "x"));
    await Promise.all(payments.map((payment) => pay(log, stream_id, { payment, amount: 1 })));
    expect(commits - before).toBeGreaterThanOrEqual(3);
    expect(await paymentsOf(stream_id)).toEqual(["first", ...payments]);
  });

  test("never refuses on a cached state: it reads first what another process has recorded", async () => {
    const stream_id = newStream();
    await pay(log, stream_id, { payment: "all", amount: 100 });
    await pay(other, stream_id, { payment: "back", amount: -30 });
    expect(await pay(log, stream_id, { payment: "more", amount: 30 })).toMatchObject({ ok: true });
    expect(await pay(other, stream_id, { payment: "less", amount: 1 })).toMatchObject({ refusal: { refused: 0 } });
  });

  test("decides all again after a conflict with another process: nothing is spent twice", async () => {
    const stream_id = newStream();
    const handled = await Promise.all(
      names("p", 200).map((payment, i) => pay(i % 2 ? log : other, stream_id, { payment, amount: 1 })),
    );
    expect(handled.filter(({ ok }) => ok)).toHaveLength(100);
    const recorded = await paymentsOf(stream_id);
    expect(new Set(recorded).size).toBe(100);
    expect(recorded.toSorted()).toEqual(
      names("p", 200)
        .filter((_, i) => handled[i]?.ok)
        .toSorted(),
    );
  });

  test("shares its stream with writers that do not use it", async () => {
    const stream_id = newStream();
    const handled = await Promise.all(
      names("p", 60).map((payment, i) =>
        i % 3
          ? pay(log, stream_id, { payment, amount: 2 })
          : handle(log, { stream_id, decider: budget, command: { payment, amount: 2 }, meta }),
      ),
    );
    expect(handled.filter(({ ok }) => ok)).toHaveLength(50);
    expect(await paymentsOf(stream_id)).toHaveLength(50);
  });

  test("refuses two deciders for one stream at once", async () => {
    const stream_id = newStream();
    const first = pay(log, stream_id, { payment: "a", amount: 1 });
    const twofold = tell<[number], never>(log, {
      streams: [{ stream_id, decider: counting }],
      decide: () => [{ events: [], meta }],
    });
    const ends = await Promise.allSettled([first, twofold]);
    expect(ends).toMatchObject([
      { value: { ok: true } },
      { reason: { message: `Cannot handle commands on ${stream_id} with two different deciders` } },
    ]);
  });
});

describe("with other streams", () => {
  const newJobs = (count: number) => Array.from({ length: count }, newStream);

  test("records the events on its own stream and on others in one commit, and returns their positions", async () => {
    const purse = newStream();
    const jobs = newJobs(12);
    const handled = await Promise.all(
      jobs.map((stream_id) => startPaid(tell, log, { purse, job: { stream_id }, amount: 10 })),
    );
    expect(handled.map(({ ok }) => ok)).toEqual([...Array(10).fill(true), false, false]);
    expect(await paymentsOf(purse)).toEqual(jobs.slice(0, 10));
    const firsts = await log.readFirst(jobs);
    expect([...firsts.keys()].toSorted()).toEqual(jobs.slice(0, 10).toSorted());
    const payments = await log.readStream(purse);
    for (const [i, each] of handled.slice(0, 10).entries()) {
      const started = firsts.get(jobs[i] as string);
      expect(each).toMatchObject({ positions: [payments[i]?.position, started?.position] });
      expect(started?.recorded_at).toBe(payments[i]?.recorded_at as string);
      expect(JSON.parse(started?.meta_json ?? "").actor).toBe("starter");
    }
  });

  test("handles a command alone after a conflict on its other stream, and records all others", async () => {
    const purse = newStream();
    const jobs = newJobs(9);
    const [taken = ""] = jobs;
    await other.append({ stream_id: taken, expected_version: 0, events: [{ type: "test.started", data: {} }], meta });
    // Each thinks that its job is new.
    const handled = await Promise.all(
      jobs.map((stream_id) => startPaid(tell, log, { purse, job: { stream_id, version: 0 }, amount: 1 })),
    );
    expect(handled).toMatchObject([{ ok: false, refusal: { started: 1 } }, ...Array(8).fill({ ok: true })]);
    expect(await paymentsOf(purse)).toEqual(jobs.slice(1));
    expect(await log.readStream(taken)).toHaveLength(1);
  });

  test("reads a stream before it refuses a command on its expected state", async () => {
    const purse = newStream();
    await pay(log, purse, { payment: "all", amount: 100 });
    await pay(other, purse, { payment: "back", amount: -30 });
    for (const run of [tell, handleAll]) {
      const handled = await run<[Budget], Refused>(log, {
        streams: [{ stream_id: purse, decider: budget, expected: { state: { left: 0, paid: new Map() }, version: 1 } }],
        decide: ([{ state }]) => (state.left < 30 ? { refused: state.left } : [{ events: [], meta }]),
      });
      expect(handled).toMatchObject({ ok: true, folded: [{ version: 2 }] });
    }
  });

  test("decides each command on what the previous ones did to a shared stream", async () => {
    const purse = newStream();
    const stream_id = newStream();
    const handled = await Promise.all(
      [1, 2, 3].map(() => startPaid(tell, log, { purse, job: { stream_id }, amount: 1 })),
    );
    expect(handled).toMatchObject([{ ok: true }, { refusal: { started: 1 } }, { refusal: { started: 1 } }]);
    expect(await paymentsOf(purse)).toEqual([stream_id]);
  });

  test("fails only the command with a stream that cannot be read", async () => {
    const [purse, unreadable] = [newStream(), newStream()];
    const bad = tell<[Budget, number], never>(log, {
      streams: [
        { stream_id: purse, decider: budget },
        { stream_id: unreadable, decider: counting, read: () => Promise.reject(new Error("unreadable")) },
      ],
      decide: () => [
        { events: [], meta },
        { events: [], meta },
      ],
    });
    const ends = await Promise.allSettled([bad, pay(log, purse, { payment: "a", amount: 1 })]);
    expect(ends).toMatchObject([{ reason: { message: "unreadable" } }, { value: { ok: true } }]);
  });

  test("two processes and writers without a teller start nothing twice, and nothing unpaid", async () => {
    const purse = newStream();
    const jobs = newJobs(40);
    const ways = [
      [tell, log],
      [tell, other],
      [handleAll, log],
      [handleAll, other],
    ] as const;
    const handled = await Promise.all(
      jobs.flatMap((stream_id) =>
        ways.map(([run, at]) => startPaid(run, at, { purse, job: { stream_id, version: 0 }, amount: 4 })),
      ),
    );
    expect(handled.filter(({ ok }) => ok)).toHaveLength(25);
    const paid = await paymentsOf(purse);
    expect(new Set(paid).size).toBe(25);
    expect([...(await log.readFirst(jobs)).keys()].toSorted()).toEqual(paid.toSorted());
  });
});

describe("a caller", () => {
  test("takes turns with other callers: one that sends a lot delays nobody else", async () => {
    const stream_id = newStream();
    await occupy(stream_id);
    const many = names("many", 900).map((payment) => pay(log, stream_id, { payment, amount: 0 }, { caller: "many" }));
    await many[0];
    const one = pay(log, stream_id, { payment: "one", amount: 0 }, { caller: "one" });
    await Promise.all([one, ...many]);
    // The first commit is recorded, and the second may be under way.
    expect((await paymentsOf(stream_id)).indexOf("one")).toBeLessThan(1 + 256 + 256 + 2);
    expect(await paymentsOf(stream_id)).toHaveLength(902);
  });

  test("may withdraw a command until it is decided", async () => {
    const stream_id = newStream();
    const withdrawing = new AbortController();
    const { signal } = withdrawing;
    const atWork = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const underWay = tell<[Budget], never>(log, {
      signal,
      streams: [
        {
          stream_id,
          decider: budget,
          read: async () => {
            atWork.resolve();
            await goOn.promise;
            return [];
          },
        },
      ],
      decide: () => [{ events: [{ type: "test.paid", data: { payment: "under way", amount: 1 } }], meta }],
    });
    await atWork.promise;
    const waits = pay(log, stream_id, { payment: "waits", amount: 1 }, { signal });
    withdrawing.abort(new Error("gone"));
    const late = pay(log, stream_id, { payment: "late", amount: 1 }, { signal });
    goOn.resolve();
    expect(await Promise.allSettled([underWay, waits, late])).toMatchObject([
      { value: { ok: true } },
      { reason: { message: "gone" } },
      { reason: { message: "gone" } },
    ]);
    expect(await paymentsOf(stream_id)).toEqual(["under way"]);
  });

  test("gets an error if too many of its commands wait, and others do not", async () => {
    const stream_id = newStream();
    const greedy = names("g", 2_049).map((payment) =>
      pay(log, stream_id, { payment, amount: 0 }, { caller: "greedy" }),
    );
    const modest = pay(log, stream_id, { payment: "m", amount: 0 }, { caller: "modest" });
    const ends = await Promise.allSettled([...greedy, modest]);
    const refused = ends.flatMap((end, i) => (end.status === "rejected" ? [[i, end.reason]] : []));
    expect(refused).toEqual([[2_048, expect.any(LogUnavailableError)]]);
    expect(await paymentsOf(stream_id)).toHaveLength(2_049);
  });

  test("gets an error while the log is down, and is served when it is back", async () => {
    const proxy = await startProxy(database.url);
    const away = openLog({ url: proxy.url, append_timeout_ms: 1_000, attempt_timeout_ms: 300 });
    const stream_id = newStream();
    try {
      await pay(away, stream_id, { payment: "before", amount: 1 });
      proxy.refusing = true;
      proxy.cut();
      const ends = await Promise.allSettled(
        names("p", 3).map((payment) => pay(away, stream_id, { payment, amount: 1 })),
      );
      expect(ends.map((end) => end.status === "rejected" && end.reason.name)).toEqual(
        Array(3).fill(expect.stringMatching(/LogUnavailableError|AppendInDoubtError/)),
      );
      proxy.refusing = false;
      const after = () => pay(away, stream_id, { payment: "after", amount: 1 });
      const { signal } = new AbortController();
      expect(await retryTransient(after, { signal })).toMatchObject({ ok: true });
    } finally {
      await away.close();
      await proxy.close();
    }
    expect((await paymentsOf(stream_id)).at(-1)).toBe("after");
  });
});

test("any commands lead to the same state with a teller as one after another without it", async () => {
  const command = fc.record({
    payment: fc.oneof({ weight: 9, arbitrary: fc.nat(30).map(String) }, fc.constantFrom("fault", "unrecordable")),
    amount: fc.integer({ min: -20, max: 60 }),
  });
  /** How they are put: so many at once. */
  const bursts = fc.array(fc.array(command, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 });
  const met = new Set<string>();
  const told = (end: PromiseSettledResult<{ ok: boolean; refusal?: unknown }>, did: boolean) => {
    const what = end.status === "rejected" ? end.reason.name : end.value.ok ? (did ? "did" : "nothing") : "refused";
    met.add(what);
    return [what, end.status === "fulfilled" ? end.value.refusal : undefined];
  };
  await fc.assert(
    fc.asyncProperty(bursts, async (given) => {
      const [one, many] = [newStream(), newStream()];
      const wanted: unknown[] = [];
      const got: unknown[] = [];
      for (const burst of given) {
        for (const each of burst) {
          const [end] = await Promise.allSettled([
            handle(log, { stream_id: one, decider: budget, command: each, meta }),
          ]);
          wanted.push(told(end, end.status === "fulfilled" && end.value.ok && end.value.events.length > 0));
        }
        for (const end of await Promise.allSettled(burst.map((each) => pay(log, many, each)))) {
          got.push(told(end, end.status === "fulfilled" && end.value.ok && end.value.positions[0] !== undefined));
        }
      }
      expect(got).toEqual(wanted);
      expect((await log.readStream(many)).map(({ data_json }) => data_json)).toEqual(
        (await log.readStream(one)).map(({ data_json }) => data_json),
      );
    }),
    { numRuns: 30 },
  );
  // The property would hold of commands that all come to the same, too.
  expect([...met].toSorted()).toEqual(["AppendRefusedError", "Error", "did", "nothing", "refused"]);
});
