/** Each check against evidence of a service that keeps its promises, and of one that breaks just this one. */
import { describe, expect, test } from "bun:test";
import { allChecks } from "../../../scripts/torture/checks/mod.ts";
import { type Evidence, historiesOf, type Verdict } from "../../../scripts/torture/evidence.ts";
import { type LogEvent, Timeline } from "../../../scripts/torture/observer.ts";

const BASE = Date.parse("2026-01-15T09:30:00Z");
const checks = allChecks((workflow) => workflow !== "nobody");

type Step = readonly [type: string, data: object, options?: { actor?: string; at?: number; job?: string }];

const payload = { url: "http://127.0.0.1:1/effect/quick-1" };
const submitted: Step = [
  "job.submitted",
  { workflow: "http", payload, callback_url: "http://127.0.0.1:1/callback/quick-1" },
];
const started: Step = ["job.started", { attempt: 1, worker: "a", lease_seconds: 3 }, { actor: "worker:a" }];
const succeeded: Step = [
  "job.succeeded",
  { attempt: 1, result: { status: 200, body: { serial: 1 } } },
  { actor: "worker:a" },
];
const delivered: Step = ["job.callback_delivered", { webhook_id: "msg_1", attempt: 1, status_code: 204 }];
const LIFE = [submitted, started, succeeded, delivered];
const ONE = { attempt: 1, step: "one", item: 0, step_attempt: 1 };
const OF_STEPS: readonly Step[] = [
  submitted,
  started,
  ["job.step_started", ONE, { actor: "worker:a" }],
  ["job.step_succeeded", { ...ONE, output: { body: { serial: 1 } } }, { actor: "worker:a" }],
];

/** A log of these events, one second apart where nothing else is said. */
function logOf(steps: readonly Step[]): LogEvent[] {
  const versions = new Map<string, number>();
  return steps.map(([type, data, { actor = "anonymous", at, job = "1" } = {}], index) => {
    const stream_id = `job-${job}`;
    const version = (versions.get(stream_id) ?? 0) + 1;
    versions.set(stream_id, version);
    const recorded_at = BASE + (at ?? index) * 1000;
    return { position: index + 1, stream_id, version, type, data, meta: { actor }, recorded_at };
  });
}

/** What was seen of a run with one job; `changes` says what was different. */
function evidenceOf(steps: readonly Step[] = LIFE, changes: Partial<Evidence> = {}): Evidence {
  const events = changes.events ?? logOf(steps);
  const timeline = new Timeline();
  for (const { position } of events) {
    timeline.add({ asked: BASE + position * 1000 - 400, answered: BASE + position * 1000 - 300, head: position });
  }
  const histories = historiesOf(events);
  const last = events.at(-1) as LogEvent;
  const status = steps.some(([type]) => type === "job.succeeded") ? "succeeded" : "queued";
  return {
    acknowledged: [
      {
        wanted: { name: "quick-1", kind: "quick", body: submitted[1], expected: ["succeeded"] },
        job_id: "1",
        position: 1,
      },
    ],
    said: [],
    events,
    histories,
    seen: events,
    timeline,
    requests: [{ serial: 1, name: "quick-1", key: "1", arrived_at: BASE + 1_800, status: 200 }],
    callbacks: [callback()],
    statuses: new Map([["1", answer(status)]]),
    replay: { code: 0, said: "✓ jobs\n✓ metrics" },
    jetstream: {
      messages: events.length,
      behind: 0,
      first: { position: 1, id: `${events[0]?.stream_id}@1` },
      last: { position: last.position, id: `${last.stream_id}@${last.version}` },
    },
    streams: new Map([["SSE", { positions: events.map(({ position }) => position), connections: 1 }]]),
    polite: { calm: times(10), harmed: times(15) },
    persons: [],
    users: [],
    sign_ins: [],
    exits: [],
    fatal: [],
    exit_codes: new Map([["api-1", 0]]),
    ...changes,
  };
}

function answer(status: string) {
  return { status: 200, headers: new Headers(), body: { status, waiting_for: { reason: "worker" } } };
}

/** Of 300 requests, of which some always take longer. */
function times(ms: number): number[] {
  return Array.from({ length: 300 }, (_, n) => (n % 100 === 0 ? ms * 2 : ms));
}

