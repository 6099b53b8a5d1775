/** JSON passes the whole service unchanged, whichever way it goes: over a real process, a target and a worker. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "../support/service.ts";

const ID = "7615917337495251231";
const LARGEST = "18446744073709551615";
const SMALLEST = "-9223372036854775808";
const NUMBERS = `[${ID},${LARGEST},${SMALLEST},0.1,1e300,5e-324,1E+2]`;
/** As it is written anew. */
const NUMBERS_WRITTEN = `[${ID},${LARGEST},${SMALLEST},0.1,1e+300,5e-324,100]`;
const ODD_TEXT = String.raw`"\u0000\ud800\udfff\ud83d\ude00\u2028__proto__"`;

let database: TestDatabase;
let service: ServiceProcess;
/** What the targets got, by path, as it came. */
const received = new Map<string, string>();
let target: ReturnType<typeof Bun.serve>;
const answers: Record<string, () => Response> = {
  "/numbers": () => jsonOf(`{"id":${ID},"all":${NUMBERS}}`),
  "/unheld": () => jsonOf(`{"id":${ID},"list":[1,1e400,18446744073709551616],"x":0.1234567890123456789}`),
  "/deep": () => jsonOf(`${"[".repeat(30_000)}${"]".repeat(30_000)}`),
  "/deepest": () => jsonOf(`${"[".repeat(63)}${"]".repeat(63)}`),
  "/odd": () => jsonOf(`{"text":${ODD_TEXT},"__proto__":1,${ODD_TEXT}:2}`),
};

beforeAll(async () => {
  target = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      received.set(pathname, await request.text());
      return answers[pathname]?.() ?? Response.json({ ok: true });
    },
  });
  database = await testDatabase();
  service = await startServiceProcess({
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
    OUTBOUND_ALLOW: "127.0.0.0/8",
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await target.stop(true);
  await database.drop();
}, 60_000);

function jsonOf(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json" } });
}

/** Sends JSON as it is; the answer is a text. */
async function send(path: string, body?: string, headers: Record<string, string> = {}) {
  const answer = await fetch(service.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    body,
  });
  return { status: answer.status, text: await answer.text() };
}

async function submit(body: string, headers?: Record<string, string>): Promise<string> {
  const { status, text } = await send("/api/v1/intake", body, headers);
  if (status !== 202) throw new Error(`The intake answered ${status}: ${text}`);
  return JSON.parse(text).job_id;
}

/** Waits until a job has ended. */
async function ended(job_id: string) {
  return await eventually(async () => {
    const { text } = await send(`/api/v1/jobs/${job_id}`);
    return /"status":"(succeeded|failed)"/.test(text) && { text, job: JSON.parse(text) };
  });
}

const at = (path: string) => JSON.stringify(new URL(path, target.url).href);

