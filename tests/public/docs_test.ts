/** The documentation is true: its numbers, codes and programs are checked against the code. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { Webhook } from "standardwebhooks";
import { MAX_CODINGS, MAX_SURPLUS_BYTES } from "../../connectors/decompress.ts";
import { MAX_HEADER_BYTES, MAX_HEADERS, MAX_INTERIM } from "../../connectors/exchange.ts";
import { HttpInput, MAX_BODY_BYTES } from "../../connectors/http.ts";
import { ACTORS } from "../../events/envelope.ts";
import { ERROR_MAX } from "../../events/error.ts";
import { MAX_ITEMS, MAX_PARALLEL, MAX_SLEEP_SECONDS, MAX_STEPS } from "../../events/pipeline.ts";
import { MAX_TIME } from "../../events/time.ts";
import { MAX_CONCURRENCY } from "../../events/workflow.ts";
import { pagesWithTables } from "../../scripts/page_tables.ts";
import { newKey } from "../../src/access/key_text.ts";
import { loadConfig } from "../../src/config.ts";
import { MAX_CALLBACK_REQUESTS } from "../../src/domain/job/job.ts";
import { DEFAULT_ATTEMPT_TIMEOUT_SECONDS, DEFAULT_MAX_ATTEMPTS } from "../../src/domain/job/job_state.ts";
import { MAX_EXPRESSION_LENGTH } from "../../src/domain/pipeline/expression.ts";
import {
  MAX_JOB_COST,
  MAX_RENDER_COST,
  MAX_RENDERED_LENGTH,
  MAX_STEP_COST,
} from "../../src/domain/pipeline/expression_cost.ts";
import { MAX_EXPRESSIONS, MAX_EXPRESSIONS_LENGTH, stepFaults } from "../../src/domain/pipeline/pipeline_check.ts";
import { KEPT, KEPT_OF_RETRIED } from "../../src/domain/pipeline/step_error.ts";
import { MAX_ERRORS_LENGTH, MAX_INPUTS_LENGTH, MAX_STEP_RUNS } from "../../src/domain/pipeline/steps.ts";
import { HORIZON_YEARS } from "../../src/domain/schedule.ts";
import { SUPPORT_MESSAGES_MAX, SUPPORT_REOPENINGS_MAX } from "../../src/domain/support.ts";
import { COUNTED_MAX, EVENTS, NEW_GROUPS } from "../../src/features/errors/collector.ts";
import { ErrorReport } from "../../src/features/errors/schemas.ts";
import { PipelineCreate } from "../../src/features/pipelines/schemas.ts";
import { OPENINGS } from "../../src/features/support/routes.ts";
import { SupportRequest } from "../../src/features/support/schemas.ts";
import * as limits from "../../src/http/limits.ts";
import { IntakeRequest } from "../../src/http/schema.ts";
import { ERROR_CLASSES } from "../../src/jobs/run/retry.ts";
import { MAX_INPUTS_OF_PROCESS } from "../../src/jobs/run/run_steps.ts";
import { CALLBACK_SCHEDULE } from "../../src/jobs/upkeep/callbacks.ts";
import { JSON_DEPTH_LIMIT } from "../../src/json/mod.ts";
import { ROUTE_POLICIES, SHARED_POLICIES } from "../../src/rate/mod.ts";
import { eventually } from "../support/service.ts";

const ROOT = join(import.meta.dir, "../..");

function page(name: string): Promise<string> {
  return Bun.file(join(ROOT, "public/docs", name)).text();
}

/** The cells of each row of the page's tables. */
async function rows(name: string): Promise<string[][]> {
  const lines = (await page(name)).split("\n").filter((line) => line.startsWith("| "));
  return lines.map((line) => line.slice(2, -2).split(" | "));
}

/** The text of the page's code block in a language that holds `part`. */
async function block(name: string, language: string, part: string): Promise<string> {
  const blocks = (await page(name)).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  for (const [, found, text = ""] of blocks) if (found === language && text.includes(part)) return text;
  throw new Error(`Cannot find a block of ${language} with ${part} in ${name}`);
}

describe("tables generated from the code; `bun run scripts/page_tables.ts` writes them", async () => {
  for (const { path, text, wanted } of await pagesWithTables()) {
    test(path, () => expect(text).toBe(wanted));
  }
});

