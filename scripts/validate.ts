/**
 * Checks every endpoint of a running service, as an external client:
 *
 *     bun run validate [BASE_URL]      (http://127.0.0.1:5000 by default)
 *
 * `API_KEY` in the environment is sent as `X-Api-Key`. Ends with exit code 0 when all checks passed, else 1.
 * The key needs all scopes, as those in API_KEYS have. It leaves a revoked key behind, the pipeline `levqor-validate`, and
 * a few small `http` jobs, which ask the service for its own `/health`.
 */
import process from "node:process";

const DEFAULT_URL = "http://127.0.0.1:5000";
/** How long one request, and how long a job's end, is waited for. */
const REQUEST_TIMEOUT_MS = 10_000;
const JOB_TIMEOUT_MS = 20_000;
/** What a rate limit's window can ask for at most. */
const RETRY_AFTER_MAX_S = 70;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NO_JOB = "00000000-0000-7000-8000-000000000000";

// an external client knows no types: what it meets is checked piece by piece.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit;
  /** False: without the key. */
  readonly key?: boolean;
}

interface Frame {
  readonly id: number;
  readonly event: string;
  readonly data: Json;
}

class Failure extends Error {}

/** Fails the check that runs unless `condition` holds; `expected` completes "expected …". */
function expect(condition: boolean, expected: string, found?: unknown): asserts condition {
  if (condition) return;
  const shown = found === undefined ? "" : `, found ${(JSON.stringify(found) ?? String(found)).slice(0, 300)}`;
  throw new Failure(`expected ${expected}${shown}`);
}