function callback(changes: object = {}) {
  const body = JSON.stringify({ type: "job.succeeded", data: { job_id: "1" } });
  return {
    name: "quick-1",
    webhook_id: "msg_1",
    body,
    arrived_at: BASE + 2_500,
    forged: undefined,
    status: 204,
    ...changes,
  };
}

function verdicts(evidence: Evidence): Map<string, Verdict> {
  return new Map(checks.map(({ name, run }) => [name, run(evidence)]));
}

/** The faults of the checks that found any. */
function found(evidence: Evidence): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...verdicts(evidence)].flatMap(([name, { faults }]) => (faults.length > 0 ? [[name, faults]] : [])),
  );
}

function faultsOf(name: string, evidence: Evidence): string {
  const verdict = verdicts(evidence).get(name);
  if (!verdict) throw new Error(`There is no check "${name}"`);
  return verdict.faults.join("\n");
}

test("a service that keeps its guarantees has no findings", () => {
  expect(found(evidenceOf())).toEqual({});
});

test("a job whose worker was lost, and whose effect was retried before it succeeded, is not a finding", () => {
  const steps: Step[] = [
    submitted,
    started,
    ["job.released", { attempt: 1, reason: "lease_expired" }, { at: 4.5 }],
    ["job.started", { attempt: 2, worker: "b", lease_seconds: 3 }, { actor: "worker:b", at: 5 }],
    ["job.succeeded", { attempt: 2, result: { status: 200, body: { serial: 2 } } }, { actor: "worker:b", at: 6 }],
    [...delivered],
  ];
  const requests = [
    { serial: 1, name: "quick-1", key: "1", arrived_at: BASE + 1_800 },
    { serial: 2, name: "quick-1", key: "1", arrived_at: BASE + 4_000, status: 200 },
  ];
  expect(found(evidenceOf(steps, { requests }))).toEqual({});
});

test("a job with one attempt may lose its worker, but not fail otherwise", () => {
  const lost = (code: string) => {
    const steps: Step[] = [submitted, started, ["job.failed", { attempt: 1, error: { code, message: "Lost." } }]];
    const [first] = evidenceOf().acknowledged;
    if (!first) throw new Error("There is one");
    const wanted = { ...first.wanted, expected: ["succeeded", "lost"] as const };
    return faultsOf(
      "every acknowledged job has an expected outcome",
      evidenceOf(steps, { acknowledged: [{ ...first, wanted }] }),
    );
  };
  expect(lost("worker_lost")).toBe("");
  expect(lost("timeout")).toContain("is failed, must be succeeded or lost (timeout: Lost.)");
});

test("a job that nobody runs may wait for ever", () => {
  const body = { workflow: "nobody", payload: {} };
  const wanted = { name: "waiting-1", kind: "waiting", body, expected: ["queued"] as const };
  const evidence = evidenceOf([["job.submitted", body]], {
    acknowledged: [{ wanted, job_id: "1", position: 1 }],
    requests: [],
    callbacks: [],
  });
  expect(found(evidence)).toEqual({});
});

test("a job that is due in a month may wait until then, and one that is due soon must run", () => {
  const dueIn = (ms: number) => {
    const run_at = new Date(BASE + ms).toISOString();
    return evidenceOf([["job.submitted", { workflow: "http", payload: {}, run_at }]], {
      acknowledged: [],
      callbacks: [],
    });
  };
  const settled = "every job has finished, or rightly waits; and no callback is outstanding";
  expect(faultsOf(settled, dueIn(30 * 86_400_000))).toBe("");
  expect(faultsOf(settled, dueIn(60_000))).toContain("is queued, open: queued");
});

