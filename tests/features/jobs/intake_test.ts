import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Harness, post, startApi } from "../../http/harness.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const JOB = { workflow: "http", payload: { a: 1 } };

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const intake = (body: unknown, headers?: Record<string, string>) => api.ask("/api/v1/intake", post(body, headers));
const firstEvent = async (job_id: string) => (await api.log.readStream(`job-${job_id}`, { limit: 1 }))[0];

describe("a rejection of a large body", () => {
  const key = "k".repeat(400_000);
  const payload = (text: string) => `{"workflow":"http","payload":${text}}`;
  const body = (text: string) =>
    `{"workflow":"p","payload":{},"steps":[{"id":"s","uses":"http","with":{"url":"https://a.example/","body":${text}}}]}`;
  const keys = Array.from({ length: 40_000 }, (_, i) => `"k${i}":1`).join(",");
  const name = "x".repeat(25_000);

  test.each([
    ["expressions under a long key", 422, body(`{"${key}":[${Array(999).fill('"{{a}}"').join(",")}]}`)],
    ["an expression of a long name", 422, body(`"{{${name}}}"`)],
    ["an expression of a long step", 422, body(`"{{steps.${name}.output}}"`)],
    ["expressions without an end", 422, body(`[${Array(60_000).fill('"{{"').join(",")}]`)],
    [
      "many steps that are not there",
      422,
      body(`"{{${Array.from({ length: 900 }, (_, i) => `steps.s${i}.output`).join("+")}}}"`),
    ],
    ["numbers under a long key", 400, payload(`{"${key}":[${Array(20_000).fill("1e400").join(",")}]}`)],
    ["a long key that is repeated", 400, payload(`{"${"k".repeat(200_000)}":1,"${"k".repeat(200_000)}":1}`)],
    ["many keys, one repeated", 400, payload(`{${keys},"k0":1}`)],
    ["many keys and no JSON", 400, payload(`{${keys},}`)],
    ["many lines and no JSON", 400, `${"\n".repeat(500_000)}x`],
    ["a long key that is not known", 422, `{"workflow":"http","payload":{},"${key}":1}`],
    ["a long workflow", 422, `{"workflow":"${key}","payload":{}}`],
    ["a long priority", 422, `{"workflow":"http","payload":{},"priority":"${key}"}`],
    ["a long time", 422, `{"workflow":"http","payload":{},"run_at":"${key}"}`],
    ["a long callback_url", 422, `{"workflow":"http","payload":{},"callback_url":"https://${key}/"}`],
    ["long names of steps", 422, `{"workflow":"p","payload":{},"steps":[{"id":"${key}","uses":"${name}"}]}`],
  ])("gets a small response: %s", async (_, status, text) => {
    const answer = await fetch(new URL("/api/v1/intake", api.url), { ...post({}), body: text });
    const told = await answer.text();
    expect(answer.status).toBe(status);
    expect(told.length).toBeLessThan(12_000);
    expect(JSON.parse(told).errors?.length ?? 0).toBeLessThanOrEqual(20);
  });
});

describe("a callback_url of an address that may not be called", () => {
  let guarded: Harness;
  beforeAll(async () => {
    guarded = await startApi({ outbound_allow: ["10.20.0.0/16", "hooks.internal"] });
  });
  afterAll(() => guarded.stop());

  const submit = (callback_url: string) => guarded.ask("/api/v1/intake", post({ ...JOB, callback_url }));

  test.each([
    ["http://127.0.0.1:3000/hook", "127.0.0.1"],
    ["https://169.254.169.254/latest", "169.254.169.254"],
    ["https://[::1]/", "::1"],
    ["https://[::ffff:a00:1]/", "::ffff:a00:1"],
    ["https://10.21.0.1/", "10.21.0.1"],
  ])("is rejected: %s", async (url, address) => {
    const { status, body } = await submit(url);
    expect(status).toBe(422);
    expect(body.error).toBe("validation_failed");
    const message = `must be a public address: ${address} is not, and OUTBOUND_ALLOW does not list it`;
    expect(body.errors).toEqual([{ pointer: "/callback_url", message }]);
  });

  test.each(["https://1.1.1.1/", "http://10.20.255.255/", "https://hooks.internal/", "https://localhost/"])(
    "and no other is: %s",
    async (url) => expect((await submit(url)).status).toBe(202),
  );

  test.each([
    ["https://example.com/a/../b", "has the path segment .., which refers to another path; write that path"],
    ["https://example.com/%2e", "has the path segment %2e, which refers to another path; write that path"],
    ["https://example.com\\a", "has a backslash; write it as %5C, or as / where it separates"],
    ["http:example.com", "does not start with http:// or https:// and a host"],
    ["http:///example.com", "does not start with http:// or https:// and a host"],
    ["https://169.254.169.254./", "has a host that would be called as 169.254.169.254; write that name or address"],
    ["http://2130706433/", "has a host that would be called as 127.0.0.1; write that name or address"],
    ["http://10\u30020\u30020\u30021/", "has a host that would be called as 10.0.0.1; write that name or address"],
    ["https://[::ffff:10.0.0.1]/", "has a host that would be called as [::ffff:a00:1]; write that name or address"],
    ["https://example.com:0443/", "has a port that starts with 0; leave the 0 out"],
  ])("is rejected if it would not be called as written, with a hint how to fix it: %s", async (url, message) => {
    const { status, body } = await submit(url);
    expect([status, body.errors]).toEqual([422, [{ pointer: "/callback_url", message }]]);
  });

  test("is rejected in a schedule, too", async () => {
    const job = { ...JOB, callback_url: "http://192.168.1.1/" };
    const { status, body } = await guarded.ask("/api/v1/schedules", post({ name: "n", cron: "@daily", job }));
    expect([status, body.errors[0].pointer]).toEqual([422, "/job/callback_url"]);
  });
});

