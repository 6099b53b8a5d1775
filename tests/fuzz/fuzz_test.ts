// Slow: one service gets 2,000 odd requests, some of which wait for seconds on purpose, and then what chance left out.
/**
 * Drives every call of the OpenAPI document with valid and invalid input, and checks every response against the
 * document. It learns the calls from the document itself: a new one is included automatically.
 *
 * `FUZZ_REQUESTS` says how many requests are made, `FUZZ_SEED` which: a run prints its own.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import type { Json } from "../support/openapi.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service.ts";
import { valuesOf } from "./arbitraries.ts";
import { createJudge } from "./judge.ts";
import { Memory } from "./memory.ts";
import { type Draft, odditiesRefused, PLANTED } from "./oddities.ts";
import { type Operation, operationsOf } from "./operations.ts";
import { draftOf, examplesOf, odditiesOf, type Plan, plansOf, wantedBy } from "./plans.ts";
import { type Planting, startPlanting } from "./planted.ts";
import { type Received, send } from "./send.ts";
import { talk } from "./sockets.ts";

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 2_000);
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const IN_FLIGHT = 12;
/** How long to search for a successful response of one call: several times as long as a claim waits by itself. */
const SEARCH_MS = 100_000;
const KEY = "a-key-of-the-fuzz-test-9d41";
const VAULT_KEY = Buffer.alloc(32, 2).toString("base64");
const REPORT_SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const CONNECTIONS = Math.ceil(REQUESTS / 100);
/**
 * WebSockets of one caller share an allowance of messages: so each key has a few. Each begins with `KEY`, for which
 * leaks are searched.
 */
const SOCKET_KEYS = Array.from({ length: Math.ceil(CONNECTIONS / 5) }, (_, index) => `${KEY}-${index}`);

/** Calls that need the token of a link in a mail, or a record in a domain's DNS. */
const ELSEWHERE: ReadonlySet<string> = new Set(["confirmMarketing", "verifySsoDomain"]);

/** Codes that say that a request is invalid, whatever the state of the service. */
const VALIDATION =
  /^(?:invalid_|malformed_json|json_too_deep|duplicate_key|number_not_representable|body_too_large|unsupported_media_type|validation_failed|unauthorized|precondition_required)/;

let database: TestDatabase;
let service: ServiceProcess;
let outside: ReturnType<typeof Bun.serve>;
let planting: Planting;
beforeAll(async () => {
  outside = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: ({ url }) => Response.json(providerAt(url)) });
  database = await testDatabase();
  planting = startPlanting({ url: database.url, vault_key: VAULT_KEY });
  service = await startServiceProcess({
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    API_KEYS: [KEY, ...SOCKET_KEYS].join(","),
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
    RESEND_WEBHOOK_SECRET: REPORT_SECRET,
    VAULT_KEY,
    OUTBOUND_ALLOW: "127.0.0.0/8",
    LOG_LEVEL: "debug",
    // Then no call has a limit of its own, either.
    RATE_BURST: "none",
    RATE_GLOBAL: "1000000",
    RATE_TIERS: "free=1000000,pro=1000000,enterprise=1000000",
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await planting.stop();
  await database.drop();
  await outside.stop(true);
}, 60_000);

describe(`${REQUESTS} requests of the seed ${SEED}`, () => {
  test("conform to the document", run, 600_000);
});

