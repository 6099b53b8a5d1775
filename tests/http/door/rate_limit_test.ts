import { afterEach, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { SignJWT } from "jose";
import { connect } from "../../../src/db/mod.ts";
import { describeOperation as describeCall } from "../../../src/http/document/openapi.ts";
import { tags } from "../../../src/http/document/tags.ts";
import { addressReader } from "../../../src/http/door/client_address.ts";
import { frontDoor } from "../../../src/http/door/door.ts";
import { problemErrors } from "../../../src/http/door/errors.ts";
import { rateGate } from "../../../src/http/door/rate_limit.ts";
import { routeTable } from "../../../src/http/door/routes.ts";
import { RateLimiter, type RateLimits } from "../../../src/rate/mod.ts";
import { Metrics } from "../../../src/telemetry/mod.ts";
import { testDatabase } from "../../support/postgres.ts";
import { eventually } from "../../support/service.ts";
import { type Answer, type Harness, type HarnessOptions, post, startApi } from "../harness.ts";

const KEY = "k".repeat(24);
const LIMITS: RateLimits = { burst: 20, global: 200, tiers: { free: 60, pro: 600, enterprise: 6_000 } };
const BEHIND_PROXY = { header: "x-forwarded-for", hops: 1, proxies: [] };

const started: Harness[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((api) => api.stop()));
});

/** A service with keys and limits. */
async function start(options: HarnessOptions = {}): Promise<Harness> {
  const api = await startApi({ api_keys: [KEY], rate_limits: LIMITS, ...options });
  started.push(api);
  return api;
}

async function askTimes(times: number, ask: (index: number) => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < times; index++) statuses.push((await ask(index)).status);
  return statuses;
}