describe("broken guarantees are found:", () => {
  const cases: ReadonlyArray<readonly [what: string, check: string, fault: string, evidence: () => Evidence]> = [
    [
      "a gap in the positions",
      "positions and versions are dense",
      "position 5 is at index 4",
      () => {
        const events = logOf(LIFE).map((event, index) => (index === 3 ? { ...event, position: 5 } : event));
        return evidenceOf(LIFE, { events });
      },
    ],
    [
      "a gap in the versions",
      "positions and versions are dense",
      "job-1@5 is where @4 should be",
      () => {
        const events = logOf(LIFE).map((event, index) => (index === 3 ? { ...event, version: 5 } : event));
        return evidenceOf(LIFE, { events });
      },
    ],
    [
      "an event that was seen and is gone",
      "events once read from the log stay in it, unchanged",
      "job-1@5 at 5 is gone",
      () => evidenceOf(LIFE, { seen: logOf([...LIFE, delivered]) }),
    ],
    [
      "an acknowledged job that is not there",
      "every acknowledged job is in the log, at the acknowledged position, as it was sent",
      "was acknowledged at 1",
      () => evidenceOf(LIFE, { events: logOf(LIFE.map(([type, data, o]) => [type, data, { ...o, job: "2" }])) }),
    ],
    [
      "an acknowledged job that was changed",
      "every acknowledged job is in the log, at the acknowledged position, as it was sent",
      "another body",
      () => evidenceOf([["job.submitted", { ...submitted[1], payload: {} }], ...LIFE.slice(1)]),
    ],
    [
      "a job that got stuck",
      "every job has finished, or rightly waits; and no callback is outstanding",
      "is running, open: running",
      () => evidenceOf([submitted, started]),
    ],
    [
      "a callback that is still to come",
      "every job has finished, or rightly waits; and no callback is outstanding",
      "open: callback",
      () => evidenceOf(LIFE.slice(0, 3)),
    ],
    [
      "a job that ended wrongly",
      "every acknowledged job has an expected outcome",
      "is lost, must be succeeded (worker_lost: Lost.)",
      () =>
        evidenceOf([
          submitted,
          started,
          ["job.failed", { attempt: 1, error: { code: "worker_lost", message: "Lost." } }],
        ]),
    ],
    [
      "a status that is not the log's",
      "the API shows each job as it is in the log",
      "job 1 is succeeded; the response: 200",
      () => evidenceOf(LIFE, { statuses: new Map([["1", answer("running")]]) }),
    ],
    [
      "two attempts at once",
      "no attempt runs twice or beside another, and none is taken back before its lease expires",
      "of attempt 2 comes while attempt 1 runs",
      () =>
        evidenceOf([
          submitted,
          started,
          ["job.started", { attempt: 2, worker: "b", lease_seconds: 3 }, { actor: "worker:b" }],
        ]),
    ],
    [
      "an attempt that starts twice",
      "no attempt runs twice or beside another, and none is taken back before its lease expires",
      "has number 1, after 1",
      () => evidenceOf([submitted, started, ["job.released", { attempt: 1, reason: "worker_stopping" }], started]),
    ],
    [
      "a lease cut short",
      "no attempt runs twice or beside another, and none is taken back before its lease expires",
      "takes attempt 1 back 1000 ms before its lease expires",
      () => evidenceOf([submitted, started, ["job.released", { attempt: 1, reason: "lease_expired" }, { at: 3 }]]),
    ],
    [
      "a lease cut short after a heartbeat",
      "no attempt runs twice or beside another, and none is taken back before its lease expires",
      "takes attempt 1 back 500 ms before its lease expires",
      () =>
        evidenceOf([
          submitted,
          started,
          ["job.heartbeat", { attempt: 1, lease_seconds: 3 }, { actor: "worker:a" }],
          ["job.released", { attempt: 1, reason: "lease_expired" }, { at: 4.5 }],
        ]),
    ],
    [
      "a late answer of a worker that lost its claim",
      "no attempt runs twice or beside another, and none is taken back before its lease expires",
      "is by worker:a, while worker:b holds the claim",
      () =>
        evidenceOf([
          submitted,
          started,
          ["job.released", { attempt: 1, reason: "worker_stopping" }],
          ["job.started", { attempt: 2, worker: "b", lease_seconds: 3 }, { actor: "worker:b" }],
          ["job.succeeded", { attempt: 2, result: {} }, { actor: "worker:a" }],
        ]),
    ],
    [
      "a life after the end",
      "no attempt runs twice or beside another, and none is taken back before its lease expires",
      "job.started comes after job.succeeded",
      () =>
        evidenceOf([...LIFE, ["job.started", { attempt: 2, worker: "b", lease_seconds: 3 }, { actor: "worker:b" }]]),
    ],
    [
      "an attempt before its pause is over",
      "no attempt starts before it is due, and no job exceeds its max_attempts",
      "attempt 2 starts 1000 ms before it is due",
      () =>
        evidenceOf([
          submitted,
          started,
          ["job.retry_scheduled", { attempt: 1, error: {}, retry_in_seconds: 2 }],
          ["job.started", { attempt: 2, worker: "b", lease_seconds: 3 }, { actor: "worker:b" }],
        ]),
    ],
    [
      "an attempt before run_at",
      "no attempt starts before it is due, and no job exceeds its max_attempts",
      "attempt 1 starts 4000 ms before it is due",
      () => evidenceOf([["job.submitted", { ...submitted[1], run_at: "2026-01-15T10:30:05+01:00" }], started]),
    ],
    [
      "an attempt too many",
      "no attempt starts before it is due, and no job exceeds its max_attempts",
      "attempt 2 starts after 1 of 1",
      () =>
        evidenceOf([
          ["job.submitted", { ...submitted[1], max_attempts: 1 }],
          started,
          ["job.released", { attempt: 1, reason: "lease_expired" }, { at: 5 }],
          ["job.started", { attempt: 2, worker: "b", lease_seconds: 3 }, { actor: "worker:b", at: 6 }],
        ]),
    ],
    [
      "a side effect without a claim",
      "every attempt at a side effect has its own claim",
      "request 2 is number 2, and there were 1 claims",
      () => evidenceOf(LIFE, { requests: [request(1, 1_800), request(2, 1_900)] }),
    ],
    [
      "a side effect before its claim",
      "every attempt at a side effect has its own claim",
      "request 1 came before claim 1 was recorded",
      () => evidenceOf(LIFE, { requests: [request(1, 500)] }),
    ],
    [
      "a side effect after its success",
      "no side effect is repeated after its success is recorded",
      "request 2 came after its success at 3",
      () => evidenceOf(LIFE, { requests: [request(1, 1_800), request(2, 2_800)] }),
    ],
    [
      "a step's side effect after its success",
      "no side effect is repeated after its success is recorded",
      "1/one/0: request 2 came after its success at 4",
      () => evidenceOf(OF_STEPS, { requests: [step(1, 2_800), step(2, 3_800)] }),
    ],
    [
      "a step's side effect that is no step's",
      "every attempt at a side effect has its own claim",
      "1/one/1: request 1 is number 1, and there were 0 claims",
      () => evidenceOf(OF_STEPS, { requests: [{ ...step(1, 2_800), key: "1/one/1" }] }),
    ],
    [
      "a step that builds on what is not recorded",
      "later steps get the recorded outputs of earlier ones, at one version of their pipeline",
      "1/one/0: request 2 builds on response 9",
      () => evidenceOf(OF_STEPS, { requests: [step(1, 2_800), { ...step(2, 2_900), after: 9 }] }),
    ],
    [
      "a step of another version",
      "later steps get the recorded outputs of earlier ones, at one version of their pipeline",
      "1/one/0: request 1 is of version 2, the job has 1",
      () =>
        evidenceOf([...OF_STEPS, ["job.pipeline_pinned", { pipeline: "p", version: 1 }]], {
          requests: [{ ...step(1, 2_800), version: 2 }],
        }),
    ],
    [
      "two jobs of one key at once",
      "no two jobs with the same concurrency key run at once",
      'job-2@2 starts while job 1 of the key "red" runs',
      () =>
        evidenceOf([
          keyed("1"),
          keyed("2"),
          ["job.started", { attempt: 1 }],
          ["job.started", { attempt: 1 }, { job: "2" }],
        ]),
    ],
    [
      "an instant that was left out",
      "every run of a schedule fires once, as one job that succeeds",
      "schedule-1@2: fires 9:02, but 9:01 was due",
      () => evidenceOf(LIFE, { events: scheduled({ instant: "9:02", job_id: "1" }) }),
    ],
    [
      "an instant whose job is not there",
      "every run of a schedule fires once, as one job that succeeds",
      "job 7 of 9:01 is queued",
      () => evidenceOf(LIFE, { events: scheduled({ instant: "9:01", job_id: "7" }) }),
    ],
    [
      "a made-up result",
      "every recorded result is a response that was really given",
      "nobody gave the response",
      () => evidenceOf(LIFE, { requests: [request(7, 1_800)] }),
    ],
    [
      "a callback that never came",
      "every callback arrived at least once, signed, with one id and one body",
      "its receiver accepted none of 0 POSTs",
      () => evidenceOf(LIFE, { callbacks: [] }),
    ],
    [
      "a callback that was refused only",
      "every callback arrived at least once, signed, with one id and one body",
      "its receiver accepted none of 1 POSTs",
      () => evidenceOf(LIFE, { callbacks: [callback({ status: 503 })] }),
    ],
    [
      "a callback with another id",
      "every callback arrived at least once, signed, with one id and one body",
      "msg_2 reports job.succeeded of 1; the log has undefined",
      () => evidenceOf(LIFE, { callbacks: [callback(), callback({ webhook_id: "msg_2" })] }),
    ],
    [
      "a callback with another text",
      "every callback arrived at least once, signed, with one id and one body",
      "msg_1 came with different bodies",
      () => evidenceOf(LIFE, { callbacks: [callback(), callback({ body: "{}" })] }),
    ],
    [
      "a forged callback",
      "every callback arrived at least once, signed, with one id and one body",
      "its signature is x",
      () => evidenceOf(LIFE, { callbacks: [callback({ forged: "its signature is x" })] }),
    ],
    [
      "a read model that differs",
      "every read model equals its rebuild",
      "exited with 1: ✗ jobs: 1 of 9 rows differ",
      () => evidenceOf(LIFE, { replay: { code: 1, said: "✗ jobs: 1 of 9 rows differ" } }),
    ],
    [
      "an event that JetStream does not have",
      "JetStream has every event once, in order",
      "has 3 messages for 4 events",
      () => evidenceOf(LIFE, { jetstream: { ...evidenceOf().jetstream, messages: 3 } }),
    ],
    [
      "a relay that gave up",
      "JetStream has every event once, in order",
      "is 2 events behind",
      () => evidenceOf(LIFE, { jetstream: { ...evidenceOf().jetstream, behind: 2 } }),
    ],
    [
      "a stream of another log",
      "JetStream has every event once, in order",
      "the stream has job-9@9 at 4, the log job-1@4",
      () => evidenceOf(LIFE, { jetstream: { ...evidenceOf().jetstream, last: { position: 4, id: "job-9@9" } } }),
    ],
    [
      "an event that a subscriber missed",
      "subscribers that reconnect see every event of their account once, in order, and none of another",
      "SSE: 2 is followed by 3, but 4 was seen",
      () => evidenceOf(LIFE, { streams: new Map([["SSE", { positions: [1, 2, 4], connections: 1 }]]) }),
    ],
    [
      "an event that a subscriber saw twice",
      "subscribers that reconnect see every event of their account once, in order, and none of another",
      "SSE: 2 is followed by 3, but 2 was seen",
      () => evidenceOf(LIFE, { streams: new Map([["SSE", { positions: [1, 2, 2, 3, 4], connections: 1 }]]) }),
    ],
    [
      "an event of another account that a subscriber saw",
      "subscribers that reconnect see every event of their account once, in order, and none of another",
      "SSE: 3 is followed by 4, but 1 was seen",
      () => {
        const [first, ...events] = logOf(LIFE) as [LogEvent, ...LogEvent[]];
        const others = { ...first, meta: { ...first.meta, account: "user:1" } };
        const streams = new Map([["SSE", { positions: [2, 3, 1, 4], connections: 1 }]]);
        return evidenceOf(LIFE, { events: [others, ...events], streams });
      },
    ],
    [
      "a crash",
      "no process of the service crashes, or says that it must",
      "worker-1 exited by itself with exit code 1",
      () => evidenceOf(LIFE, { exits: [exit({})] }),
    ],
    [
      "a process that says that it must end",
      "no process of the service crashes, or says that it must",
      "fatal: worker-1: a fault",
      () => evidenceOf(LIFE, { fatal: ["worker-1: a fault"] }),
    ],
    [
      "a process that breaks before it is up",
      "no process of the service crashes, or says that it must",
      "worker-1 exited by itself with SIGSEGV",
      () => evidenceOf(LIFE, { exits: [exit({ how: "SIGSEGV", code: null, was_ready: false })] }),
    ],
    [
      "a user who is kept waiting by another",
      "no other user's p99 more than doubles while one is malicious",
      "a polite user's p99 is 602 ms beside the malicious one and 300 ms without; 600 ms are allowed",
      () => evidenceOf(LIFE, { polite: { calm: times(300).fill(300), harmed: times(602).fill(602) } }),
    ],
    [
      "a user whose slowest requests are delayed by another",
      "no other user's p99 more than doubles while one is malicious",
      "a polite user's p99 is 151 ms beside the malicious one and 5 ms without; 150 ms are allowed",
      () => evidenceOf(LIFE, { polite: { calm: times(5).fill(5), harmed: times(5).fill(151, 0, 4) } }),
    ],
    [
      "a user who reaches what is another's",
      "repeated requests return the same job, and a job exists as soon as it is acknowledged",
      "reached another's job",
      () => evidenceOf(LIFE, { said: ["an unauthorized user reached another's job: x returned 200"] }),
    ],
    [
      "a process that does not stop",
      "every process of the service stops when told to",
      "api-1 exited with SIGKILL",
      () => evidenceOf(LIFE, { exit_codes: new Map([["api-1", null]]) }),
    ],
    [
      "a repetition that met another job",
      "repeated requests return the same job, and a job exists as soon as it is acknowledged",
      "quick-1: a repeated request returned",
      () => evidenceOf(LIFE, { said: ["quick-1: a repeated request returned job 2"] }),
    ],
  ];
  for (const [what, check, fault, evidence] of cases) {
    test(what, () => expect(faultsOf(check, evidence())).toContain(fault));
  }
});