describe("an accepted job", () => {
  test("gets 202 with its id, its status and its position", async () => {
    const answer = await intake(JOB);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ job_id: expect.stringMatching(UUID_V7), status: "queued" });
    expect(answer.headers.get("content-type")).toBe("application/json");
    const event = await firstEvent(answer.body.job_id);
    expect(answer.headers.get("levqor-position")).toBe(String(event?.position));
  });

  test("is recorded byte for byte as it was sent", async () => {
    const text =
      ' {\n\t"payload": {"n": 1.0, "big": 12345678901234567890, "\\u00e9": "\\ud800 \\u0000 😀"},\r\n "workflow": "http"} ';
    const { body } = await intake(text);
    const event = await firstEvent(body.job_id);
    expect(event?.data_json).toBe(text);
    expect(event?.type).toBe("job.submitted");
  });

  test("has its actor, its request and itself in the event's metadata", async () => {
    const { body } = await intake(JOB, { "x-request-id": "req-1" });
    const event = await firstEvent(body.job_id);
    expect(JSON.parse(event?.meta_json ?? "")).toEqual({
      actor: "anonymous",
      correlation_id: body.job_id,
      request_id: "req-1",
    });
  });

  test("may have a byte order mark, a charset, or be +json", async () => {
    const marked = await intake(`\ufeff${JSON.stringify(JOB)}`);
    expect(marked.status).toBe(202);
    expect((await firstEvent(marked.body.job_id))?.data_json).toBe(JSON.stringify(JOB));
    for (const type of [
      "application/json; charset=utf-8",
      'Application/JSON;charset="UTF-8"',
      "application/json; charset=utf8",
      'application/json; charset=""; x=y',
      "application/json;charset=",
      "text/json",
      "application/vnd.levqor+json",
    ]) {
      expect((await intake(JOB, { "content-type": type })).status).toBe(202);
    }
  });
});