test("every part of the service that acts is listed as an actor", async () => {
  const named = new Set<string>();
  for await (const path of new Bun.Glob("{src,scripts}/**/*.ts").scan(ROOT)) {
    const text = await Bun.file(join(ROOT, path)).text();
    for (const [, actor = ""] of text.matchAll(/actor: (?:[^",\n]*[?:] )?"(system:[a-z]+|[a-z]+)"/g)) named.add(actor);
  }
  expect(named).toContain("system:scheduler");
  expect(Object.keys(ACTORS)).toEqual(expect.arrayContaining([...named]));
});

describe("limits", () => {
  const number = (value: number) => value.toLocaleString("en");
  const kb = (bytes: number) => `${number(bytes / 1024)} KB`;
  const { attempt_timeout_seconds, backoff, timeout_seconds } = IntakeRequest.properties;
  const { message, stack, url } = ErrorReport.properties;
  const asked = SupportRequest.properties;
  const config = loadConfig({ API_KEYS: "a-key-for-the-documentation" }, []);
  if (config === "help") throw new Error("Cannot load a configuration");
  const { burst, global, tiers } = config.rate_limits;

  /** The first cells of rows. */
  const stated: [what: string, ...limit: string[]][] = [
    ["a request's path and query", kb(limits.URL_LIMIT_BYTES)],
    ["a request's headers: total size; number", `${kb(limits.HEADERS_LIMIT_BYTES)}; ${limits.HEADERS_MAX}`],
    ["time for a request's body to arrive", `${limits.REQUEST_TIMEOUT_S} s`],
    ["time to respond to a request (except streams and long polls)", `${limits.REQUEST_TIMEOUT_S} s`],
    ["silence on a connection", `${limits.IDLE_TIMEOUT_S} s`],
    ["a request's body", kb(limits.BODY_LIMIT_BYTES)],
    ["a job's payload, as JSON without white space", kb(limits.PAYLOAD_LIMIT_BYTES)],
    ["levels of arrays and objects in any JSON", number(JSON_DEPTH_LIMIT)],
    ["entries on a page of a list", `1 to ${limits.PAGE_LIMIT_MAX}, ${limits.PAGE_LIMIT_DEFAULT} by default`],
    ["waiting for `Levqor-Min-Position`", `${limits.READ_MODEL_WAIT_MS / 1000} s`],
    ["without a key: one address (of IPv6, one /64)", "`address`", `${burst} (\`RATE_BURST\`)`],
    ["without a key: in total", "`global`", `${global} (\`RATE_GLOBAL\`)`],
    ["with a key of the tier `free`", "`free`", `${tiers.free} (\`RATE_TIERS\`)`],
    ["with a key of the tier `pro`", "`pro`", `${tiers.pro} (\`RATE_TIERS\`)`],
    [
      "with a key of the tier `enterprise`, such as the keys in `API_KEYS`",
      "`enterprise`",
      `${number(tiers.enterprise ?? 0)} (\`RATE_TIERS\`)`,
    ],
    ["a workflow's name, a `concurrency_key`", `1 to ${IntakeRequest.properties.workflow.maxLength} characters`],
    ["`callback_url`", `${number(IntakeRequest.properties.callback_url.maxLength ?? 0)} characters`],
    [
      "`max_attempts`",
      `1 to ${IntakeRequest.properties.max_attempts.maximum}; ${number(DEFAULT_MAX_ATTEMPTS)} by default`,
    ],
    ["delays between attempts", `up to ${number(backoff.properties.max_seconds.maximum ?? 0)} s (a day)`],
    ["`run_at`", `up to ${limits.RUN_AT_MAX_DAYS} days ahead`],
    [
      "`attempt_timeout_seconds`",
      `1 to ${number(attempt_timeout_seconds.maximum ?? 0)}; ${number(DEFAULT_ATTEMPT_TIMEOUT_SECONDS)} by default`,
    ],
    ["`timeout_seconds`", `1 to ${number(timeout_seconds.maximum ?? 0)} (30 days)`],
    ["waiting jobs, in total", `${number(config.max_queue_depth)} (\`MAX_QUEUE_DEPTH\`), then 429 \`queue_full\``],
    [
      "a time in a request: `run_at`, `from`, `until`, `since`, `expires_at`, `created_after`, `created_before`",
      `1970-01-01T00:00:00Z to ${new Date(MAX_TIME).toISOString()}`,
    ],
    ["jobs running at once, for one workflow or key", `as you set it, up to ${number(MAX_CONCURRENCY)}`],
    ["`url`", `${number(HttpInput.properties.url.maxLength ?? 0)} characters`],
    [
      "`timeout_ms`",
      `${number(HttpInput.properties.timeout_ms.maximum ?? 0)}; ${number(HttpInput.properties.timeout_ms.default)} by default`,
    ],
    ["how much of a response's body is stored", `${kb(MAX_BODY_BYTES)}; the rest is cut, and \`truncated\` says so`],
    [
      "a response's headers: number; names and values together",
      `${MAX_HEADERS}; ${kb(MAX_HEADER_BYTES)}, then \`malformed_answer\``,
    ],
    ["interim responses (1xx) before a response", `${MAX_INTERIM}, then \`malformed_answer\``],
    ["content codings of a body, combined", `${MAX_CODINGS}, then \`malformed_answer\``],
    [
      "by how much a compressed body may exceed its decompressed size",
      `${kb(MAX_SURPLUS_BYTES)}, then \`malformed_answer\``,
    ],
    ["workflows that an issued key may be limited to", number(limits.KEY_WORKFLOWS_MAX)],
    [
      "how long old secrets stay valid after a rotation",
      `${limits.KEY_OVERLAP_MAX_S / 86_400} days; ${limits.KEY_OVERLAP_DEFAULT_S / 86_400} by default`,
    ],
    ["steps", number(MAX_STEPS)],
    ["items of a `for_each`; running at once", `${number(MAX_ITEMS)}; ${MAX_PARALLEL}`],
    [
      "expressions of a pipeline; characters of one; of all together",
      [MAX_EXPRESSIONS, MAX_EXPRESSION_LENGTH, MAX_EXPRESSIONS_LENGTH].map(number).join("; "),
    ],
    [
      "the output of all expressions of one input; a string within one",
      `${number(MAX_RENDERED_LENGTH)} characters of JSON`,
    ],
    ["what the expressions of one input, condition, list, time or message cost", `${number(MAX_RENDER_COST)} units`],
    [
      "what the expressions of a step cost, with all its items",
      `${number(MAX_STEP_COST)} units in one attempt of the job`,
    ],
    ["what the expressions of a job cost", `${number(MAX_JOB_COST)} units in one attempt`],
    [
      "runs of a job's steps in total, counting each item and each retry",
      `${number(MAX_STEP_RUNS)}, then the job fails with \`too_many_step_runs\``,
    ],
    [
      "the errors of all step runs together",
      `${number(MAX_ERRORS_LENGTH)} characters of JSON, then the job fails with \`step_errors_too_large\``,
    ],
    [
      "an error after which a step is retried: its message, its detail",
      `${KEPT_OF_RETRIED.message} characters, ${number(KEPT_OF_RETRIED.detail)} of JSON; the rest is cut`,
    ],
    [
      "any other error of a step: its message, its detail",
      `${number(KEPT.message)} characters, ${number(KEPT.detail)} of JSON; the rest is cut`,
    ],
    [
      "the inputs of the steps and items that run at once, of one job",
      `${number(MAX_INPUTS_LENGTH)} characters; beyond it fewer items run at once, but at least one`,
    ],
    [
      "the same in one process, in addition to one per caller",
      `${number(MAX_INPUTS_OF_PROCESS)} characters; beyond it jobs wait for room`,
    ],
    [
      "how often one job's callback can be redelivered on request",
      `${MAX_CALLBACK_REQUESTS} times, then 409 \`conflict\``,
    ],
    ["a sleep, an approval", `${MAX_SLEEP_SECONDS / 86_400} days`],
    [
      "`misfire_grace_seconds`",
      `1 to ${number(limits.MISFIRE_GRACE_MAX_S)}; ${limits.MISFIRE_GRACE_DEFAULT_S} by default`,
    ],
    ["how far ahead the next run may be", `${HORIZON_YEARS} years`],
    ["next runs returned at once", `${limits.NEXT_RUNS_MAX}; ${limits.NEXT_RUNS_DEFAULT} by default`],
    ["jobs per claim; workflows per claim", `${limits.CLAIM_JOBS_MAX}; ${limits.CLAIM_WORKFLOWS_MAX}`],
    ["how long a claim waits", `${limits.CLAIM_WAIT_MAX_S} s; ${limits.CLAIM_WAIT_DEFAULT_S} by default`],
    ["`lease_seconds`", `1 to ${number(limits.LEASE_MAX_S)}; ${limits.LEASE_DEFAULT_S} by default`],
    [
      "new groups without a key, per process; new groups of each caller with one, per process",
      `${NEW_GROUPS.at_once} at once, and ${NEW_GROUPS.an_hour} an hour after that, then 429 \`too_many_errors\``,
    ],
    [
      "events of all groups, per process",
      `${number(EVENTS.at_once)} at once, and ${EVENTS.an_hour} an hour after that; further reports are only counted, and the next event includes them`,
    ],
    [
      "groups that a process tracks at once",
      `${number(COUNTED_MAX)}, for callers with a key ${number(2 * COUNTED_MAX)}, then 429 \`too_many_errors\` if all of them have reports that are not recorded yet`,
    ],
    [
      "an error's message; its stack; its URL",
      `${number(message.maxLength ?? 0)} characters, of which ${number(ERROR_MAX.message)} are kept; ${number(stack.maxLength ?? 0)}, of which ${ERROR_MAX.frames} frames are kept; ${number(url.maxLength ?? 0)}. The other fields: [Reported errors](reported-errors.md)`,
    ],
    [
      "an e-mail address; a message",
      `${number(asked.email.maxLength ?? 0)} characters; ${number(asked.message.maxLength ?? 0)} characters`,
    ],
    ["messages of one thread", `${SUPPORT_MESSAGES_MAX}, then 409 \`too_many_messages\`: open a new thread`],
    [
      "how often one thread can be reopened",
      `${SUPPORT_REOPENINGS_MAX} times, then 409 \`too_many_reopenings\`: open a new thread`,
    ],
    [
      "threads opened without a key, per process",
      `${OPENINGS.at_once} at once, and ${OPENINGS.an_hour} an hour after that, then 429 \`too_many_threads\``,
    ],
    ["silence before a heartbeat is sent", `${limits.HEARTBEAT_MS / 1000} s`],
    ["how long a client may read nothing while data is waiting", `${limits.SLOW_CONSUMER_S} s`],
    ["how long a WebSocket's client may be silent", `${limits.SOCKET_SILENT_S} s`],
    [
      "open event streams in one process; open WebSockets",
      `${number(config.max_streams)} each (\`MAX_STREAMS\`), then 503 \`too_many_streams\``,
    ],
    ["subscriptions of one WebSocket", number(limits.SUBSCRIPTIONS_MAX)],
    [
      "a message from a client",
      `${kb(limits.MESSAGE_LIMIT_BYTES)}; over ${kb(limits.MESSAGE_CUT_OFF_BYTES)} the connection ends`,
    ],
    ["attempts", `${CALLBACK_SCHEDULE.length}, over about three days`],
  ];
  for (const cells of stated) {
    test(cells[0], async () => {
      const found = (await rows("limits.md")).find(([cell]) => cell === cells[0]);
      expect(found?.slice(0, cells.length)).toEqual(cells);
    });
  }

  test("of requests a minute are listed for every policy", async () => {
    const policies = (await rows("limits.md")).map(([, policy]) => policy);
    for (const name of [...Object.keys(SHARED_POLICIES), ...Object.keys(ROUTE_POLICIES), ...Object.keys(tiers)]) {
      expect(policies).toContain(`\`${name}\``);
    }
  });
});

test("every way that a job can fail is listed, and whether it is retried", async () => {
  const table = (await page("errors.md")).split("## When a job fails")[1] ?? "";
  const told = new Map(
    [...table.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, code, repeated]) => [code, repeated]),
  );
  for (const [code, kind] of Object.entries(ERROR_CLASSES)) {
    expect([code, told.get(code)]).toEqual([code, { retry: "yes", final: "no", by_status: "by status" }[kind]]);
  }
  for (const code of ["worker_lost", "job_timeout", "approval_rejected", "approval_timeout"]) {
    expect([code, told.get(code)]).toEqual([code, "no"]);
  }
});

test("callbacks are retried when the page says", async () => {
  const told = (await rows("webhooks.md")).find(([cell]) => cell === "delay before it")?.slice(1);
  const seconds = (text: string) => {
    const [amount = "0", unit = "s"] = text.split(" ");
    return Number(amount) * ({ s: 1, min: 60, h: 3_600 }[unit] ?? Number.NaN);
  };
  expect(told?.map((text) => (text === "at once" ? 0 : seconds(text)))).toEqual([...CALLBACK_SCHEDULE]);
});

test("the pipeline of the guide can be stored", async () => {
  const pipeline: unknown = JSON.parse(await block("pipelines.md", "json", "welcome-users"));
  expect([...Value.Errors(PipelineCreate, pipeline)]).toEqual([]);
  const { steps } = pipeline as { steps: Parameters<typeof stepFaults>[0] };
  expect(stepFaults(steps, new Set(["http"]))).toEqual([]);
});

test("the payload in the guide to connectors matches the connector", async () => {
  const { workflow, payload } = JSON.parse(await block("connectors.md", "json", "expected_status"));
  expect([workflow, ...Value.Errors(HttpInput, payload)]).toEqual(["http"]);
});

const python = Bun.which("python3");

test.skipIf(!python && !process.env.CI)("scanners tell a key from what looks like one, as on the page", async () => {
  const { text } = newKey("test");
  const damaged = text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
  const source = await block("authentication.md", "python", "def is_levqor_key");
  const call = `\nprint([is_levqor_key(text) for text in ${JSON.stringify([text, damaged, `${text}0`, ""])}])`;
  const { stdout } = Bun.spawnSync([python ?? "python3", "-c", source + call]);
  expect(stdout.toString().trim()).toBe("[True, False, False, False]");
});

describe("receivers of callbacks, as on the page", () => {
  const secret = `whsec_${Buffer.from("a secret of tests, at least 24 bytes").toString("base64")}`;
  const body = JSON.stringify({ type: "job.succeeded", data: { job_id: "0198c0de-0000-7000-8000-000000000000" } });
  const webhook = new Webhook(secret);

  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "levqor-receiver-"));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function headers(at = new Date(), text = body): Record<string, string> {
    return {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": webhook.sign("msg_1", at, text),
    };
  }
  const stale = new Date(Date.now() - 600_000);
  const tries: [what: string, headers: Record<string, string>, taken: boolean][] = [
    ["signed", headers(), true],
    ["signed for another body", headers(new Date(), `${body} `), false],
    ["signed ten minutes ago", headers(stale), false],
  ];

  test("TypeScript", async () => {
    const file = join(folder, "receiver.ts");
    await Bun.write(file, await block("webhooks.md", "ts", "new Webhook"));
    const probe = Bun.serve({ port: 0, fetch: () => new Response() });
    const url = `http://127.0.0.1:${probe.port}/`;
    await probe.stop(true);
    const receiver = Bun.spawn([process.execPath, file], {
      env: { ...process.env, PORT: new URL(url).port, LEVQOR_WEBHOOK_SECRET: secret },
      stdout: "ignore",
    });
    try {
      await eventually(() => fetch(url, { method: "POST" }).catch(() => undefined));
      for (const [what, sent, taken] of tries) {
        const { status } = await fetch(url, { method: "POST", headers: sent, body });
        expect([what, status]).toEqual([what, taken ? 200 : 401]);
      }
    } finally {
      receiver.kill();
      await receiver.exited;
    }
  });

  test.skipIf(!python && !process.env.CI)("Python", async () => {
    const source = await block("webhooks.md", "python", "def verify");
    for (const [what, sent, taken] of tries) {
      const call = `\nprint(verify(${JSON.stringify(secret)}, ${JSON.stringify(sent)}, ${JSON.stringify(body)}.encode()))`;
      const { stdout } = Bun.spawnSync([python ?? "python3", "-c", source + call]);
      expect([what, stdout.toString().trim()]).toEqual([what, taken ? "True" : "False"]);
    }
  });
});