async function run() {
  const document: Json = await service.call("/docs/json");
  const operations = operationsOf(document);
  const memory = new Memory();
  const judge = createJudge(document, [KEY]);
  const faults = new Map<string, { count: number; first: string }>();
  const met = new Map(operations.map((operation) => [operation.id, new Set<string>()]));

  async function make(plan: Plan): Promise<Received | undefined> {
    const { operation } = plan;
    const draft = draftOf(plan, { memory, key: KEY });
    if (!plan.oddity) await planting.plant(operation.id, draft);
    if (operation.id === "receiveResendReport" && !plan.oddity) sign(draft);
    if (operation.id === "configureSso" && !plan.oddity)
      Object.assign(draft.json as object, { issuer: outside.url.origin });
    const shown = () =>
      `${draft.method} ${draft.path.slice(0, 200)} ${JSON.stringify({ oddity: plan.oddity, query: draft.query, headers: [...draft.headers].slice(0, 8), body: draft.body ?? draft.json }).slice(0, 1000)}`;
    try {
      const received = await send(service.url, draft, operation.may_wait);
      if (received === "nothing") {
        if (!operation.may_wait && !draft.raw) report(plan, "no answer came", shown());
        return undefined;
      }
      const fault = judge.fault(plan, draft, received);
      if (fault) report(plan, fault, shown());
      note(plan, received);
      learn(plan, received);
      return received;
    } catch (error) {
      report(plan, `no answer came: ${error}`, shown());
      return undefined;
    }
  }

  function report({ operation, oddity }: Plan, fault: string, request: string) {
    // One of each kind is shown: what is wrong at one call is often wrong at all.
    const kind = `${oddity ?? "nothing odd"}: ${fault.slice(0, 40)}`;
    const { count = 0, first = `${operation.id}: ${fault}\n    at ${request}` } = faults.get(kind) ?? {};
    faults.set(kind, { count: count + 1, first });
  }

  function note({ operation, oddity }: Plan, { status, text }: Received) {
    const outcomes = met.get(operation.id);
    // What was done to a request may have led it to another call.
    if (status < 300) oddity ?? outcomes?.add("2xx");
    else outcomes?.add(/"error":"(\w+)"/.exec(text)?.[1] ?? String(status));
  }

  function learn({ operation }: Plan, { status, headers, text }: Received) {
    if (status >= 300 || text === "" || operation.path.startsWith("/docs")) return;
    const around: Record<string, string> = {};
    for (const name of ["etag", "levqor-position"]) {
      const value = headers.get(name);
      if (value !== null) around[name] = value;
    }
    if (headers.get("content-type")?.startsWith("application/json")) {
      memory.learn(JSON.parse(text), { around, from: operation.id });
    }
  }

  const values = valuesOf(document, outside.url.href);
  const http = operations.filter(({ messages }) => !messages);
  const each = Math.ceil(REQUESTS / http.length);
  const plans = http.map((operation, index) => plansOf(operation, { values, seed: SEED + index, count: each }));
  const examples = http.flatMap((operation) => examplesOf(operation, values));
  const started = performance.now();
  // One after another, before anything odd: so none depends on chance, and chance has something to work on.
  for (const plan of examples) await untilGood(plan);
  const made = await makeAll(Array.from({ length: each }, (_, i) => plans.flatMap((of) => of[i] ?? [])).flat());
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${made} requests to ${http.length} calls in ${seconds} s\n`);

  for (const operation of operations.filter(({ messages }) => messages)) {
    const about = { operation, url: service.url, keys: SOCKET_KEYS, values, memory, judge };
    const { types, faults } = await talk({ ...about, seed: SEED, connections: CONNECTIONS });
    expect(faults).toEqual([]);
    expect([...types].sort()).toEqual(["error", "event", "pong", "subscribed", "unsubscribed"]);
  }

  // What did not happen by chance is brought about now.
  await Promise.all(examples.map(untilRefused));
  expect([...faults.values()].map(({ count, first }) => `${count}x ${first}`).join("\n")).toBe("");
  expect(http.filter((operation) => !isGood(operation)).map(({ id }) => id)).toEqual([]);
  expect(http.flatMap((operation) => missing(operation).map((code) => `${operation.id} ${code}`))).toEqual([]);
  expect([PLANTED, KEY].filter((secret) => service.logged().includes(secret))).toEqual([]);

  async function makeAll(plans: readonly Plan[]): Promise<number> {
    const queue = plans.values();
    const work = async () => {
      for (const plan of queue) await make(plan);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
    return plans.length;
  }

  /** Whether a call succeeded, which one that needs what is elsewhere cannot. */
  function isGood({ id }: Operation): boolean {
    return ELSEWHERE.has(id) || met.get(id)?.has("2xx") === true;
  }

  /** Codes of a call that say that a request is invalid: those not met yet. */
  function missing({ id, answers }: Operation): string[] {
    const codes = Object.values(answers).flatMap((answer) => answer.codes.filter((code) => VALIDATION.test(code)));
    return codes.filter((code) => !met.get(id)?.has(code));
  }

  /** Tries a call's example on something new, and on everything known, the newest first, until it succeeds. */
  async function untilGood(plan: Plan): Promise<void> {
    const { operation } = plan;
    await make(plan);
    const deadline = Date.now() + SEARCH_MS;
    while (!isGood(operation) && Date.now() < deadline) {
      const wanted = wantedBy(plan);
      const makers = examples.filter(({ operation }) => makes(operation) && memory.teaches(operation.id, wanted));
      for (const maker of makers) await make(maker);
      for (const recorded of memory.all(wanted).slice(0, 100)) {
        if (!isGood(operation)) await make({ ...plan, recorded });
      }
      if (!isGood(operation)) await Bun.sleep(100);
    }
  }

  /** Varies a call's example until it was rejected in every way. */
  async function untilRefused(plan: Plan): Promise<void> {
    const { operation } = plan;
    const kinds = odditiesOf(operation);
    for (const code of missing(operation)) {
      for (const oddity of odditiesRefused(code).filter((kind) => kinds.includes(kind))) {
        for (let at = 0; at < 16 && missing(operation).includes(code); at++) {
          // Each time on another record: ids of several kinds have one name.
          await make({ ...plan, oddity, pick: at, chance: { at, value: "odd" } });
        }
      }
    }
  }
}

/** What an OpenID Connect provider says of itself, whatever it is asked. */
function providerAt(url: string) {
  const { origin } = new URL(url);
  const endpoints = { authorization_endpoint: origin, token_endpoint: origin, jwks_uri: origin };
  return { issuer: origin, ...endpoints, code_challenge_methods_supported: ["S256"] };
}

/** Signs a report as Resend does. */
function sign({ headers, json }: Draft): void {
  const at = new Date();
  headers.set("svix-timestamp", String(Math.floor(at.getTime() / 1_000)));
  headers.set(
    "svix-signature",
    new Webhook(REPORT_SECRET).sign(String(headers.get("svix-id")), at, JSON.stringify(json)),
  );
}

/** Whether a call creates something, or hands out something to work on. */
function makes({ method, path, answers, may_wait }: Operation): boolean {
  if (method !== "POST" || path.includes("{")) return false;
  return answers[201] !== undefined || answers[202] !== undefined || may_wait;
}