describe("a rejected job", () => {
  const cases: [string, unknown, number, string][] = [
    ["is not an object", [], 422, "validation_failed"],
    ["is null", "null", 422, "validation_failed"],
    ["lacks its payload", { workflow: "http" }, 422, "validation_failed"],
    ["has an unknown key", { ...JOB, extra: 1 }, 422, "validation_failed"],
    ["has a key of Object's", { ...JOB, constructor: 1 }, 422, "validation_failed"],
    ["is not JSON", "{", 400, "malformed_json"],
    ["is empty", "", 400, "malformed_json"],
    ["repeats a key", '{"workflow":"a","workflow":"b","payload":{}}', 400, "duplicate_key"],
    ["repeats a key within its payload", '{"workflow":"a","payload":{"x":{"k":1,"k":2}}}', 400, "duplicate_key"],
    [
      "nests too deeply",
      `{"workflow":"a","payload":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
      400,
      "json_too_deep",
    ],
  ];
  test.each(cases)("%s", async (_name, body, status, error) => {
    const head = await api.log.head();
    const answer = await intake(body);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await api.log.head()).toBe(head);
  });

  test("is not UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from('{"workflow":"a'), Buffer.from([0xff]), Buffer.from('","payload":{}}')]);
    const answer = await api.ask("/api/v1/intake", { ...post(""), body: bytes });
    expect([answer.status, answer.body.error]).toEqual([400, "malformed_json"]);
  });

  test("has another content type, or none", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=latin1",
      "application/jsonp",
    ]) {
      const answer = await intake(JOB, { "content-type": type });
      expect([answer.status, answer.body.error]).toEqual([415, "unsupported_media_type"]);
    }
    for (const charset of ["latin1", '"utf-16"', "nobody-knows"]) {
      const { body } = await intake(JOB, { "content-type": `application/json; charset=${charset}` });
      expect(body.detail).toContain(`The charset ${JSON.stringify(charset.replaceAll('"', ""))} is not UTF-8`);
    }
    const body = new Blob([JSON.stringify(JOB)]);
    expect((await api.ask("/api/v1/intake", { method: "POST", body })).status).toBe(415);
  });

  test("is compressed, whether it says so truthfully or not; identity means nothing", async () => {
    for (const coding of ["gzip", "br", "gzip, identity"]) {
      const answer = await intake(JOB, { "content-encoding": coding });
      expect([answer.status, answer.body.error]).toEqual([415, "unsupported_media_type"]);
      expect(answer.body.detail).toContain(JSON.stringify(coding));
      expect(answer.headers.get("accept-encoding")).toBe("identity");
    }
    expect((await intake(JOB, { "content-encoding": "identity" })).status).toBe(202);
  });
});

describe("sizes", () => {
  /** A body of exactly `bytes` bytes, whose payload is small. */
  const padded = (bytes: number) => {
    const text = JSON.stringify(JOB);
    return text + " ".repeat(bytes - text.length);
  };
  /** A job whose payload is exactly `bytes` bytes of JSON. */
  const withPayload = (bytes: number, filler = "x") => {
    const payload = { s: filler.repeat((bytes - 8) / Buffer.byteLength(filler)) };
    expect(Buffer.byteLength(JSON.stringify(payload))).toBe(bytes);
    return { workflow: "http", payload };
  };

  test("a body of 512 KB is accepted, one byte more is not", async () => {
    expect((await intake(padded(524_288))).status).toBe(202);
    const answer = await intake(padded(524_289));
    expect([answer.status, answer.body.error]).toEqual([413, "body_too_large"]);
  });

  test("the same without a declared length", async () => {
    const chunked = (text: string) =>
      api.ask("/api/v1/intake", {
        ...post(""),
        body: new ReadableStream({
          start(controller) {
            for (let i = 0; i < text.length; i += 65_536) controller.enqueue(Buffer.from(text.slice(i, i + 65_536)));
            controller.close();
          },
        }),
      });
    expect((await chunked(padded(524_288))).status).toBe(202);
    const answer = await chunked(padded(524_289));
    expect([answer.status, answer.body.error]).toEqual([413, "body_too_large"]);
  });

  test("a body far beyond the limit gets a problem document, too", async () => {
    const answer = await intake(padded(8_000_000));
    expect([answer.status, answer.body.error]).toEqual([413, "body_too_large"]);
  });

  test("a payload of 200 KB is accepted, one byte more is not", async () => {
    expect((await intake(withPayload(204_800))).status).toBe(202);
    const answer = await intake(withPayload(204_801));
    expect([answer.status, answer.body.error]).toEqual([413, "payload_too_large"]);
    expect(answer.body.errors[0].pointer).toBe("/payload");
  });

  test("a payload is measured in bytes of UTF-8, not in characters, and without white space", async () => {
    expect((await intake(withPayload(204_800, "é"))).status).toBe(202);
    expect((await intake(withPayload(204_802, "é"))).status).toBe(413);
    expect((await intake(JSON.stringify(withPayload(204_800), null, 4))).status).toBe(202);
  });

  test("numbers that grow when serialised again count at their new length", async () => {
    const text = `{"workflow":"a","payload":{"n":[${Array(10_000).fill("1e20").join(",")}]}}`;
    expect(text.length).toBeLessThan(60_000);
    expect((await intake(text)).status).toBe(413);
  });
});

describe("Idempotency-Key", () => {
  const keyed = (key: string, body: unknown = JOB) => intake(body, { "idempotency-key": key });

  test("the same key and body return the first response again, and one job", async () => {
    const first = await keyed("k-1");
    const head = await api.log.head();
    const second = await keyed("k-1");
    expect(first.body.job_id).toMatch(UUID_V8);
    expect(second.status).toBe(202);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("levqor-position")).toBe(first.headers.get("levqor-position"));
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(await api.log.head()).toBe(head);
  });

  test("the response is the first one even if the job has finished since", async () => {
    const first = await keyed("k-ended");
    await api.ask(`/api/v1/_dev/complete/${first.body.job_id}`, post({ result: {} }));
    expect((await keyed("k-ended")).text).toBe(first.text);
  });

  test("the same body may be written differently: order of keys, white space, escapes", async () => {
    const first = await keyed("k-words", '{"workflow":"http","payload":{"a":1,"b":"é"}}');
    const second = await keyed("k-words", ' {"payload": {"b": "\\u00e9", "a": 1.0}, "workflow": "http"}');
    expect(second.body).toEqual(first.body);
  });

  test("another body is rejected", async () => {
    await keyed("k-2");
    for (const body of [
      { ...JOB, payload: { a: 2 } },
      { ...JOB, priority: "high" },
    ]) {
      const answer = await keyed("k-2", body);
      expect([answer.status, answer.body.error]).toEqual([422, "idempotency_key_reused"]);
    }
  });

  test("quotes around the key do not count", async () => {
    const first = await keyed("k-3");
    expect((await keyed('"k-3"')).body).toEqual(first.body);
  });

  test("of many at once, one is the first", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => keyed("k-race")));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get("idempotency-replayed") === null)).toHaveLength(1);
  });

  test("a key has 1 to 255 visible ASCII characters", async () => {
    expect((await keyed("x".repeat(255))).status).toBe(202);
    for (const key of ["", '""', "x".repeat(256), "a b", "é"]) {
      const answer = await keyed(key);
      expect([answer.status, answer.body.error]).toEqual([400, "invalid_idempotency_key"]);
    }
  });
});