describe("without a key", () => {
  test("the 21st request of a minute is rejected, with a problem and both families of headers", async () => {
    const api = await start();
    const first = await api.ask("/");
    expect(first.status).toBe(200);
    expect(first.headers.get("ratelimit-policy")).toBe('"address";q=20;w=60, "global";q=200;w=60');
    expect(first.headers.get("ratelimit")).toMatch(/^"address";r=19;t=(6\d|70)$/);
    expect(first.headers.get("x-ratelimit-limit")).toBe("20");
    expect(first.headers.get("x-ratelimit-remaining")).toBe("19");
    expect(Number(first.headers.get("x-ratelimit-reset")) - Date.now() / 1000).toBeGreaterThan(58);
    expect(first.headers.has("retry-after")).toBe(false);
    expect(await askTimes(19, () => api.ask("/"))).toEqual(new Array(19).fill(200));

    const refused = await api.ask("/");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(45);
    expect(seconds).toBeLessThanOrEqual(61);
    expect(refused.body).toMatchObject({
      type: "/problems/rate_limited",
      status: 429,
      error: "rate_limited",
      instance: "/",
      detail: `At most 20 requests a minute from one address without a key are accepted; the next is in ${seconds} s.`,
      violated_policies: ["address"],
    });
    expect(refused.headers.get("ratelimit")).toBe(`"address";r=0;t=${seconds}`);
    expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(refused.headers.get("x-content-type-options")).toBe("nosniff");
    expect(refused.headers.get("x-request-id")).toBe(refused.body.request_id);
  });

  test("whatever the response would have been: missing paths, missing keys, the client's faults", async () => {
    const api = await start();
    await askTimes(7, () => api.ask("/nowhere"));
    await askTimes(7, () => api.ask("/api/v1/jobs"));
    await askTimes(6, () => api.ask("/api/v1/intake", post("{")));
    expect((await api.ask("/")).status).toBe(429);
    const answers = await askTimes(3, () => api.ask("/nowhere"));
    expect(answers).toEqual([429, 429, 429]);
  });

  test("/health is never limited, nor are preflights; pages have their own limit", async () => {
    const api = await start();
    await askTimes(21, () => api.ask("/"));
    expect(await askTimes(30, () => api.ask("/health"))).toEqual(new Array(30).fill(200));
    expect((await api.ask("/health")).headers.has("ratelimit")).toBe(false);
    const preflight = {
      method: "OPTIONS",
      headers: { origin: "https://levqor.ai", "access-control-request-method": "GET" },
    };
    expect((await api.ask("/api/v1/jobs", preflight)).status).toBe(204);
    const page = await api.ask("/docs");
    expect(page.status).toBe(200);
    expect(page.headers.get("ratelimit-policy")).toBe('"pages";q=300;w=60');
    expect((await api.ask("/public/metrics")).status).toBe(429);
  });

  test("requests are limited by route, not by the spelling of their path", async () => {
    const api = await start();
    const policies = async (path: string, method = "GET") =>
      (await api.ask(path, { method })).headers.get("ratelimit-policy")?.split(";")[0] ?? null;
    const written = (path: string) => [path, `${path}/`, `/public/..${path}`, `${path}?a=/docs`];
    for (const path of written("/public/metrics")) expect([path, await policies(path)]).toEqual([path, '"address"']);
    for (const path of written("/health")) expect([path, await policies(path)]).toEqual([path, null]);
    for (const path of [...written("/docs"), "/public/nothing"]) {
      expect([path, await policies(path)]).toEqual([path, '"pages"']);
    }
    // What no route answers is no page, however it begins.
    for (const path of ["/docs/nothing", "/docsx", "/.well-known/nothing", "/HEALTH", "/%68ealth", "/health//"]) {
      expect([path, await policies(path)]).toEqual([path, '"address"']);
    }
    expect(await policies("/docs", "DELETE")).toBe('"address"');
    const headers = { "x-api-key": KEY };
    for (const path of ["/metrics", "/metrics/"]) {
      expect((await api.ask(path, { headers })).headers.has("ratelimit-policy")).toBe(false);
    }
  });

  test("a flood's refusals are delayed, unless their bodies would stay in memory meanwhile; nobody else waits", async () => {
    const api = await start({ rate_limits: { ...LIMITS, burst: 1 } });
    const large = post({ workflow: "http", payload: { text: "x".repeat(5_000) } });
    /** Whether what was sent after a request that is held back was answered before it. */
    const passes = async () => {
      // In each slot of ten seconds anew.
      await Promise.all(Array.from({ length: 40 }, () => api.ask("/")));
      let answered = false;
      const began = performance.now();
      const late = api.ask("/").then(({ status }) => {
        answered = true;
        return status;
      });
      await api.ask("/health");
      await api.ask("/api/v1/jobs", { headers: { "x-api-key": KEY } });
      expect((await api.ask("/api/v1/intake", large)).status).toBe(429);
      const passed = !answered;
      expect(await late).toBe(429);
      return passed && performance.now() - began > 990;
    };
    // A machine that stands still for a second may hide it once, as may a slot that ends meanwhile.
    await eventually(passes);
  });

  test("all of them together have a limit, too", async () => {
    const api = await start({ trust_proxy: BEHIND_PROXY, rate_limits: { ...LIMITS, global: 30 } });
    const from = (address: string) => () => api.ask("/", { headers: { "x-forwarded-for": address } });
    expect(await askTimes(20, from("203.0.113.1"))).toEqual(new Array(20).fill(200));
    expect(await askTimes(11, from("203.0.113.2"))).toEqual([...new Array(10).fill(200), 429]);
    const refused = await from("203.0.113.3")();
    expect(refused.body).toMatchObject({ error: "rate_limited", violated_policies: ["global"] });
    expect(refused.body.detail).toStartWith("At most 30 requests a minute from all callers without a key together");
  });
});