test("a process that we ended, or that did not start while its database was down, is not a finding", () => {
  expect(found(evidenceOf(LIFE, { exits: [exit({ sent: "SIGKILL" }), exit({ was_ready: false })] }))).toEqual({});
});

test("delays of a busy machine, and one of few requests in a hundred, are not findings", () => {
  const name = "no other user's p99 more than doubles while one is malicious";
  const polite = (calm: number[], harmed: number[]) => faultsOf(name, evidenceOf(LIFE, { polite: { calm, harmed } }));
  expect(polite(times(5).fill(5), times(5).fill(150))).toBe("");
  expect(polite(times(5).fill(5), times(5).fill(9_000, 0, 3))).toBe("");
  expect(
    polite(
      times(300),
      times(300).map((ms) => ms * 1.9),
    ),
  ).toBe("");
  expect(polite(times(5).slice(0, 199), times(9_000))).toBe("");
});

test("a callback may be accepted with any 2xx, and a hostile peer's response is no result of the stand-in's", () => {
  expect(found(evidenceOf(LIFE, { callbacks: [callback({ status: 200 })] }))).toEqual({});
  const provoked = { ...submitted[1], payload: { url: "http://127.0.0.1:1/hostile/deep" } };
  const steps: Step[] = [
    ["job.submitted", provoked],
    started,
    ["job.succeeded", { attempt: 1, result: { body: "[[" } }, { actor: "worker:a" }],
    delivered,
  ];
  expect(faultsOf("every recorded result is a response that was really given", evidenceOf(steps))).toBe("");
});