/** Sends a request; where a rate limit refuses it, again when the limit says. */
async function withinLimits(send: () => Promise<Response>): Promise<Response> {
  while (true) {
    const response = await send();
    const limit = response.headers.get("ratelimit");
    if (response.status !== 429 || !limit?.includes(";r=0;")) return response;
    const seconds = Number(response.headers.get("retry-after"));
    expect(seconds > 0 && seconds <= RETRY_AFTER_MAX_S, "Retry-After with a 429", response.headers.get("retry-after"));
    console.log(`  (a rate limit holds, ${limit}: going on in ${seconds} s)`);
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

class Client {
  readonly #key: string | undefined;

  constructor(
    readonly base_url: string,
    key: string | undefined,
  ) {
    this.#key = key;
  }

  async ask(path: string, { key = true, headers = {}, ...init }: Ask = {}): Promise<Answer> {
    const response = await withinLimits(() =>
      fetch(this.base_url + path, {
        ...init,
        headers: this.#headers(headers, key),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        redirect: "manual",
      }),
    );
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "") && text !== "";
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  post(path: string, body: unknown, { headers = {}, ...ask }: Ask = {}): Promise<Answer> {
    return this.ask(path, {
      ...ask,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    });
  }

  /** Reads a stream of events until `enough` is content with them. */
  async stream(
    path: string,
    enough: (frames: readonly Frame[]) => boolean,
    options: StreamOptions = {},
  ): Promise<Frame[]> {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frames: Frame[] = [];
    let connected = false;
    try {
      const response = await withinLimits(() => {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), JOB_TIMEOUT_MS);
        return fetch(this.base_url + path, {
          headers: this.#headers(options.headers ?? {}, true),
          signal: stop.signal,
        });
      });
      expect(response.status === 200, "status 200", response.status);
      const type = response.headers.get("content-type") ?? "";
      expect(type.startsWith("text/event-stream"), "Content-Type text/event-stream", type);
      let partial = "";
      for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        if (!connected) await options.onConnected?.();
        connected = true;
        const blocks = (partial + text).split("\n\n");
        partial = blocks.pop() ?? "";
        frames.push(...blocks.flatMap(parseFrame));
        if (enough(frames)) return frames;
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    const seen = frames.map((frame) => frame.event).join(", ") || "none";
    throw new Failure(`expected more events of ${path} within ${JOB_TIMEOUT_MS / 1000} s; seen: ${seen}`);
  }

  /** Sends messages over a WebSocket, with the key as a browser would send it, until `enough` is content. */
  async socket(messages: readonly unknown[], enough: (answers: readonly Json[]) => boolean): Promise<Json[]> {
    const key = this.#key && `levqor.key.${Buffer.from(this.#key).toString("base64url")}`;
    const address = new URL("/api/v1/jobs/ws", this.base_url.replace(/^http/, "ws"));
    const socket = new WebSocket(address, key ? ["levqor.v1", key] : ["levqor.v1"]);
    const answers: Json[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<Json[]>();
    const seen = () => answers.map((answer) => answer.type).join(", ") || "nothing";
    const fail = (how: string) => reject(new Failure(`expected more of the WebSocket ${how}; seen: ${seen()}`));
    const timer = setTimeout(() => fail(`within ${JOB_TIMEOUT_MS / 1000} s`), JOB_TIMEOUT_MS);
    socket.onopen = () => messages.forEach((message) => void socket.send(JSON.stringify(message)));
    socket.onmessage = ({ data }) => {
      answers.push(JSON.parse(data as string));
      if (enough(answers)) resolve(answers);
    };
    socket.onclose = ({ code }) => fail(`before its end with ${code}`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      socket.close();
    }
  }

  /** Waits until a schedule has fired so often; gives the data of its firings. */
  async firings(schedule: string, count: number): Promise<Json[]> {
    for (const deadline = Date.now() + JOB_TIMEOUT_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const { body } = await this.ask(`${schedule}/events?limit=100`);
      const fired = body.data.flatMap((event: Json) => (event.type === "schedule.fired" ? [event.data] : []));
      if (fired.length >= count) return fired;
      expect(Date.now() < deadline, `${count} firings within ${JOB_TIMEOUT_MS / 1000} s`, fired.length);
    }
  }

  #headers(headers: Record<string, string>, withKey: boolean): Record<string, string> {
    return withKey && this.#key !== undefined ? { "x-api-key": this.#key, ...headers } : headers;
  }
}

interface StreamOptions {
  readonly headers?: Record<string, string>;
  /** Called once when the stream is open. */
  readonly onConnected?: () => Promise<unknown>;
}

function parseFrame(block: string): Frame[] {
  const fields = new Map(
    block.split("\n").map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
  const id = fields.get("id");
  if (id === undefined) return [];
  return [{ id: Number(id), event: fields.get("event") ?? "", data: JSON.parse(fields.get("data") ?? "null") }];
}

function expectProblem(answer: Answer, status: number, error: string): void {
  expect(answer.status === status, `status ${status}`, answer.status);
  const type = answer.headers.get("content-type");
  expect(type === "application/problem+json", "Content-Type application/problem+json", type);
  expect(answer.body.error === error && answer.body.status === status, `the problem ${error}`, answer.body);
  for (const member of ["type", "title", "detail", "instance"]) {
    expect(typeof answer.body[member] === "string", `the problem's member ${member}`, answer.body);
  }
}

function expectStatus(answer: Answer, status: number): void {
  expect(answer.status === status, `status ${status}`, [answer.status, answer.body ?? answer.text]);
}

interface Checks {
  /** Runs a check and prints what came of it. */
  check(name: string, body: () => Promise<void>): Promise<void>;
  readonly failed: readonly string[];
  readonly count: number;
}

function startChecks(): Checks {
  const failed: string[] = [];
  let count = 0;
  return {
    failed,
    get count() {
      return count;
    },
    async check(name, body) {
      count++;
      try {
        await body();
        console.log(`✓ ${name}`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failed.push(`${name}: ${reason}`);
        console.log(`✗ ${name}: ${reason}`);
      }
    },
  };
}

async function checkService(client: Client, { check }: Checks): Promise<void> {
  await check("GET / names the service, its version and build", async () => {
    const answer = await client.ask("/", { key: false });
    expectStatus(answer, 200);
    const { ok, service, version, build } = answer.body;
    expect(ok === true && service === "levqor-backend", "the service levqor-backend", answer.body);
    expect(/^\d+\.\d+\.\d+/.test(version) && typeof build === "string", "a version and a build", answer.body);
  });
  await check("GET /health gives the time in Unix seconds", async () => {
    const answer = await client.ask("/health", { key: false });
    expectStatus(answer, 200);
    const { ok, ts } = answer.body;
    expect(ok === true && Math.abs(Date.now() / 1000 - ts) < 300, "ok and about the present time", answer.body);
  });
  await check("GET /public/metrics gives figures within their bounds", async () => {
    const answer = await client.ask("/public/metrics", { key: false });
    expectStatus(answer, 200);
    const { uptime_rolling_7d, jobs_today, audit_coverage, last_updated } = answer.body;
    for (const percent of [uptime_rolling_7d, audit_coverage]) {
      expect(percent >= 0 && percent <= 100, "percentages from 0 to 100", answer.body);
    }
    expect(Number.isInteger(jobs_today) && jobs_today >= 0, "a number of jobs", answer.body);
    expect(last_updated === null || Number.isInteger(last_updated), "last_updated in Unix seconds", answer.body);
  });
  await check("GET /api/v1/marketing/summary gives texts and figures", async () => {
    const answer = await client.ask("/api/v1/marketing/summary", { key: false });
    expectStatus(answer, 200);
    const { headlines, calls_to_action, selling_points, figures } = answer.body;
    for (const texts of [headlines, calls_to_action, selling_points]) expect(texts.length > 0, "texts", answer.body);
    expect(figures.audit_coverage >= 0 && figures.audit_coverage <= 100, "a percentage", figures);
    const known = { headers: { "if-none-match": answer.headers.get("etag") ?? "" } };
    const again = await client.ask("/api/v1/marketing/summary", { key: false, ...known });
    expect(again.status === 304 || again.headers.get("etag") !== answer.headers.get("etag"), "304", again.status);
  });
  await check("X-Request-Id is given back, or made", async () => {
    const given = await client.ask("/health", { headers: { "x-request-id": "validate-1" } });
    expect(given.headers.get("x-request-id") === "validate-1", "the request id that was sent");
    const made = await client.ask("/health");
    expect((made.headers.get("x-request-id") ?? "") !== "", "a request id of the service's own");
  });
}

async function checkProblems(client: Client, { check }: Checks): Promise<void> {
  await check("an unknown path is 404, as a problem document whose type leads to its description", async () => {
    const answer = await client.ask("/api/v1/nowhere");
    expectProblem(answer, 404, "not_found");
    const description = await client.ask(answer.body.type);
    expectStatus(description, 200);
    expect(description.body.error === "not_found", "the description of not_found", description.body);
  });
  await check("a wrong method is 405 with Allow", async () => {
    const answer = await client.ask("/api/v1/intake");
    expectProblem(answer, 405, "method_not_allowed");
    expect(answer.headers.get("allow") === "OPTIONS, POST", "Allow: OPTIONS, POST", answer.headers.get("allow"));
  });
  await check("every answer has its security headers, an error's and a page's as well", async () => {
    for (const path of ["/health", "/api/v1/nowhere", "/docs", "/docs/swagger-ui.css"]) {
      const { headers } = await client.ask(path);
      const expected = {
        "strict-transport-security": /^max-age=31536000; includeSubDomains; preload$/,
        "content-security-policy": /^default-src 'none'; /,
        "cross-origin-opener-policy": /^same-origin$/,
        "cross-origin-embedder-policy": /^require-corp$/,
        "x-content-type-options": /^nosniff$/,
        "x-frame-options": /^DENY$/,
        "referrer-policy": /^strict-origin-when-cross-origin$/,
        "permissions-policy": /^geolocation=\(\), microphone=\(\)$/,
      };
      for (const [name, pattern] of Object.entries(expected)) {
        expect(pattern.test(headers.get(name) ?? ""), `${name} of ${path} as ${pattern}`, headers.get(name));
      }
    }
  });
  await check("OPTIONS names the methods; a preflight lets https://levqor.ai in, and no other origin", async () => {
    const options = await client.ask("/api/v1/intake", { method: "OPTIONS" });
    expectStatus(options, 204);
    expect(options.headers.get("allow") === "OPTIONS, POST", "Allow: OPTIONS, POST", options.headers.get("allow"));
    const preflight = async (origin: string) => {
      const headers = { origin, "access-control-request-method": "POST" };
      const answer = await client.ask("/api/v1/intake", { method: "OPTIONS", key: false, headers });
      expectStatus(answer, 204);
      return answer.headers.get("access-control-allow-origin");
    };
    const [own, other] = [await preflight("https://levqor.ai"), await preflight("https://levqor.invalid")];
    expect(own === "https://levqor.ai" && other === null, "leave for the web app alone", [own, other]);
  });
  await check("a URL that is too long is 414, headers that are too large 431", async () => {
    expectProblem(await client.ask(`/${"a".repeat(8_192)}`), 414, "uri_too_long");
    expectProblem(
      await client.ask("/health", { headers: { "x-large": "a".repeat(16_384) } }),
      431,
      "headers_too_large",
    );
  });
  await check("an unknown job is 404, an id that is none 400", async () => {
    expectProblem(await client.ask(`/api/v1/status/${NO_JOB}`), 404, "job_not_found");
    expectProblem(await client.ask(`/api/v1/jobs/${NO_JOB}/events`), 404, "job_not_found");
    expectProblem(await client.ask(`/api/v1/jobs/${NO_JOB}/stream`), 404, "job_not_found");
    expectProblem(await client.ask(`/api/v1/jobs/${NO_JOB}/callbacks`), 404, "job_not_found");
    for (const call of ["callbacks/redeliver", "cancel", "replay"]) {
      const path = `/api/v1/jobs/${NO_JOB}/${call}`;
      expectProblem(await client.ask(path, { method: "POST" }), 404, "job_not_found");
    }
    expectProblem(await client.ask("/api/v1/status/42"), 400, "invalid_job_id");
  });
}

async function checkKeys(client: Client, { check }: Checks): Promise<void> {
  const open = await client.ask("/api/v1/ops/health", { key: false });
  if (open.status !== 401) {
    await check("no key is configured (development mode): calls are taken without one", async () => {
      expect(open.status === 200 || open.status === 503, "status 200 or 503", open.status);
    });
    return;
  }
  await check("the key in API_KEY is taken", async () => {
    const { status } = await client.ask("/api/v1/ops/health");
    expect(status !== 401, "a key of the service in the variable API_KEY: API_KEY=… bun run validate", status);
  });
  await check("calls that need a key are refused without one, and with a wrong one", async () => {
    const job = JSON.stringify({ workflow: "http", payload: {} });
    expectProblem(await client.post("/api/v1/intake", job, { key: false }), 401, "unauthorized");
    for (const call of ["callbacks/redeliver", "cancel", "replay"]) {
      const path = `/api/v1/jobs/${NO_JOB}/${call}`;
      expectProblem(await client.ask(path, { method: "POST", key: false }), 401, "unauthorized");
    }
    for (const call of ["cancel", "replay"]) {
      expectProblem(await client.post(`/api/v1/jobs/${call}`, { filter: {} }, { key: false }), 401, "unauthorized");
    }
    expectProblem(await client.ask(`/api/v1/status/${NO_JOB}`, { key: false }), 401, "unauthorized");
    const claim = { worker: "validate", workflows: ["validate"], wait_seconds: 0 };
    expectProblem(await client.post("/api/v1/workers/claim", claim, { key: false }), 401, "unauthorized");
    for (const path of [
      "/api/v1/jobs",
      "/api/v1/jobs/stream",
      `/api/v1/jobs/${NO_JOB}/events`,
      `/api/v1/jobs/${NO_JOB}/callbacks`,
      "/api/v1/schedules",
      "/api/v1/workflows/limits",
      "/api/v1/ops/health",
      "/metrics",
    ]) {
      expectProblem(await client.ask(path, { key: false }), 401, "unauthorized");
      expectProblem(await client.ask(path, { headers: { "x-api-key": "wrong" } }), 401, "unauthorized");
    }
  });
}

async function checkIssuedKeys(client: Client, { check }: Checks): Promise<void> {
  const withKey = (key: string) => ({ key: false, headers: { "x-api-key": key } });
  const job = { workflow: "http", payload: {} };
  await check("POST /api/v1/keys issues a key that may do what its scopes say, until it is revoked", async () => {
    const made = await client.post("/api/v1/keys", { name: "levqor-validate", scopes: ["jobs:read"] });
    expectStatus(made, 201);
    const { key, key_id } = made.body;
    expect(/^lvq_(?:live|test)_[0-9A-Za-z]{38}$/.test(key), "a key");
    expectStatus(await client.ask("/api/v1/jobs?limit=1", withKey(key)), 200);
    expectProblem(await client.post("/api/v1/intake", job, withKey(key)), 403, "insufficient_scope");
    const found = await client.ask(`/api/v1/keys/${key_id}`);
    expectStatus(found, 200);
    expect(found.body.status === "active" && !("key" in found.body), "what it may do, without the key");
    const headers = { "levqor-min-position": made.headers.get("levqor-position") ?? "0" };
    const list = await client.ask("/api/v1/keys", { headers });
    expect(
      list.body.data.some((each: Json) => each.key_id === key_id),
      "the key in the list",
    );
    const rotated = await client.post(`/api/v1/keys/${key_id}/rotate`, { overlap_seconds: 60 });
    expectStatus(rotated, 200);
    for (const secret of [key, rotated.body.key]) {
      expectStatus(await client.ask("/api/v1/jobs?limit=1", withKey(secret)), 200);
    }
    expectStatus(await client.post(`/api/v1/keys/${key_id}/revoke`, { reason: "It was for a check." }), 200);
    const revoked = performance.now();
    for (let taken = true; taken; ) {
      taken = (await client.ask("/api/v1/jobs?limit=1", withKey(rotated.body.key))).status !== 401;
      expect(performance.now() - revoked < JOB_TIMEOUT_MS, "the revoked key to be refused");
    }
  });
  await check("a key that makes no sense is 422, one that there is not 404, an id that is none 400", async () => {
    expectProblem(await client.post("/api/v1/keys", { name: "x", scopes: ["all"] }), 422, "validation_failed");
    expectProblem(await client.ask(`/api/v1/keys/${NO_JOB}`), 404, "key_not_found");
    for (const call of ["rotate", "revoke"]) {
      expectProblem(await client.post(`/api/v1/keys/${NO_JOB}/${call}`, {}), 404, "key_not_found");
    }
    expectProblem(await client.ask("/api/v1/keys/42"), 400, "invalid_key_id");
  });
}

async function checkIntake(client: Client, { check }: Checks, job: object): Promise<void> {
  const intake = (body: unknown, headers: Record<string, string> = {}) =>
    client.post("/api/v1/intake", body, { headers });
  const payloadOf = (bytes: number) => JSON.stringify({ ...job, payload: { s: "x".repeat(bytes - 8) } });

  await check("POST /api/v1/intake answers 202, and the status is there at once", async () => {
    const answer = await intake(job);
    expectStatus(answer, 202);
    const { job_id, status } = answer.body;
    expect(UUID.test(job_id) && status === "queued", "a job id and the status queued", answer.body);
    expect(Number(answer.headers.get("levqor-position")) > 0, "a Levqor-Position");
    const found = await client.ask(`/api/v1/status/${job_id}`);
    expectStatus(found, 200);
    expect(found.body.job_id === job_id && Number.isInteger(found.body.created_at), "the job's status", found.body);
    expect("result" in found.body && "error" in found.body, "result and error", found.body);
  });
  await check("a body that is not JSON, not UTF-8, or repeats a key is 400", async () => {
    expectProblem(await intake('{"workflow":'), 400, "malformed_json");
    expectProblem(await intake(new Uint8Array([0x22, 0xff, 0x22])), 400, "malformed_json");
    expectProblem(await intake('{"workflow":"a","workflow":"b","payload":{}}'), 400, "duplicate_key");
    expectProblem(await intake("[".repeat(10_000) + "]".repeat(10_000)), 400, "json_too_deep");
  });
  await check("another content type is 415", async () => {
    expectProblem(await intake(job, { "content-type": "text/plain" }), 415, "unsupported_media_type");
  });
  await check("a body that does not fit is 422, and each fault is pointed at", async () => {
    const answer = await intake({ workflow: "", callback_url: "ftp://example.com", priority: "urgent", extra: 1 });
    expectProblem(answer, 422, "validation_failed");
    const pointers = answer.body.errors.map((error: Json) => error.pointer).sort();
    const wanted = ["/callback_url", "/extra", "/payload", "/priority", "/workflow"];
    expect(pointers.join() === wanted.join(), `errors at ${wanted.join(", ")}`, pointers);
  });
  await check("a payload over 200 KB, and a body over 512 KB, are 413", async () => {
    expectProblem(await intake(payloadOf(204_801)), 413, "payload_too_large");
    expectProblem(await intake(JSON.stringify(job) + " ".repeat(524_288)), 413, "body_too_large");
  });
  await check("Idempotency-Key gives the first answer again, and refuses another body", async () => {
    const key = { "idempotency-key": `validate-${crypto.randomUUID()}` };
    const first = await intake(job, key);
    const again = await intake(job, key);
    expectStatus(first, 202);
    expectStatus(again, 202);
    expect(again.text === first.text, "the first answer", again.body);
    expect(again.headers.get("idempotency-replayed") === "true", "Idempotency-Replayed: true");
    expectProblem(await intake({ ...job, priority: "low" }, key), 422, "idempotency_key_reused");
    expectProblem(await intake(job, { "idempotency-key": "x".repeat(256) }), 400, "invalid_idempotency_key");
  });
}

async function checkControl(client: Client, { check }: Checks, job: object): Promise<void> {
  const run_at = new Date(Date.now() + 3_600_000).toISOString();
  let [job_id, replay_id] = [NO_JOB, NO_JOB];
  await check("a job with run_at waits, and its status says for what and until when", async () => {
    const answer = await client.post("/api/v1/intake", { ...job, run_at });
    expectStatus(answer, 202);
    job_id = answer.body.job_id;
    const { body } = await client.ask(`/api/v1/status/${job_id}`);
    const { reason, until } = body.waiting_for ?? {};
    expect(body.status === "queued" && reason === "run_at" && until === run_at, `run_at, ${run_at}`, body);
  });
  await check("cancelling ends it, and is answered alike again", async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await client.ask(`/api/v1/jobs/${job_id}/cancel`, { method: "POST" });
      expectStatus(answer, 200);
      expect(answer.body.status === "cancelled", "the status cancelled", answer.body);
    }
    const { body } = await client.ask(`/api/v1/status/${job_id}`);
    expect(body.status === "cancelled", "the status cancelled", body);
  });
  await check("replaying it makes one new job for a key, which names its origin", async () => {
    const headers = { "idempotency-key": `validate-${crypto.randomUUID()}` };
    const ask = () => client.ask(`/api/v1/jobs/${job_id}/replay`, { method: "POST", headers });
    const [first, again] = [await ask(), await ask()];
    expectStatus(first, 202);
    expect(first.body.job_id === again.body.job_id, "the first answer", again.body);
    const { body } = await client.ask(`/api/v1/status/${first.body.job_id}`);
    expect(body.origin_job_id === job_id, `origin_job_id ${job_id}`, body);
    replay_id = first.body.job_id;
    expectStatus(await client.ask(`/api/v1/jobs/${replay_id}/cancel`, { method: "POST" }), 200);
    expectProblem(await client.post(`/api/v1/jobs/${NO_JOB}/replay`, { other: 1 }), 422, "validation_failed");
  });
  await check("a bulk operation counts in a dry run, and does nothing twice for a key", async () => {
    const body = { filter: { origin_job_id: job_id, status: "cancelled" } };
    const lines = ({ text }: Answer): Json[] =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    const counted = await client.post("/api/v1/jobs/replay", { ...body, dry_run: true });
    expectStatus(counted, 200);
    expect(lines(counted)[0]?.matched === 1, "1 job that was counted", counted.text);
    const headers = { "idempotency-key": `validate-${crypto.randomUUID()}` };
    for (let i = 0; i < 2; i++) {
      const last = lines(await client.post("/api/v1/jobs/replay", body, { headers })).at(-1);
      expect(last?.type === "finished" && last.changed === 1, "1 job that was run again", last);
    }
    const cancelled = await client.post("/api/v1/jobs/cancel", { filter: { origin_job_id: replay_id } });
    expect(lines(cancelled).at(-1)?.changed === 1, "1 job that was cancelled", cancelled.text);
    expectProblem(await client.post("/api/v1/jobs/cancel", { filter: {} }), 422, "validation_failed");
  });
}

async function checkSteps(client: Client, { check }: Checks): Promise<void> {
  const name = "levqor-validate";
  const definition = {
    format: 1,
    description: "Stored by validate.",
    steps: [
      { id: "ask", wait_for_approval: { message: "Is {{ payload.n }} right?" } },
      { id: "nap", if: "{{ steps.ask.output.approved }}", sleep: { seconds: 0 } },
    ],
  };
  let job_id = NO_JOB;
  const reaches = async (id: string, wanted: (status: Json) => boolean, what: string) => {
    for (const deadline = Date.now() + JOB_TIMEOUT_MS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const { body } = await client.ask(`/api/v1/status/${id}`);
      if (wanted(body)) return;
      expect(Date.now() < deadline, what, body);
    }
  };
  const put = (body: object, headers: Record<string, string>) =>
    client.ask(`/api/v1/pipelines/${name}`, {
      method: "PUT",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  await check("a pipeline is stored once, read with its version, and changed from that version only", async () => {
    const stored = await client.post("/api/v1/pipelines", { name, ...definition });
    if (stored.status !== 201) expectProblem(stored, 409, "pipeline_exists");
    const read = await client.ask(`/api/v1/pipelines/${name}`);
    expectStatus(read, 200);
    expect(read.headers.get("etag") === `"${read.body.version}"`, "the version as ETag", read.headers.get("etag"));
    expectStatus(await client.ask(`/api/v1/pipelines/${name}/versions/1`), 200);
    expectProblem(await put(definition, {}), 428, "precondition_required");
    expectProblem(await put(definition, { "if-match": '"999999999"' }), 412, "version_mismatch");
    expectStatus(await client.ask("/api/v1/pipelines?limit=1"), 200);
    expectProblem(await client.ask("/api/v1/pipelines/none-of-this-name"), 404, "pipeline_not_found");
  });
  await check("steps that cannot be run are 422, and each fault is pointed at", async () => {
    const steps = [{ id: "a", if: "{{ steps.b.output }}", sleep: {} }, { id: "b" }];
    const answer = await client.post("/api/v1/intake", { workflow: "validate", payload: {}, steps });
    expectProblem(answer, 422, "validation_failed");
    const pointers = answer.body.errors.map((error: Json) => error.pointer).sort();
    expect(pointers.join() === "/steps/0/if,/steps/0/sleep,/steps/1", "errors at each of them", pointers);
  });
  await check("a job of several steps waits for approval, and goes on when it is given", async () => {
    const { steps } = definition;
    const answer = await client.post("/api/v1/intake", { workflow: "validate", payload: { n: 7 }, steps });
    expectStatus(answer, 202);
    job_id = answer.body.job_id;
    await reaches(job_id, ({ waiting_for }) => waiting_for?.reason === "approval", "the job to wait for approval");
    const before = await client.ask(`/api/v1/jobs/${job_id}/steps`);
    expect(before.body.data[0].message === "Is 7 right?", "the message with its value", before.body);
    const decision = { step: "ask", approved: true };
    expectStatus(await client.post(`/api/v1/jobs/${job_id}/approve`, decision), 200);
    await reaches(job_id, ({ status }) => status === "succeeded", "the job to succeed");
    expectProblem(
      await client.post(`/api/v1/jobs/${job_id}/approve`, { ...decision, approved: false }),
      409,
      "already_decided",
    );
  });
  await check("it runs again from a step, with what is on record of those before it", async () => {
    const answer = await client.post(`/api/v1/jobs/${job_id}/replay`, { from_step: "nap" });
    expectStatus(answer, 202);
    await reaches(answer.body.job_id, ({ status }) => status === "succeeded", "the job to succeed");
    const { body } = await client.ask(`/api/v1/jobs/${answer.body.job_id}/steps`);
    expect(body.data[0].output.approved === true, "the approval that was reused", body.data[0]);
    const nowhere = await client.post(`/api/v1/jobs/${job_id}/replay`, { from_step: "nowhere" });
    expectProblem(nowhere, 422, "validation_failed");
  });
}

async function checkJob(client: Client, { check }: Checks, job: object): Promise<void> {
  let job_id = NO_JOB;
  let position = 0;
  let history: Frame[] = [];

  await check("an http job runs to its end, and its stream shows every step live", async () => {
    const answer = await client.post("/api/v1/intake", job);
    expectStatus(answer, 202);
    job_id = answer.body.job_id;
    position = Number(answer.headers.get("levqor-position"));
    const ended = (frames: readonly Frame[]) => ["job.succeeded", "job.failed"].includes(frames.at(-1)?.event ?? "");
    history = await client.stream(`/api/v1/jobs/${job_id}/stream`, ended);
    const events = history.map((frame) => frame.event);
    expect(events[0] === "job.submitted" && events.includes("job.started"), "job.submitted, job.started", events);
    const versions = history.map((frame) => frame.data.version);
    expect(
      versions.every((version, i) => version === i + 1),
      "versions 1, 2, 3 …",
      versions,
    );
    expect(history[0]?.id === position, `the first event at position ${position}`, history[0]?.id);
    const { body } = await client.ask(`/api/v1/status/${job_id}`);
    // A service that may call public addresses only cannot call itself under another.
    if (["address_refused", "connection_failed"].includes(body.error?.code)) return;
    expect(body.status === "succeeded" && body.error === null, "the job to succeed", body);
    expect(
      body.result.status === 200 && body.result.body.ok === true,
      "the answer of /health as its result",
      body.result,
    );
  });
  await check("a stream resumes after Last-Event-ID with no gap and no repeat", async () => {
    const [first, ...others] = history;
    expect(first !== undefined && others.length > 0, "a history to resume in");
    const resumed = await client.stream(`/api/v1/jobs/${job_id}/stream`, (frames) => frames.length >= others.length, {
      headers: { "last-event-id": String(first.id) },
    });
    const ids = (frames: readonly Frame[]) => frames.map((frame) => frame.id).join();
    expect(ids(resumed.slice(0, others.length)) === ids(others), `events ${ids(others)}`, ids(resumed));
    expectProblem(
      await client.ask(`/api/v1/jobs/${job_id}/stream`, { headers: { "last-event-id": "x" } }),
      400,
      "invalid_cursor",
    );
  });
  await check("a WebSocket shows what the stream shows, and takes no harm from a bad message", async () => {
    const messages = [
      { type: "nonsense" },
      { type: "subscribe", id: "mine", job_id },
      { type: "subscribe", id: "mine" },
    ];
    const events = (answers: readonly Json[]) => answers.filter((answer) => answer.type === "event");
    const errors = (answers: readonly Json[]) => answers.filter((answer) => answer.type === "error");
    const answers = await client.socket(
      messages,
      (all) => events(all).length >= history.length && errors(all).length >= 2,
    );
    const shown = JSON.stringify(events(answers).map(({ event }) => event));
    expect(
      shown.startsWith(JSON.stringify(history.map(({ data }) => data)).slice(0, -1)),
      "the stream's events",
      shown,
    );
    const codes = errors(answers).map(({ problem }) => problem.error);
    expect(codes.join() === "validation_failed,validation_failed", "two times validation_failed", codes);
    expectProblem(await client.ask("/api/v1/jobs/ws"), 426, "upgrade_required");
  });
  await check("the stream of all jobs shows a new job", async () => {
    let submitted: string | undefined;
    await client.stream(
      "/api/v1/jobs/stream",
      (frames) => frames.some((frame) => frame.event === "job.submitted" && frame.data.job_id === submitted),
      {
        async onConnected() {
          submitted = (await client.post("/api/v1/intake", job)).body.job_id;
        },
      },
    );
  });
  await check("GET /api/v1/jobs/:job_id/events gives the history in pages", async () => {
    const all = await client.ask(`/api/v1/jobs/${job_id}/events?limit=100`);
    expectStatus(all, 200);
    const types = (events: Json[]) => events.map((event) => event.type).join();
    const streamed = history.map((frame) => frame.event).join();
    expect(types(all.body.data).startsWith(streamed), `events ${streamed}`, types(all.body.data));
    for (const event of all.body.data) {
      expect(event.meta.correlation_id === job_id && event.recorded_at.endsWith("Z"), "meta and time", event);
    }
    const first = (await client.ask(`/api/v1/jobs/${job_id}/events?limit=1`)).body;
    expect(first.data.length === 1 && first.has_more === true, "a page of one, and more", first);
    const next = (await client.ask(`/api/v1/jobs/${job_id}/events?limit=1&cursor=${first.next_cursor}`)).body;
    expect(next.data[0]?.version === 2, "version 2 on the second page", next);
  });
  await check("GET /api/v1/jobs lists the job to whoever names its position, filtered and in pages", async () => {
    const headers = { "levqor-min-position": String(position) };
    const list = async (query: string) => {
      const answer = await client.ask(`/api/v1/jobs?${query}`, { headers });
      expectStatus(answer, 200);
      return answer.body;
    };
    const { data } = await list("workflow=http&limit=100");
    expect(
      data.some((row: Json) => row.job_id === job_id),
      "the job in the list",
    );
    const page = await list("limit=1");
    expect(page.data.length === 1 && page.has_more === true, "a page of one, and more", page);
    const next = await list(`limit=1&cursor=${page.next_cursor}`);
    expect(next.data[0]?.job_id !== page.data[0].job_id, "another job on the next page", next);
    const none = await list("created_before=2001-01-01T00:00:00Z");
    expect(none.data.length === 0 && none.has_more === false && none.next_cursor === null, "an empty page", none);
    expectProblem(await client.ask("/api/v1/jobs?limit=101"), 422, "validation_failed");
    expectProblem(await client.ask("/api/v1/jobs?status=done"), 422, "validation_failed");
    expectProblem(await client.ask("/api/v1/jobs?cursor=abc"), 400, "invalid_cursor");
  });
}

async function checkSchedules(client: Client, { check }: Checks, job: object): Promise<void> {
  const schedules = "/api/v1/schedules";
  const name = `validate-${crypto.randomUUID()}`;

  await check(
    "a schedule of every second submits a job at each instant until it is paused, and is deleted",
    async () => {
      const created = await client.post(schedules, { name, cron: "* * * * * *", job });
      expectStatus(created, 201);
      const { schedule_id, status, next_run_at } = created.body;
      const one = `${schedules}/${schedule_id}`;
      try {
        expect(UUID.test(schedule_id) && status === "active", "an id and the status active", created.body);
        const firings = await client.firings(one, 2);
        expect(firings[0].instant === next_run_at, `the first firing at ${next_run_at}`, firings[0]);
        const apart = Date.parse(firings[1].instant) - Date.parse(firings[0].instant);
        expect(apart === 1000 && firings[0].job_id !== firings[1].job_id, "two jobs a second apart", firings);
        const ended = (frames: readonly Frame[]) =>
          ["job.succeeded", "job.failed"].includes(frames.at(-1)?.event ?? "");
        await client.stream(`/api/v1/jobs/${firings[0].job_id}/stream`, ended);
        const paused = await client.ask(`${one}/pause`, { method: "POST" });
        expectStatus(paused, 200);
        expect(paused.body.status === "paused" && paused.body.next_run_at === null, "it to be paused", paused.body);
        const shown = await client.ask(one);
        expectStatus(shown, 200);
        expect(
          shown.body.name === name && shown.body.runs >= 2 && shown.body.status === "paused",
          "it as it is",
          shown.body,
        );
        const listed = await client.ask(`${schedules}?status=paused&limit=100`);
        expectStatus(listed, 200);
        expect(
          listed.body.data.some((row: Json) => row.schedule_id === schedule_id),
          "it in the list",
        );
      } finally {
        expectStatus(await client.ask(one, { method: "DELETE" }), 200);
      }
      expectProblem(await client.ask(one), 404, "schedule_not_found");
    },
  );
  await check(
    "GET /api/v1/schedules/:schedule_id/next names the next runs in the schedule's own time zone",
    async () => {
      const created = await client.post(schedules, { name, cron: "30 9 1 1 *", time_zone: "Asia/Kathmandu", job });
      expectStatus(created, 201);
      const one = `${schedules}/${created.body.schedule_id}`;
      const next = await client.ask(`${one}/next?count=3`);
      expectStatus(await client.ask(`${one}/resume`, { method: "POST" }), 200);
      expectStatus(await client.ask(one, { method: "DELETE" }), 200);
      expectStatus(next, 200);
      const { data } = next.body;
      expect(data.length === 3 && data[0] === created.body.next_run_at, "three, the first one first", data);
      expect(
        data.every((time: string) => time.endsWith("-01-01T03:45:00.000Z")),
        "New Year's mornings in Nepal",
        data,
      );
    },
  );
  await check("a schedule is changed from the version that was read, and runs now when it is told to", async () => {
    const created = await client.post(schedules, { name, cron: "@yearly", job });
    expectStatus(created, 201);
    const one = `${schedules}/${created.body.schedule_id}`;
    const put = (tag: string | null, body: Json) =>
      client.ask(one, {
        method: "PUT",
        headers: { "content-type": "application/json", ...(tag !== null && { "if-match": tag }) },
        body: JSON.stringify(body),
      });
    try {
      const tag = (await client.ask(one)).headers.get("etag");
      expectProblem(await put(null, { name, cron: "@daily", job }), 428, "precondition_required");
      expectStatus(await put(tag, { name, cron: "@daily", job }), 200);
      expectProblem(await put(tag, { name, cron: "@weekly", job }), 412, "version_mismatch");
      const ran = await client.ask(`${one}/run`, { method: "POST" });
      expectStatus(ran, 202);
      const submitted = await client.ask(`/api/v1/status/${ran.body.job_id}`);
      expectStatus(submitted, 200);
    } finally {
      await client.ask(one, { method: "DELETE" });
    }
  });
  await check("an expression, a time zone or an id that is none is refused", async () => {
    for (const wrong of [{ cron: "61 * * * *" }, { time_zone: "Mars/Olympus" }]) {
      const answer = await client.post(schedules, { name, cron: "@daily", job, ...wrong });
      expectProblem(answer, 422, "validation_failed");
      expect(answer.body.errors[0].pointer === `/${Object.keys(wrong)[0]}`, "what is wrong", answer.body.errors);
    }
    expectProblem(await client.ask(`${schedules}/42`), 400, "invalid_schedule_id");
    expectProblem(await client.ask(`${schedules}/${NO_JOB}/events`), 404, "schedule_not_found");
  });
}

async function checkLimits(client: Client, { check }: Checks): Promise<void> {
  const put = (workflow: string, body: object) =>
    client.ask(`/api/v1/workflows/${workflow}/limits`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  await check("PUT, GET and the list of workflows' limits say the same; what does not fit is refused", async () => {
    const limits = { concurrency: 7, concurrency_per_key: 2, rate_per_key: { limit: 5, per_seconds: 60, burst: 1 } };
    const settled = await put("levqor-validate", limits);
    expectStatus(settled, 200);
    const { updated_at, ...shown } = settled.body;
    expect(Bun.deepEquals(shown, { workflow: "levqor-validate", ...limits }), "the limits that were put", shown);
    expect(typeof updated_at === "string", "the time of the settlement", updated_at);
    const read = await client.ask("/api/v1/workflows/levqor-validate/limits");
    expect(Bun.deepEquals(read.body, settled.body), "the same again", read.body);
    // Where nothing changed, nothing was recorded to wait for.
    const position = settled.headers.get("levqor-position");
    const headers: Record<string, string> = position === null ? {} : { "levqor-min-position": position };
    const list = await client.ask("/api/v1/workflows/limits?limit=100", { headers });
    expectStatus(list, 200);
    expect(list.body.has_more || list.body.data.some((row: Json) => row.workflow === "levqor-validate"), "it listed");
    expectStatus(await put("levqor-validate", {}), 200);
    expectProblem(await put("levqor-validate", { concurrency: 0 }), 422, "validation_failed");
  });

  await check("of two jobs with a concurrency key one runs, and the other says what it waits for", async () => {
    const workflow = `validate-${crypto.randomUUID()}`;
    const submit = async () =>
      (await client.post("/api/v1/intake", { workflow, payload: {}, concurrency_key: "one" })).body.job_id;
    const claim = async (wait_seconds: number) => {
      const wish = { worker: "validate", workflows: [workflow], max_jobs: 2, wait_seconds };
      return (await client.post("/api/v1/workers/claim", wish)).body.jobs;
    };
    const ids = [await submit(), await submit()];
    const jobs = await claim(9);
    expect(jobs.length === 1 && jobs[0].job_id === ids[0], "the first job alone", jobs);
    const { body } = await client.ask(`/api/v1/status/${ids[1]}`);
    const { reason, detail } = body.waiting_for;
    expect(reason === "concurrency_key" && detail.includes(ids[0]), "that it waits for the first", body.waiting_for);
    for (const [index, job] of [jobs[0], undefined].entries()) {
      const { job_id, attempt } = job ?? (await claim(9))[0];
      expect(job_id === ids[index], "the jobs in turn", job_id);
      expectStatus(await client.post("/api/v1/workers/complete", { job_id, attempt }), 200);
    }
  });
}

async function checkCallback(client: Client, { check }: Checks, job: object): Promise<void> {
  await check("a callback is attempted, each attempt is in its log, and it can be made again", async () => {
    // Nobody has this name (RFC 6761): no attempt can succeed, and each is on record.
    const callback = { ...job, callback_url: "http://levqor.invalid/" };
    const { job_id } = (await client.post("/api/v1/intake", callback)).body;
    const callbacks = `/api/v1/jobs/${job_id}/callbacks`;
    const attempts = ["job.callback_attempted", "job.callback_delivered", "job.callback_failed"];
    const attempted = (count: number) => (frames: readonly Frame[]) =>
      frames.filter((frame) => attempts.includes(frame.event)).length >= count;
    await client.stream(`/api/v1/jobs/${job_id}/stream`, attempted(1));
    const redelivery = await client.ask(`${callbacks}/redeliver`, { method: "POST" });
    expectStatus(redelivery, 202);
    expect(redelivery.body.job_id === job_id && redelivery.body.callback === "pending", "a callback", redelivery.body);
    await client.stream(`/api/v1/jobs/${job_id}/stream`, attempted(2));
    const log = await client.ask(callbacks);
    expectStatus(log, 200);
    const [first, ...others] = log.body.data;
    expect(first?.attempt === 1 && first.webhook_id === `msg_${job_id}`, "the first attempt", first);
    expect(typeof first.error?.code === "string", "why it failed", first);
    expect(
      others.some((entry: Json) => entry.outcome === "requested" && entry.actor !== ""),
      "the redelivery and who asked for it",
      others,
    );
    const { job_id: quiet } = (await client.post("/api/v1/intake", job)).body;
    const refused = await client.ask(`/api/v1/jobs/${quiet}/callbacks/redeliver`, { method: "POST" });
    expectProblem(refused, 409, "conflict");
  });
}

async function checkWorkers(client: Client, { check }: Checks): Promise<void> {
  const call = (action: string, body: object, ask: Ask = {}) => client.post(`/api/v1/workers/${action}`, body, ask);
  const workflow = `validate-${crypto.randomUUID()}`;
  const claim = { worker: "validate", workflows: [workflow], wait_seconds: 5 };
  const submit = async (): Promise<string> =>
    (await client.post("/api/v1/intake", { workflow, payload: { n: 1 } })).body.job_id;

  await check("an external worker claims a job, keeps it and completes it", async () => {
    const job_id = await submit();
    const { jobs } = (await call("claim", claim)).body;
    expect(jobs.length === 1 && jobs[0].job_id === job_id, "the job", jobs);
    expect(jobs[0].attempt === 1 && jobs[0].payload.n === 1, "its first attempt, and its payload", jobs[0]);
    const held = await call("heartbeat", { job_id, attempt: 1, lease_seconds: 60 });
    expectStatus(held, 200);
    expect(held.body.lease_expires_at > jobs[0].lease_expires_at, "a longer lease", held.body);
    const done = { job_id, attempt: 1, result: { by: "worker" } };
    expectStatus(await call("complete", done), 200);
    const again = await call("complete", done);
    expect(again.headers.get("idempotency-replayed") === "true", "Idempotency-Replayed: true");
    const { status, result } = (await client.ask(`/api/v1/status/${job_id}`)).body;
    expect(status === "succeeded" && result.by === "worker", "the job to have succeeded", [status, result]);
  });
  await check("a late answer of an external worker is 409, and says who holds the job now", async () => {
    const job_id = await submit();
    await call("claim", claim);
    expectStatus(await call("release", { job_id, attempt: 1 }), 200);
    await call("claim", { ...claim, worker: "validate-2" });
    const late = await call("complete", { job_id, attempt: 1 });
    expectProblem(late, 409, "attempt_superseded");
    expect(late.body.holder?.worker === "validate-2", "the holder validate-2", late.body);
    const error = { code: "given_up", message: "Only tried.", retryable: false };
    const failed = await call("fail", { job_id, attempt: 2, error });
    expect(failed.body.status === "failed", "the job to have failed", failed.body);
  });
  await check("a claim that finds nothing is answered with none; built-in workflows cannot be claimed", async () => {
    const none = await call("claim", { ...claim, wait_seconds: 0 });
    expectStatus(none, 200);
    expect(none.body.jobs.length === 0, "no job", none.body);
    expectProblem(await call("claim", { ...claim, workflows: ["http"] }), 422, "workflow_built_in");
    expectProblem(await call("claim", { worker: "validate", workflows: [] }), 422, "validation_failed");
  });
}

async function checkDevelopment(client: Client, { check }: Checks): Promise<void> {
  const path = `/api/v1/_dev/complete/${NO_JOB}`;
  const probe = await client.post(path, { result: {} });
  if (probe.body?.error === "not_found") {
    await check("POST /api/v1/_dev/complete/:job_id is not there in production", async () => {
      expectProblem(probe, 404, "not_found");
    });
    return;
  }
  await check("a job that nothing here runs waits, says why, and can be ended by hand", async () => {
    expectProblem(probe, 404, "job_not_found");
    const workflow = `validate-${crypto.randomUUID()}`;
    const { job_id } = (await client.post("/api/v1/intake", { workflow, payload: {} })).body;
    const waiting = (await client.ask(`/api/v1/status/${job_id}`)).body;
    expect(waiting.status === "queued" && waiting.waiting_for?.reason === "worker", "to wait for a worker", waiting);
    const done = await client.post(`/api/v1/_dev/complete/${job_id}`, { result: { by: "hand" } });
    expectStatus(done, 200);
    expect(done.body.ok === true, "ok", done.body);
    const ended = (await client.ask(`/api/v1/status/${job_id}`)).body;
    expect(ended.status === "succeeded" && ended.result.by === "hand", "the job to have succeeded", ended);
    expectProblem(await client.post(`/api/v1/_dev/complete/${job_id}`, { result: {} }), 409, "conflict");
  });
}

async function checkOperations(client: Client, { check }: Checks): Promise<void> {
  await check("GET /api/v1/ops/health tells that every part is well", async () => {
    const answer = await client.ask("/api/v1/ops/health");
    expectStatus(answer, 200);
    const { ok, database, bus, projections, schedules, queue } = answer.body;
    expect(ok === true && database.ok === true && bus.ok === true, "every part to be well", answer.body);
    expect(database.latency_ms >= 0 && bus.lag >= 0, "a latency and a relay lag", answer.body);
    const names = projections.map((projection: Json) => projection.name);
    expect(names.includes("jobs") && names.includes("metrics"), "the read models jobs and metrics", names);
    expect(schedules.ok === true && typeof schedules.leader === "string", "somebody who fires schedules", schedules);
    expect(queue.queued >= 0 && queue.running >= 0, "the queue's depth", queue);
  });

  await check("GET /metrics tells Prometheus of requests, commits and the queue", async () => {
    const answer = await client.ask("/metrics");
    expectStatus(answer, 200);
    expect(
      answer.headers.get("content-type")?.startsWith("text/plain; version=") === true,
      "text/plain",
      answer.headers,
    );
    const { text } = answer;
    for (const name of ["levqor_http_request_duration_seconds", "levqor_log_batch_events", "levqor_build_info"]) {
      expect(text.includes(`# TYPE ${name} `), name, text.slice(0, 200));
    }
    expect(!text.includes(NO_JOB), "no path in the labels", text.slice(0, 200));
  });
}

async function checkDocs(client: Client, { check }: Checks): Promise<void> {
  await check("GET /docs/json describes every call", async () => {
    const answer = await client.ask("/docs/json", { key: false });
    expectStatus(answer, 200);
    expect(String(answer.body.openapi).startsWith("3."), "OpenAPI 3", answer.body.openapi);
    const calls = {
      get: [
        "/",
        "/health",
        "/public/metrics",
        "/api/v1/status/{job_id}",
        "/api/v1/jobs",
        "/api/v1/jobs/{job_id}/callbacks",
        "/api/v1/jobs/{job_id}/events",
        "/api/v1/jobs/{job_id}/stream",
        "/api/v1/jobs/stream",
        "/api/v1/keys",
        "/api/v1/keys/{key_id}",
        "/api/v1/ops/health",
        "/api/v1/schedules",
        "/api/v1/schedules/{schedule_id}",
        "/api/v1/schedules/{schedule_id}/events",
        "/api/v1/schedules/{schedule_id}/next",
      ],
      delete: ["/api/v1/schedules/{schedule_id}"],
      post: [
        "/api/v1/intake",
        "/api/v1/jobs/{job_id}/callbacks/redeliver",
        "/api/v1/keys",
        "/api/v1/keys/{key_id}/rotate",
        "/api/v1/keys/{key_id}/revoke",
        "/api/v1/schedules",
        "/api/v1/workers/claim",
        "/api/v1/workers/heartbeat",
        "/api/v1/workers/complete",
        "/api/v1/workers/fail",
        "/api/v1/workers/release",
      ],
    };
    for (const [method, paths] of Object.entries(calls)) {
      for (const path of paths) {
        const call = answer.body.paths[path]?.[method];
        expect(call?.summary && call.responses, `${method.toUpperCase()} ${path} to be described`);
      }
    }
  });
  await check("GET /docs loads everything from the service itself", async () => {
    const page = await client.ask("/docs", { key: false });
    expectStatus(page, 200);
    const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1] as string);
    expect(
      addresses.some((address) => address.endsWith(".js")),
      "a script",
      addresses,
    );
    for (const address of addresses) {
      const url = new URL(address, `${client.base_url}/docs`);
      expect(url.origin === new URL(client.base_url).origin, "addresses of the service alone", address);
      expectStatus(await client.ask(url.pathname, { key: false }), 200);
    }
  });
}

async function checkPages(client: Client, { check }: Checks): Promise<void> {
  await check("every page of sitemap.xml is there, and /robots.txt leads to it", async () => {
    const robots = await client.ask("/robots.txt", { key: false });
    expect(/^Sitemap: https?:\/\/\S+\/sitemap\.xml$/m.test(robots.text), "the sitemap's address", robots.text);
    const sitemap = await client.ask("/sitemap.xml", { key: false });
    const addresses = [...sitemap.text.matchAll(/<loc>([^<]+)<\/loc>/g)].map((match) => new URL(match[1] as string));
    expect(addresses.length > 10, "more than ten pages", addresses.length);
    for (const { pathname } of addresses) expectStatus(await client.ask(pathname, { key: false }), 200);
  });
  await check("/.well-known/security.txt holds for months, and not for a year", async () => {
    const { text } = await client.ask("/.well-known/security.txt", { key: false });
    const days = (Date.parse(/^Expires: (\S+)$/m.exec(text)?.[1] ?? "") - Date.now()) / 86_400_000;
    expect(days > 90 && days < 365, "a time of expiry in months", text);
    expect(/^Contact: mailto:\S+@\S+$/m.test(text), "somebody to write to", text);
  });
  await check("legal texts and questions are at the addresses that are printed", async () => {
    const legal = ["privacy.html", "terms.html", "cookies.html", "privacy", "terms", "cookies"];
    for (const path of [...legal.map((name) => `/public/legal/${name}`), "/public/faq/index.html"]) {
      const page = await client.ask(path, { key: false });
      expectStatus(page, 200);
      expect(page.text.startsWith("<!doctype html>"), `a page at ${path}`, page.text);
    }
  });
  await check("where no page is, people get a page and programs a problem", async () => {
    const page = await client.ask("/public/nothing", { key: false, headers: { accept: "text/html" } });
    expect(page.status === 404 && page.text.startsWith("<!doctype html>"), "a page with 404", page.status);
    expectProblem(await client.ask("/public/nothing", { key: false }), 404, "not_found");
  });
}

/** Whether anything answers at all; says what to do if not. */
async function isReachable(client: Client): Promise<boolean> {
  try {
    await client.ask("/health");
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`🔴 Cannot reach ${client.base_url}: ${reason}`);
    console.error("Start the service with `npm start`, or name its address: bun run validate https://…");
    return false;
  }
}

async function main(): Promise<number> {
  const given = process.argv[2] ?? DEFAULT_URL;
  const url = URL.parse(given);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    console.error(`🔴 Cannot validate ${given}: it is not an http or https address`);
    return 1;
  }
  const client = new Client(url.href.replace(/\/+$/, ""), process.env.API_KEY || undefined);
  if (!(await isReachable(client))) return 1;

  const checks = startChecks();
  const job = { workflow: "http", payload: { method: "GET", url: `${client.base_url}/health` } };
  await checkService(client, checks);
  await checkProblems(client, checks);
  await checkKeys(client, checks);
  await checkIssuedKeys(client, checks);
  await checkIntake(client, checks, job);
  await checkJob(client, checks, job);
  await checkControl(client, checks, job);
  await checkSteps(client, checks);
  await checkSchedules(client, checks, job);
  await checkLimits(client, checks);
  await checkCallback(client, checks, job);
  await checkWorkers(client, checks);
  await checkDevelopment(client, checks);
  await checkOperations(client, checks);
  await checkDocs(client, checks);
  await checkPages(client, checks);

  if (checks.failed.length === 0) {
    console.log("\n🟢 COCKPIT GREEN — Levqor backend validated");
    return 0;
  }
  console.log(`\n🔴 Levqor backend not validated: ${checks.failed.length} of ${checks.count} checks failed`);
  for (const failure of checks.failed) console.log(`  ${failure}`);
  return 1;
}

process.exit(await main());