describe("integers of 64 bits and doubles", () => {
  test("pass from payload and response through steps to targets, results, lists, histories and callbacks", async () => {
    const job_id = await submit(`{"workflow":"exact","callback_url":${at("/told")},
      "payload":{"all":${NUMBERS},"id":${ID}},
      "steps":[
        {"id":"get","uses":"http","with":{"url":${at("/numbers")},"method":"POST","body":{"sent":"{{ payload.all }}"}}},
        {"id":"text","uses":"http","with":{"url":${at("/text")},"method":"POST","body":"{{ payload.id }} {{ payload.all }}"}},
        {"id":"literal","uses":"http","with":{"url":${at("/literal")},"method":"POST","body":{"id":${ID}}}},
        {"id":"last","uses":"http","with":{"url":${at("/numbers")},"method":"PUT","body":"{{ steps.get.output.body }}"}}
      ]}`);
    const { text, job } = await ended(job_id);
    expect(job.error).toBeNull();
    expect(received.get("/text")).toBe(`${ID} ${NUMBERS_WRITTEN}`);
    expect(received.get("/literal")).toBe(`{"id":${ID}}`);
    expect(received.get("/numbers")).toBe(`{"id":${ID},"all":${NUMBERS_WRITTEN}}`);
    expect(text).toContain(`"body":{"id":${ID},"all":${NUMBERS_WRITTEN}}`);
    expect((await send(`/api/v1/status/${job_id}`)).text).toContain(`"id":${ID},"all":${NUMBERS_WRITTEN}`);
    expect((await send("/api/v1/jobs?workflow=exact")).text).toContain(`"job_id":"${job_id}"`);
    expect((await send(`/api/v1/jobs/${job_id}/events`)).text).toContain(`"all":${NUMBERS}`);
    const steps = (await send(`/api/v1/jobs/${job_id}/steps`)).text;
    expect(steps).toContain(`"id":${ID},"all":${NUMBERS_WRITTEN}`);
    expect(await eventually(() => received.get("/told"))).toContain(`"id":${ID},"all":${NUMBERS_WRITTEN}`);
  });

  test("pass to an external worker and back", async () => {
    const job_id = await submit(`{"workflow":"outside","payload":{"all":${NUMBERS}}}`);
    const claim = await send("/api/v1/workers/claim", '{"worker":"w","workflows":["outside"],"wait_seconds":10}');
    expect(claim.text).toContain(`"payload":{"all":${NUMBERS_WRITTEN}}`);
    const answer = `{"job_id":"${job_id}","attempt":1,"result":{"all":${NUMBERS}}}`;
    expect(await send("/api/v1/workers/complete", answer)).toMatchObject({ status: 200 });
    expect((await ended(job_id)).text).toContain(`"result":{"all":${NUMBERS_WRITTEN}}`);
    // The same again is known; another number is another result.
    expect((await send("/api/v1/workers/complete", answer)).status).toBe(200);
    const other = answer.replace(ID, "7615917337495251000");
    expect((await send("/api/v1/workers/complete", other)).status).toBe(409);
  });

  test("pass to a replay, unchanged and with another payload", async () => {
    const job_id = await submit(
      `{"workflow":"http","payload":{"url":${at("/first")},"method":"POST","body":${NUMBERS}}}`,
    );
    await ended(job_id);
    const payload = `{"url":${at("/replayed")},"method":"POST","body":{"all":${NUMBERS}}}`;
    const { text } = await send(`/api/v1/jobs/${job_id}/replay`, `{"payload":${payload}}`);
    await ended(JSON.parse(text).job_id);
    expect(received.get("/first")).toBe(NUMBERS_WRITTEN);
    expect(received.get("/replayed")).toBe(`{"all":${NUMBERS_WRITTEN}}`);
  });

  test("distinguish two requests with one Idempotency-Key", async () => {
    const body = (id: string) => `{"workflow":"nobody","payload":{"id":${id}}}`;
    const key = { "idempotency-key": crypto.randomUUID() };
    const job_id = await submit(body(ID), key);
    expect(await submit(body(`${ID}.0`), key)).toBe(job_id);
    const other = await send("/api/v1/intake", body("7615917337495251000"), key);
    expect([other.status, JSON.parse(other.text).error]).toEqual([422, "idempotency_key_reused"]);
  });
});

test.each([
  ["/api/v1/intake", (n: string) => `{"workflow":"nobody","payload":{"n":[${n}]}}`],
  [
    "/api/v1/intake",
    (n: string) => `{"workflow":"nobody","payload":{},"steps":[{"id":"a","uses":"http","with":{"b":${n}}}]}`,
  ],
  [
    "/api/v1/pipelines",
    (n: string) => `{"name":"zero","format":1,"steps":[{"id":"a","uses":"http","with":{"b":${n}}}]}`,
  ],
  [
    "/api/v1/schedules",
    (n: string) => `{"name":"zero","cron":"0 0 1 1 *","job":{"workflow":"nobody","payload":{"n":${n}}}}`,
  ],
])("repeating a request to %s with -0 instead of 0 is the same request", async (path, body) => {
  const key = crypto.randomUUID();
  for (const [first, again, other] of [
    ["0", "-0", "1"],
    ["-0.0", "0", "null"],
  ] as const) {
    const headers = { "idempotency-key": `${key}${first}` };
    const named = (n: string) => body(n).replace('"zero"', `"zero${first.length}"`);
    const answer = await send(path, named(first), headers);
    expect(answer.status).toBeOneOf([201, 202]);
    expect(await send(path, named(again), headers)).toEqual(answer);
    expect((await send(path, named(other), headers)).status).toBe(422);
  }
});

test("repeating a worker's report with -0 instead of 0 is the same report", async () => {
  for (const [action, body] of [
    ["complete", (n: string) => `"result":{"n":${n}}`],
    ["fail", (n: string) => `"error":{"code":"no","message":"No.","retryable":false,"detail":[${n}]}`],
  ] as const) {
    const job_id = await submit(`{"workflow":"zero_${action}","payload":{}}`);
    await send("/api/v1/workers/claim", `{"worker":"w","workflows":["zero_${action}"],"wait_seconds":10}`);
    const answered = async (n: string) =>
      (await send(`/api/v1/workers/${action}`, `{"job_id":"${job_id}","attempt":1,${body(n)}}`)).status;
    expect([await answered("0"), await answered("-0"), await answered("-0.0"), await answered("1")]).toEqual([
      200, 200, 200, 409,
    ]);
  }
});