test("a lease that ends while Postgres's clock is set back is not a finding", () => {
  const steps: Step[] = [
    submitted,
    ["job.started", { attempt: 1, worker: "a", lease_seconds: 3 }, { actor: "worker:a", at: 20 }],
    ["job.submitted", { workflow: "nobody", payload: {} }, { job: "2", at: 2 }],
    ["job.released", { attempt: 1, reason: "lease_expired" }, { at: 3 }],
  ];
  expect(
    faultsOf(
      "no attempt runs twice or beside another, and none is taken back before its lease expires",
      evidenceOf(steps),
    ),
  ).toBe("");
});

test("an instant that is fired once is not a finding, and neither is a job of a key that runs after another", () => {
  expect(
    faultsOf(
      "every run of a schedule fires once, as one job that succeeds",
      evidenceOf(LIFE, { events: scheduled({ instant: "9:01", job_id: "1" }) }),
    ),
  ).toBe("");
  const steps: Step[] = [
    keyed("1"),
    keyed("2"),
    ["job.started", { attempt: 1 }],
    ["job.cancelled", { attempt: 1 }],
    ["job.started", { attempt: 1 }, { job: "2" }],
  ];
  expect(faultsOf("no two jobs with the same concurrency key run at once", evidenceOf(steps))).toBe("");
});

