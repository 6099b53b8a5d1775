// Slow: callbacks are retried in real time, over many services with a receiver each.
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { createOutbound } from "../../../connectors/mod.ts";
import { retryAfter } from "../../../connectors/retry_after.ts";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { CallbackSecrets, commandJob } from "../../../src/jobs/mod.ts";
import { CALLBACK_SCHEDULE } from "../../../src/jobs/upkeep/callbacks.ts";
import { startEarlyAnswers } from "../../support/early_answers.ts";
import { appendUnchecked } from "../../support/events.ts";
import { type RawRequest, type RawServer, startRawServer, writeForever } from "../../support/raw_http.ts";
import { openService, type Service, until, workshop } from "../support.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes ...").toString("base64")}`;
const SECRETS = new CallbackSecrets(SECRET);

interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
const received: Received[] = [];
const receiver = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const body = await request.text();
    received.push({ path: pathname, headers: Object.fromEntries(request.headers), body });
    if (pathname === "/gone") return new Response(null, { status: 410 });
    if (pathname === "/busy") return new Response(null, { status: 503, headers: { "retry-after": "1" } });
    if (pathname === "/second" && received.filter((one) => one.path === pathname).length < 2) {
      return new Response(null, { status: 500 });
    }
    if (pathname === "/broken") return new Response("no", { status: 500 });
    if (pathname === "/moved") return Response.redirect(new URL("/elsewhere", request.url).href, 307);
    return new Response(null, { status: 204 });
  },
});
afterAll(() => receiver.stop(true));

let service: Service;
beforeEach(async () => {
  received.length = 0;
  service = await openService();
});
afterEach(() => service.close());

/** What a receiver of an operator's jobs verifies with. */
const webhook = () => new Webhook(SECRETS.of({ account: "operator", url: receiver.url.href }).secret);

const at = (path: string) => new URL(path, receiver.url).href;
const meta = { actor: "anonymous", correlation_id: "test" };

async function outcome(jobId: string, type: "job.callback_delivered" | "job.callback_failed") {
  const found = async () => (await service.history(jobId)).find((event) => event.type === type);
  return until(found, { what: `${type} of job ${jobId}` });
}

test("a finished job's receiver gets one signed POST, and its delivery is recorded", async () => {
  service.start({ ...workshop(), callback_secrets: SECRETS });
  const id = await service.submit("noop", { payload: { n: 1 }, callback_url: at("/hook") });
  const delivered = await outcome(id, "job.callback_delivered");
  expect(delivered.data).toEqual({ webhook_id: `msg_${id}`, attempt: 1, status_code: 204 });
  expect(received).toHaveLength(1);
  const [{ body, headers }] = received as [Received];
  // Throws unless the signature, the id and a current timestamp belong together.
  expect(webhook().verify(body, headers)).toEqual({
    type: "job.succeeded",
    timestamp: (await service.state(id)).finished_at,
    data: { job_id: id, status: "succeeded", workflow: "noop", result: { n: 1 }, error: null },
  });
  expect(headers["webhook-id"]).toBe(`msg_${id}`);
  expect(() => webhook().verify(body.replace('"n":1', '"n":2'), headers)).toThrow();
});

test("a failed job's receiver gets the error", async () => {
  service.start({ ...workshop(), callback_secrets: SECRETS });
  const id = await service.submit("refusing", { callback_url: at("/hook") });
  await outcome(id, "job.callback_delivered");
  expect(JSON.parse(received[0]?.body as string)).toMatchObject({
    type: "job.failed",
    data: { status: "failed", result: null, error: { code: "card_declined" } },
  });
});

test("of an unreadable job is recorded as failed, and not retried for ever", async () => {
  const id = Bun.randomUUIDv7();
  await appendUnchecked(service.sql, `job-${id}`, [
    { type: "job.submitted", data: { workflow: "noop", payload: {}, callback_url: at("/hook") } },
    { type: "job.step_reused", data: null },
    { type: "job.failed", data: { attempt: 0, error: { code: "internal_fault", message: "No." } } },
  ]);
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_grace_seconds: 0 });
  const failed = await until(
    async () => (await service.log.readStream(`job-${id}`)).find(({ type }) => type === "job.callback_failed"),
    { what: "the callback to fail" },
  );
  expect(JSON.parse(failed.data_json)).toMatchObject({
    webhook_id: `msg_${id}`,
    attempt: 1,
    error: { code: "internal_fault" },
  });
  expect(received).toEqual([]);
});

/** Two further attempts, each soon after the one before. */
const SOON = [0, 0.05, 0.05];

test.each([
  ["/broken", { status_code: 500, error: { code: "unexpected_status" } }],
  ["/moved", { status_code: 307, error: { code: "unexpected_status" } }],
])(
  "a receiver that responds with anything but 2xx gets it again until the schedule ends: %s",
  async (path, failure) => {
    service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
    const id = await service.submit("noop", { callback_url: at(path) });
    expect((await outcome(id, "job.callback_failed")).data).toMatchObject({ attempt: 3, ...failure });
    expect(received.map((one) => one.path)).toEqual([path, path, path]);
    const attempts = (await service.history(id)).filter((event) => event.type === "job.callback_attempted");
    expect(attempts.map((event) => event.data)).toMatchObject([
      { attempt: 1, ...failure },
      { attempt: 2, ...failure },
    ]);
    for (const { data } of attempts) {
      const { retry_in_seconds } = data as { retry_in_seconds: number };
      expect(retry_in_seconds).toBeGreaterThanOrEqual(0.05);
      expect(retry_in_seconds).toBeLessThanOrEqual(0.06);
    }
  },
);

test("every attempt has the same id and body, and its own signature", async () => {
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
  const id = await service.submit("noop", { callback_url: at("/second") });
  expect((await outcome(id, "job.callback_delivered")).data).toMatchObject({ attempt: 2, status_code: 204 });
  const [first, second, ...others] = received as [Received, Received];
  expect(others).toEqual([]);
  expect(second.body).toBe(first.body);
  for (const { headers, body } of [first, second]) {
    expect(headers["webhook-id"]).toBe(`msg_${id}`);
    expect(webhook().verify(body, headers)).toMatchObject({ type: "job.succeeded" });
  }
});

test("the schedule is that of Standard Webhooks: ten attempts within about 75 hours", () => {
  expect(CALLBACK_SCHEDULE).toEqual([0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
});

test("410 ends it at once", async () => {
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
  const id = await service.submit("noop", { callback_url: at("/gone") });
  expect((await outcome(id, "job.callback_failed")).data).toMatchObject({
    attempt: 1,
    status_code: 410,
    error: { code: "receiver_gone" },
  });
  expect(received).toHaveLength(1);
});

test("a response that comes before the callback was read counts", async () => {
  const early = await startEarlyAnswers();
  try {
    service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
    const payload = { text: "x".repeat(190_000) };
    for (let i = 0; i < 10; i++) {
      const told = await service.submit("noop", { payload, callback_url: `${early.polite}/200` });
      expect((await outcome(told, "job.callback_delivered")).data).toMatchObject({ attempt: 1, status_code: 200 });
      const gone = await service.submit("noop", { payload, callback_url: `${early.polite}/410` });
      expect((await outcome(gone, "job.callback_failed")).data).toMatchObject({ attempt: 1, status_code: 410 });
    }
  } finally {
    await early.stop();
  }
});

describe("the status decides, whatever happens to the body", () => {
  let server: RawServer;
  let body: (socket: RawRequest["socket"]) => void;
  beforeEach(async () => {
    server = await startRawServer(({ path, socket }) => {
      socket.write(`HTTP/1.1 ${path.slice(1)} X\r\n`);
      body(socket);
    });
  });
  afterEach(() => server.close());

  test.each<[string, (socket: RawRequest["socket"]) => void]>([
    ["broken gzip", (socket) => socket.write("content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc")],
    ["broken zstd", (socket) => socket.write("content-encoding: zstd\r\ncontent-length: 3\r\n\r\nabc")],
    ["too many codings", (socket) => socket.write("content-encoding: gzip,gzip,gzip\r\ncontent-length: 3\r\n\r\nabc")],
    ["broken chunks", (socket) => socket.write("transfer-encoding: chunked\r\n\r\nzz\r\n")],
    ["cut short", (socket) => socket.end("content-length: 100\r\n\r\nabc")],
    ["reset", (socket) => socket.write("content-length: 100\r\n\r\nabc", () => setTimeout(() => socket.destroy(), 5))],
    ["never there", (socket) => socket.write("content-length: 100\r\n\r\n")],
    [
      "endless",
      (socket) => {
        socket.write("\r\n");
        void writeForever(socket, Buffer.alloc(64 * 1024));
      },
    ],
  ])("%s", async (_, write) => {
    const closed: Promise<void>[] = [];
    body = (socket) => {
      closed.push(new Promise((resolve) => socket.once("close", () => resolve())));
      write(socket);
    };
    service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
    const told = await service.submit("noop", { callback_url: `${server.origin}/200` });
    expect((await outcome(told, "job.callback_delivered")).data).toMatchObject({ attempt: 1, status_code: 200 });
    const gone = await service.submit("noop", { callback_url: `${server.origin}/410` });
    expect((await outcome(gone, "job.callback_failed")).data).toMatchObject({
      attempt: 1,
      status_code: 410,
      error: { code: "receiver_gone" },
    });
    await Promise.all(closed);
    expect(server.requests.map(({ path }) => path)).toEqual(["/200", "/410"]);
  });
  test("a head that is not HTTP's has no status: sent again", async () => {
    body = () => {};
    service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
    const id = await service.submit("noop", { callback_url: `${server.origin}/2oo` });
    const { data } = await outcome(id, "job.callback_failed");
    expect(data).toMatchObject({ attempt: 3, error: { code: "malformed_answer" } });
    expect(data).not.toHaveProperty("status_code");
  });
});

test("Retry-After postpones the next attempt", async () => {
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: [0, 0.05] });
  const id = await service.submit("noop", { callback_url: at("/busy") });
  const failed = await outcome(id, "job.callback_failed");
  const attempted = (await service.history(id)).find((event) => event.type === "job.callback_attempted");
  expect(attempted?.data).toMatchObject({ retry_in_seconds: 1 });
  expect(Date.parse(failed.recorded_at) - Date.parse(attempted?.recorded_at ?? "")).toBeGreaterThanOrEqual(1_000);
});

test("Retry-After is a number of seconds or an HTTP date, at most a day away", () => {
  const now = Date.parse("2026-01-15T09:30:00Z");
  expect(retryAfter("120", now)).toBe(120);
  expect(retryAfter("Thu, 15 Jan 2026 09:31:30 GMT", now)).toBe(90);
  expect(retryAfter("Thu, 15 Jan 2026 09:29:00 GMT", now)).toBe(0);
  expect(retryAfter("9999999999", now)).toBe(86_400);
  for (const nonsense of [null, "", "soon", "-5", "NaN", "1.5", "2026-01-16", "2026-01-15T10:00:00Z"]) {
    expect(retryAfter(nonsense, now)).toBe(0);
  }
  // The older forms of HTTP dates; the last one is in GMT without saying so.
  expect(retryAfter("Thursday, 15-Jan-26 09:31:30 GMT", now)).toBe(90);
  expect(retryAfter("Thu Jan 15 09:31:30 2026", now)).toBe(90);
});

test("an address that is not public is refused, which is recorded, and not retried", async () => {
  service.start({
    ...workshop(),
    callback_secrets: SECRETS,
    callback_schedule: SOON,
    fetch: createOutbound({ allow: [] }),
  });
  const id = await service.submit("noop", { callback_url: at("/hook") });
  expect((await outcome(id, "job.callback_failed")).data).toMatchObject({
    attempt: 1,
    error: { code: "address_refused" },
  });
  expect(received).toEqual([]);
});

test("a retry survives its worker: another sends it when it is due", async () => {
  const first = service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: [0, 0.5] });
  const id = await service.submit("noop", { callback_url: at("/second") });
  await until(async () => (await service.types(id)).includes("job.callback_attempted"), { what: "the first attempt" });
  await first.stop({ drain_ms: 0 });
  expect(received).toHaveLength(1);
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: [0, 0.5] });
  await outcome(id, "job.callback_delivered");
  expect(received.map((one) => one.headers["webhook-id"])).toEqual([`msg_${id}`, `msg_${id}`]);
});

test("several runners share the retries: each attempt is made once", async () => {
  for (let i = 0; i < 3; i++) service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
  const ids = await Promise.all(
    Array.from({ length: 5 }, () => service.submit("noop", { callback_url: at("/broken") })),
  );
  for (const id of ids) await outcome(id, "job.callback_failed");
  for (const id of ids) {
    expect(received.filter((one) => one.headers["webhook-id"] === `msg_${id}`)).toHaveLength(3);
    const types = (await service.types(id)).filter((type) => type.startsWith("job.callback_"));
    expect(types).toEqual(["job.callback_attempted", "job.callback_attempted", "job.callback_failed"]);
  }
});

test("a redelivery sends the callback again, with the same id and body and all its attempts", async () => {
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: SOON });
  const id = await service.submit("noop", { payload: { n: 7 }, callback_url: at("/hook") });
  await outcome(id, "job.callback_delivered");
  await commandJob(service.log, { reach: EVERYTHING, job_id: id, command: { type: "request_callback" }, meta });
  await until(() => received.length === 2, { what: "the second delivery" });
  const [first, second] = received as [Received, Received];
  expect([second.body, second.headers["webhook-id"]]).toEqual([first.body, first.headers["webhook-id"] as string]);
  const callbackTypes = async () => (await service.types(id)).filter((type) => type.startsWith("job.callback_"));
  const again = ["job.callback_delivered", "job.callback_requested", "job.callback_delivered"];
  await until(async () => (await callbackTypes()).length === 3, { what: "the second outcome" });
  expect(await callbackTypes()).toEqual(again);
});

test("an unreachable receiver is a failure that does not quote its address", async () => {
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_schedule: [0] });
  const id = await service.submit("noop", { callback_url: "http://127.0.0.1:1/?token=hidden" });
  const { data } = await outcome(id, "job.callback_failed");
  expect(data).toMatchObject({ error: { code: "connection_failed" } });
  expect(data).not.toHaveProperty("status_code");
  expect(JSON.stringify(data)).not.toContain("hidden");
});

test("without a secret nothing is sent, and the record says so", async () => {
  service.start(workshop());
  const id = await service.submit("noop", { callback_url: at("/hook") });
  expect((await outcome(id, "job.callback_failed")).data).toMatchObject({ error: { code: "callback_secret_missing" } });
  expect(received).toEqual([]);
});

test.each(["whsec_", "", "c2VjcmV0"])("an invalid secret is rejected: %p", (secret) => {
  expect(() => new CallbackSecrets(secret)).toThrow("the secret is not whsec_ and base64");
});

test("a callback that its worker did not live to send is sent by another", async () => {
  const id = await service.submit("noop", { callback_url: at("/hook") });
  for (const command of [
    { type: "start", worker: "dead", lease_seconds: 600 },
    { type: "complete", attempt: 1, result: null },
  ] as const) {
    await commandJob(service.log, { reach: EVERYTHING, job_id: id, command, meta: { ...meta, actor: "worker:dead" } });
  }
  await service.projected();
  service.start({ ...workshop(), callback_secrets: SECRETS, callback_grace_seconds: 0.5 });
  await outcome(id, "job.callback_delivered");
  expect(received.map((one) => one.headers["webhook-id"])).toEqual([`msg_${id}`]);
});

test("a job that was completed by hand has its callback sent, by one of several runners", async () => {
  for (let i = 0; i < 2; i++) service.start({ ...workshop(), callback_secrets: SECRETS });
  const id = await service.submit("nobody_runs_this", { callback_url: at("/hook") });
  await commandJob(service.log, {
    reach: EVERYTHING,
    job_id: id,
    command: { type: "complete", attempt: "any", result: { ok: 1 } },
    meta,
  });
  await outcome(id, "job.callback_delivered");
  expect(JSON.parse(received[0]?.body as string).data.result).toEqual({ ok: 1 });
  expect((await service.types(id)).filter((type) => type.startsWith("job.callback"))).toHaveLength(1);
});

test("a job that exhausts its workers has its callback sent", async () => {
  const id = await service.submit("nobody_runs_this", { callback_url: at("/hook"), max_attempts: 1 });
  await commandJob(service.log, {
    reach: EVERYTHING,
    job_id: id,
    command: { type: "start", worker: "x", lease_seconds: 0.1 },
    meta,
  });
  service.start({ ...workshop(), callback_secrets: SECRETS });
  await outcome(id, "job.callback_delivered");
  expect(await service.state(id)).toMatchObject({ status: "failed", error: { code: "worker_lost" } });
});
