import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { commandJob, startRunner } from "../../src/jobs/mod.ts";
import { openService, type Service, silent, until, workshop } from "./support.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes ...").toString("base64")}`;

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

const at = (path: string) => new URL(path, receiver.url).href;
const meta = { actor: "anonymous", correlation_id: "test" };

async function outcome(jobId: string, type: "job.callback_delivered" | "job.callback_failed") {
  const found = async () => (await service.history(jobId)).find((event) => event.type === type);
  return until(found, { what: `${type} of job ${jobId}` });
}

test("a finished job's receiver gets one signed POST, and its delivery is recorded", async () => {
  service.start({ ...workshop(), callback_secret: SECRET });
  const id = await service.submit("noop", { payload: { n: 1 }, callback_url: at("/hook") });
  const delivered = await outcome(id, "job.callback_delivered");
  expect(delivered.data).toEqual({ webhook_id: `msg_${id}`, status_code: 204 });
  expect(received).toHaveLength(1);
  const [{ body, headers }] = received as [Received];
  // Throws unless the signature, the id and a timestamp of now belong together.
  expect(new Webhook(SECRET).verify(body, headers)).toEqual({
    type: "job.succeeded",
    timestamp: (await service.state(id)).finished_at,
    data: { job_id: id, status: "succeeded", workflow: "noop", result: { n: 1 }, error: null },
  });
  expect(headers["webhook-id"]).toBe(`msg_${id}`);
  expect(() => new Webhook(SECRET).verify(body.replace('"n":1', '"n":2'), headers)).toThrow();
});

test("a failed job's receiver hears why", async () => {
  service.start({ ...workshop(), callback_secret: SECRET });
  const id = await service.submit("refusing", { callback_url: at("/hook") });
  await outcome(id, "job.callback_delivered");
  expect(JSON.parse(received[0]?.body as string)).toMatchObject({
    type: "job.failed",
    data: { status: "failed", result: null, error: { code: "card_declined" } },
  });
});

test.each([
  ["/broken", { status_code: 500, error: { code: "unexpected_status" } }],
  ["/moved", { status_code: 307, error: { code: "unexpected_status" } }],
])("a receiver that answers anything but 2xx is a failure: %s", async (path, data) => {
  service.start({ ...workshop(), callback_secret: SECRET });
  const id = await service.submit("noop", { callback_url: at(path) });
  expect((await outcome(id, "job.callback_failed")).data).toMatchObject(data);
  expect(received.map((one) => one.path)).toEqual([path]);
});

test("a receiver that cannot be reached is a failure that does not quote its address", async () => {
  service.start({ ...workshop(), callback_secret: SECRET });
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

test("a secret that is not one is refused at the start", () => {
  const options = { ...service, ...workshop(), instance: "w", logger: silent, callback_secret: "whsec_" };
  expect(() => startRunner(options)).toThrow();
});

test("a callback that its worker did not live to make is made by another", async () => {
  const id = await service.submit("noop", { callback_url: at("/hook") });
  for (const command of [
    { type: "start", worker: "dead", lease_seconds: 600 },
    { type: "complete", attempt: 1, result: null },
  ] as const) {
    await commandJob(service.log, { job_id: id, command, meta: { ...meta, actor: "worker:dead" } });
  }
  await service.projected();
  service.start({ ...workshop(), callback_secret: SECRET, callback_grace_seconds: 0.5 });
  await outcome(id, "job.callback_delivered");
  expect(received.map((one) => one.headers["webhook-id"])).toEqual([`msg_${id}`]);
});

test("a job that was completed by hand is told of, by one of several runners", async () => {
  for (let i = 0; i < 2; i++) service.start({ ...workshop(), callback_secret: SECRET });
  const id = await service.submit("nobody_runs_this", { callback_url: at("/hook") });
  await commandJob(service.log, { job_id: id, command: { type: "complete", attempt: "any", result: { ok: 1 } }, meta });
  await outcome(id, "job.callback_delivered");
  expect(JSON.parse(received[0]?.body as string).data.result).toEqual({ ok: 1 });
  expect((await service.types(id)).filter((type) => type.startsWith("job.callback"))).toHaveLength(1);
});

test("a job that exhausts its workers is told of", async () => {
  const id = await service.submit("nobody_runs_this", { callback_url: at("/hook") });
  for (let attempt = 1; attempt < 10; attempt++) {
    await commandJob(service.log, { job_id: id, command: { type: "start", worker: "x", lease_seconds: 9 }, meta });
    await commandJob(service.log, { job_id: id, command: { type: "release", attempt, reason: "worker_lost" }, meta });
  }
  await commandJob(service.log, { job_id: id, command: { type: "start", worker: "x", lease_seconds: 0.1 }, meta });
  service.start({ ...workshop(), callback_secret: SECRET });
  await outcome(id, "job.callback_delivered");
  expect(await service.state(id)).toMatchObject({ status: "failed", error: { code: "attempts_exhausted" } });
});