test("a step's side effect that is retried before its success, and then built on, is not a finding", () => {
  const requests = [step(1, 2_600), { ...step(2, 3_600), key: "1/two", after: 1 }];
  const steps: Step[] = [...OF_STEPS, ["job.step_started", { attempt: 1, step: "two", step_attempt: 1 }, { at: 3 }]];
  const evidence = evidenceOf(steps, { requests });
  for (const { name } of checks.filter(({ name }) => /side effect|later steps/.test(name))) {
    expect(faultsOf(name, evidence)).toBe("");
  }
});

function step(serial: number, after_ms: number) {
  return { ...request(serial, after_ms), key: "1/one/0" };
}

function keyed(job: string): Step {
  return ["job.submitted", { ...submitted[1], concurrency_key: "red" }, { job }];
}

/** The usual life of a job, which a schedule has fired. */
function scheduled(firing: object): LogEvent[] {
  const events = logOf([
    ...LIFE,
    ["schedule.created", { next_run_at: "9:01" }],
    ["schedule.fired", { ...firing, next_run_at: "9:03" }],
  ]);
  return events.map((event, index) =>
    index < LIFE.length ? event : { ...event, stream_id: "schedule-1", version: index - LIFE.length + 1 },
  );
}

function request(serial: number, after_ms: number) {
  return { serial, name: "quick-1", key: "1", arrived_at: BASE + after_ms, status: 200 };
}