describe("with a key", () => {
  const headers = { "x-api-key": KEY };

  test("the tier counts, not the address", async () => {
    const api = await start({ rate_limits: { ...LIMITS, tiers: { enterprise: 25 } } });
    await askTimes(21, () => api.ask("/"));
    const first = await api.ask("/api/v1/jobs", { headers });
    expect(first.status).toBe(200);
    expect(first.headers.get("ratelimit-policy")).toBe('"enterprise";q=25;w=60');
    await askTimes(24, () => api.ask("/api/v1/jobs", { headers }));
    const refused = await api.ask("/api/v1/intake", post({ workflow: "http", payload: {} }, headers));
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ error: "rate_limited", violated_policies: ["enterprise"] });
    expect((await api.sql`select from levqor_log.events where type = 'job.submitted'`).count).toBe(0);
  });

  test("invalid keys: 401 ten times, then 429; valid keys and tokens keep working from the same address", async () => {
    const secret = "a secret of no less than 32 bytes";
    const jwt = { verify_with: { secret }, issuer: "https://auth.example.com", audience: "authenticated" };
    const api = await start({ api_keys: [KEY, "other".repeat(5)], jwt });
    const token = (exp: number, signed_with = secret) =>
      new SignJWT({ iss: jwt.issuer, aud: jwt.audience, sub: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", exp })
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(signed_with));
    const wrong = (index: number) => api.ask("/api/v1/jobs", { headers: { "x-api-key": `guess number ${index}` } });
    expect(await askTimes(12, wrong)).toEqual([...new Array(10).fill(401), 429, 429]);
    const refused = await wrong(99);
    expect(refused.body).toMatchObject({ violated_policies: ["failed-keys"] });
    expect(refused.body.detail).toStartWith("At most 10 requests a minute from one address with invalid keys");
    // None of them was used here before.
    const issued = await api.ask("/api/v1/keys", post({ name: "new", scopes: ["jobs:read"] }, headers));
    const in_an_hour = Math.floor(Date.now() / 1000) + 3_600;
    const good: Record<string, string>[] = [
      { "x-api-key": KEY },
      { "x-api-key": "other".repeat(5) },
      { "x-api-key": issued.body.key },
      { authorization: `Bearer ${await token(in_an_hour)}` },
    ];
    for (const held of good) expect((await api.ask("/api/v1/jobs", { headers: held })).status).toBe(200);
    const forged = { authorization: `Bearer ${await token(in_an_hour, "another secret of 32 bytes or more")}` };
    expect((await api.ask("/api/v1/jobs", { headers: forged })).status).toBe(429);
    // They also took from what the address may do without a key.
    expect(await askTimes(11, () => api.ask("/"))).toEqual([...new Array(10).fill(200), 429]);
  });

  test("unknown tokens are verified a limited number of times a minute; known sessions keep working", async () => {
    const secret = "a secret of no less than 32 bytes";
    const jwt = { verify_with: { secret }, issuer: "https://auth.example.com", audience: "authenticated" };
    const api = await start({ jwt });
    const bearer = async (claims: object) => ({
      authorization: `Bearer ${await new SignJWT({
        ...{ iss: jwt.issuer, aud: jwt.audience, sub: "ada", exp: Math.floor(Date.now() / 1000) + 600 },
        ...claims,
      })
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(secret))}`,
    });
    const ada = await bearer({});
    expect((await api.ask("/api/v1/jobs", { headers: ada })).status).toBe(200);
    // Pages ask for no key, so nothing else counts there.
    const flood = async (index: number) =>
      (await api.ask("/health", { headers: { authorization: `Bearer eyJ${index}.e.f` } })).status;
    for (let index = 0; index < 3_000; index += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, each) => flood(index + each)));
    }
    const unseen = await api.ask("/api/v1/jobs", { headers: await bearer({ sub: "bob" }) });
    expect([unseen.status, unseen.body.violated_policies]).toEqual([429, ["new-tokens"]]);
    expect(unseen.body.detail).toStartWith(
      "At most 3000 requests a minute from one address with unknown tokens are accepted",
    );
    expect((await api.ask("/api/v1/jobs", { headers: ada })).status).toBe(200);
    expect((await api.ask("/api/v1/jobs", { headers })).status).toBe(200);
  });

  test("/metrics is never limited, but no key can be guessed there either", async () => {
    const api = await start({ rate_limits: { ...LIMITS, tiers: { enterprise: 2 } } });
    expect(await askTimes(5, () => api.ask("/metrics", { headers }))).toEqual(new Array(5).fill(200));
    expect(await askTimes(25, () => api.ask("/metrics"))).toEqual(new Array(25).fill(401));
    const wrong = () => api.ask("/metrics", { headers: { "x-api-key": "guess" } });
    expect(await askTimes(11, wrong)).toEqual([...new Array(10).fill(401), 429]);
    expect((await api.ask("/metrics", { headers })).status).toBe(200);
  });

  test("a WebSocket is one request, and is refused like any other", async () => {
    const api = await start({ rate_limits: { ...LIMITS, tiers: { enterprise: 2 } } });
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.alloc(16).toString("base64"),
      "sec-websocket-protocol": "levqor.v1",
    };
    await askTimes(2, () => api.ask("/api/v1/jobs", { headers }));
    const refused = await api.ask("/api/v1/jobs/ws", { headers: { ...upgrade, ...headers } });
    expect([refused.status, refused.body.error]).toEqual([429, "rate_limited"]);
  });
});