test.each([
  ["/api/v1/intake", '{"workflow":"a","payload":{"n":[1,1e400]}}', "/payload/n/1"],
  ["/api/v1/intake", '{"workflow":"a","payload":{"n":18446744073709551616}}', "/payload/n"],
  [
    "/api/v1/intake",
    '{"workflow":"a","payload":{},"steps":[{"id":"a","uses":"http","with":{"b":1e-400}}]}',
    "/steps/0/with/b",
  ],
  ["/api/v1/pipelines", '{"name":"a","steps":[{"id":"a","uses":"http","with":{"b":1e400}}]}', "/steps/0/with/b"],
  ["/api/v1/schedules", '{"name":"a","cron":"* * * * *","workflow":"a","payload":[1e400]}', "/payload/0"],
  ["/api/v1/workers/complete", `{"job_id":"${crypto.randomUUID()}","attempt":1,"result":1e400}`, "/result"],
  ["/api/v1/workers/complete", `{"job_id":"${crypto.randomUUID()}","attempt":1e400}`, "/attempt"],
])("%s rejects a number that would change, and points to it: %s", async (path, body, pointer) => {
  const { status, text } = await send(path, body);
  const problem = JSON.parse(text);
  expect([status, problem.error]).toEqual([400, "number_not_representable"]);
  expect(problem.errors).toEqual([{ pointer, message: expect.stringContaining("send it as a string") }]);
});

test("an integer beyond its field's range gets the range", async () => {
  const { status, text } = await send("/api/v1/intake", `{"workflow":"a","payload":{},"max_attempts":${ID}}`);
  expect(status).toBe(422);
  expect(JSON.parse(text).errors).toEqual([{ pointer: "/max_attempts", message: expect.stringContaining("at most") }]);
});

describe("in a response from outside", () => {
  const call = async (path: string) => {
    const job_id = await submit(`{"workflow":"http","payload":{"url":${at(path)}}}`);
    return await ended(job_id);
  };

  test("a number that cannot be represented is kept as text, with a pointer to it", async () => {
    const { job, text } = await call("/unheld");
    expect(text).toContain(`"body":{"id":${ID},"list":[1,"1e400","18446744073709551616"],"x":"0.1234567890123456789"}`);
    expect(job.result.body_encoding).toBe("json");
    const notes = job.result.notes as { pointer: string; code: string }[];
    expect(notes.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      "/body/list/1 number_kept_as_text",
      "/body/list/2 number_kept_as_text",
      "/body/x number_kept_as_text",
    ]);
  });

  test("JSON nested deeper than a body may be is kept as text, with a note", async () => {
    const { job } = await call("/deep");
    expect(job.status).toBe("succeeded");
    expect(job.result).toMatchObject({
      body: "[".repeat(30_000) + "]".repeat(30_000),
      body_encoding: "text",
      notes: [
        {
          pointer: "/body",
          code: "json_kept_as_text",
          message: "The body is nested 30000 levels deep; at most 63 are accepted.",
        },
      ],
    });
    expect((await call("/deepest")).job.result).toMatchObject({ body_encoding: "json" });
  });

  test("it is as harmless in the next step", async () => {
    const job_id = await submit(`{"workflow":"two","payload":{},"steps":[
      {"id":"f","uses":"http","with":{"url":${at("/deep")}}},
      {"id":"g","uses":"http","with":{"url":${at("/next")},"method":"POST","body":"{{ steps.f.output.body }}"}}]}`);
    expect((await ended(job_id)).job.status).toBe("succeeded");
    expect(received.get("/next")).toHaveLength(60_000);
  });

  test("texts that Postgres text cannot hold pass unchanged within JSON", async () => {
    const { text } = await call("/odd");
    expect(text).toContain(`"body":{"text":${written(ODD_TEXT)},"__proto__":1,${written(ODD_TEXT)}:2}`);
  });
});

test("texts that Postgres text cannot hold pass unchanged from a payload through an external worker to the result", async () => {
  const job_id = await submit(`{"workflow":"odd","payload":{${ODD_TEXT}:${ODD_TEXT}}}`);
  const claim = await send("/api/v1/workers/claim", '{"worker":"w","workflows":["odd"],"wait_seconds":10}');
  expect(claim.text).toContain(`"payload":{${written(ODD_TEXT)}:${written(ODD_TEXT)}}`);
  await send("/api/v1/workers/complete", `{"job_id":"${job_id}","attempt":1,"result":[${ODD_TEXT}]}`);
  expect((await ended(job_id)).text).toContain(`"result":[${written(ODD_TEXT)}]`);
});

/** The same text as JSON.stringify writes it. */
function written(json: string): string {
  return JSON.stringify(JSON.parse(json));
}