function exit(changes: object) {
  return { name: "worker-1", at: BASE, how: "exit code 1", code: 1, sent: undefined, was_ready: true, ...changes };
}

describe("persons", () => {
  const person = { job_id: "1", erased: false, asked: false, status: 200, shown: true };
  const forgotten = "whoever was erased is gone from every history, and nobody else is";

  test.each([
    [{ erased: true, asked: true }, "job 1 still shows its erased subject"],
    [{ shown: false }, "job 1 has lost its subject's data, whom nobody erased"],
    [{ status: 500 }, "the history of job 1 answers 500"],
    [{ asked: true }, ""],
    [{ asked: true, shown: false }, ""],
    [{ erased: true, asked: true, shown: false }, ""],
  ])("who is found in a history: %j", (changes, fault) => {
    expect(faultsOf(forgotten, evidenceOf(LIFE, { persons: [{ ...person, ...changes }] }))).toBe(fault);
  });

  test("in the clear in the log are found", () => {
    const data = { attempt: 1, result: "personal-4b1d" };
    const events = evidenceOf().events.map((event) => ({
      ...event,
      data,
      meta: { ...event.meta, subject: "subject:1" },
    }));
    expect(faultsOf("nothing personal is in the log in the clear", evidenceOf(LIFE, { events }))).toContain(
      "has it in the clear",
    );
  });

  test("whose address has two users, or was created twice, are found", () => {
    const users = [
      { address: "a@example.com", ids: ["1", "2"], created: 1 },
      { address: "b@example.com", ids: ["1"], created: 2 },
      { address: "c@example.com", ids: ["1"], created: 1 },
    ];
    expect(faultsOf("each address is one user's, whoever records it how often", evidenceOf(LIFE, { users }))).toBe(
      "address 0 has 2 users\naddress 1 has 2 creations",
    );
  });

  const signed = { address: "a@example.com", mails: 1, statuses: [410, 200, undefined], users: ["user:1"] };
  const once = "each link to sign in is mailed once, works once, and leads to its address's own user";

  test.each([
    [[signed, signed, { ...signed, address: "b@example.com", users: ["user:2"] }], ""],
    // The responses were lost, or a newer link was sent.
    [[{ ...signed, statuses: [503, undefined, 429], users: [] }], ""],
    [[{ ...signed, mails: 2 }], "sign-in 0 was mailed 2 times"],
    [[{ ...signed, mails: 0 }], "sign-in 0 was mailed 0 times"],
    [[{ ...signed, users: ["user:1", "user:1"] }], "sign-in 0 began 2 sessions"],
    [[{ ...signed, statuses: [200, 401] }], "sign-in 0 was answered 401"],
    [[signed, { ...signed, users: ["user:2"] }], "sign-in 1 led to another user than before"],
  ])("who sign in: %j", (sign_ins, fault) => {
    expect(faultsOf(once, evidenceOf(LIFE, { sign_ins }))).toBe(fault);
  });

  test("who used a link and got no session are found", () => {
    const [event] = evidenceOf().events as [LogEvent];
    const used = { ...event, stream_id: "sign_in-1", type: "sign_in.redeemed", data: { session_id: "s" } };
    const began = { ...event, stream_id: "session-s", type: "session.started" };
    expect(faultsOf(once, evidenceOf(LIFE, { events: [event, used, began] }))).toBe("");
    expect(faultsOf(once, evidenceOf(LIFE, { events: [event, used] }))).toBe(
      "sign_in-1 was used, and no session began",
    );
  });
});