test("an untrusted header changes nothing; behind a proxy its last entry counts, and IPv6 by its /64", async () => {
  const open = await start();
  const forged = (index: number) => open.ask("/", { headers: { "x-forwarded-for": `203.0.113.${index}` } });
  expect((await askTimes(21, forged)).at(-1)).toBe(429);

  const behind = await start({ trust_proxy: BEHIND_PROXY });
  const from = (value: string) => behind.ask("/", { headers: { "x-forwarded-for": value } });
  expect((await askTimes(21, (index) => from(`198.51.100.${index}, 203.0.113.7`))).at(-1)).toBe(429);
  expect((await from("203.0.113.8")).status).toBe(200);
  expect((await askTimes(21, (index) => from(`2001:db8:1:2::${index}`))).at(-1)).toBe(429);
  expect((await from("2001:db8:1:3::1")).status).toBe(200);
});

test("in development nobody is limited unless configured", async () => {
  const free = { tiers: LIMITS.tiers, burst: null, global: null };
  const api = await start({ api_keys: [], rate_limits: free });
  expect(await askTimes(40, () => api.ask("/"))).toEqual(new Array(40).fill(200));
  expect((await api.ask("/")).headers.has("ratelimit")).toBe(false);
  const asked = await start({ api_keys: [], rate_limits: { ...free, burst: 5 } });
  expect(await askTimes(6, () => asked.ask("/api/v1/jobs"))).toEqual([200, 200, 200, 200, 200, 429]);
});

test("a route with its own policy is subject to both", async () => {
  const database = await testDatabase();
  const sql = connect(database.url, { max: 1 });
  const logger = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: () => false };
  const metrics = new Metrics({ version: "0.0.0", build: "test", role: "api" });
  const limiter = new RateLimiter({ sql, instance: "test", logger, limits: LIMITS });
  const limits = rateGate({ limiter, addressOf: addressReader({ server: () => app.server }) });
  const app: Elysia = new Elysia()
    .wrap(
      frontDoor({
        limits,
        logger,
        metrics,
        log: undefined,
        cors_origins: [],
        routes: routeTable(() => app.routes),
      }) as unknown as Parameters<Elysia["wrap"]>[0],
    )
    .use(problemErrors(logger, () => []))
    .post("/support", ({ request }) => {
      limits.enterRoute(request, "support");
      return "welcome";
    })
    .listen({ port: 0, hostname: "127.0.0.1" }) as unknown as Elysia;
  const ask = () => fetch(`http://127.0.0.1:${app.server?.port}/support`, { method: "POST" });

  const first = await ask();
  expect(first.headers.get("ratelimit-policy")).toBe('"address";q=20;w=60, "global";q=200;w=60, "support";q=5;w=60');
  expect(first.headers.get("ratelimit")).toMatch(/^"support";r=4;t=\d+$/);
  for (let index = 0; index < 4; index++) expect((await ask()).status).toBe(200);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: "rate_limited", violated_policies: ["support"] });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(45);

  await app.server?.stop(true);
  metrics.close();
  await limiter.stop();
  await sql.end();
  await database.drop();
});

describe("in the document", () => {
  interface Described {
    description: string;
    responses: Record<string, { description: string; headers: Record<string, unknown> }>;
  }
  const HEADERS = ["RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];
  const operation = {
    method: "POST",
    path: "/support",
    id: "ask",
    tag: tags.service,
    summary: "Ask for help",
    description: "Opens a thread.",
    responses: { 200: { description: "Done.", example: "done" } },
  } as const;
  const describedAs = (rate?: "support" | "none") =>
    describeCall({ ...operation, ...(rate && { rate }) }) as unknown as Described;

  test("each call has the headers and the refusal, and names its own policy", () => {
    const { responses } = describedAs();
    for (const answer of Object.values(responses)) expect(Object.keys(answer.headers)).toContainValues(HEADERS);
    expect(responses[429]?.description).toContain("`rate_limited`");
    expect(Object.keys(responses[429]?.headers ?? {})).toContain("Retry-After");
    expect(describedAs("support").description).toBe("Opens a thread. Allows 5 requests a minute per caller.");
    expect(describedAs("none").responses[429]).toBeUndefined();
  });
});
