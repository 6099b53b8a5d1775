/**
 * Checks the OpenAPI document, and writes the client's types that are made from it (`examples/client/api.ts`, not in git):
 *
 *     bun scripts/openapi.ts            checks the document, and that its outline in docs/api_outline.txt is up to date
 *     bun scripts/openapi.ts --write    writes the outline
 *
 * The document is that of a service outside production. Nothing is started for it: no database, no port.
 */
import { join } from "node:path";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { plugin } from "bun";
import type { OpenAPI3 } from "openapi-typescript";
import { pino } from "pino";
import { inProcessBus } from "../src/bus/mod.ts";
import { connect } from "../src/db/mod.ts";
import { createApi } from "../src/features/mod.ts";
import { CallbackSecrets } from "../src/jobs/mod.ts";
import { openLog } from "../src/log/mod.ts";
import { Metrics } from "../src/telemetry/mod.ts";
import { openSite } from "../src/web/mod.ts";
import { outlineOf } from "./api_outline.ts";

const CLIENT_FILE = join(import.meta.dir, "../examples/client/api.ts");
const OUTLINE = "docs/api_outline.txt";
const OUTLINE_FILE = join(import.meta.dir, "..", OUTLINE);
const HEADER = "/** What the API takes and answers, for openapi-fetch. Made by scripts/openapi.ts: do not edit. */\n\n";

/** Nobody is there: whatever asked for a connection would fail. */
const NOWHERE = "postgres://nobody@127.0.0.1:1/nothing";

/** What is not in the rule set that is extended, or only a warning there. */
const RULES = {
  "info-license-strict": "error",
  "no-invalid-media-type-examples": "error",
  "no-invalid-parameter-examples": "error",
  "no-invalid-schema-examples": "error",
  "no-required-schema-properties-undefined": "error",
  "operation-4xx-problem-details-rfc7807": "error",
  "operation-description": "error",
  "operation-singular-tag": "error",
  "operation-tag-defined": "error",
  "parameter-description": "error",
  "path-params-defined": "error",
  "spec-strict-refs": "error",
  "rule/media-types-have-examples": {
    subject: { type: "MediaType" },
    assertions: { requireAny: ["example", "examples"] },
    message: "Every body has an example.",
    severity: "error",
  },
  "rule/descriptions-are-sentences": {
    subject: { type: "Operation", property: "description" },
    assertions: { pattern: "/\\.$/s" },
    message: "A description consists of sentences.",
    severity: "error",
  },
} as const;

/** What the rules find and is right all the same. */
const EXCEPTIONS = [
  // OpenAPI describes no WebSocket: its only answer is 101, and its messages are in an extension.
  "operation-2xx-response at #/paths/~1api~1v1~1jobs~1ws/get/responses",
  "no-unused-components at #/components/schemas/SocketRequest",
  // What the receiver of a callback answers is the receiver's own.
  "operation-4xx-problem-details-rfc7807 at #/paths/~1api~1v1~1intake/post/callbacks/jobEnded/{$request.body#~1callback_url}/post/responses/410",
];

/** The document's text. */
export async function documentText(): Promise<string> {
  const log = openLog({ url: NOWHERE });
  const app = createApi({
    access: {
      required: true,
      environment: "test",
      identify: () => ({ kind: "none" }),
      partyOf: async () => new Set(),
      stop: async () => {},
    },
    log,
    sql: connect(NOWHERE),
    bus: inProcessBus({ log }),
    projector: { status: async () => [], waitFor: async () => false, resume: async () => undefined },
    reactor: { status: async () => [], resume: async () => undefined },
    config: {
      cors_origins: [],
      production: false,
      tiers: {},
      max_queue_depth: 1,
      max_streams: 1,
      caller_share: 1,
      request_log: "off",
      version: "0.1.0",
      build: "dev",
    },
    logger: pino({ level: "silent" }),
    metrics: new Metrics({ version: "0.1.0", build: "dev", role: "api" }),
    workflows: new Set(),
    callback_secrets: new CallbackSecrets("whsec_AA=="),
    site: openSite({ dir: join(import.meta.dir, "../public"), base_url: () => "http://localhost", watch: false }),
    signal: AbortSignal.abort(),
  });
  return await (await app.handle(new Request("http://localhost/docs/json"))).text();
}

/** What is wrong with a document by the rules, one line each. */
export async function lint(text: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended-strict"], rules: RULES });
  const problems = await lintFromString({ source: text, absoluteRef: "openapi.json", config });
  return problems.flatMap(({ ruleId, message, location: [place] }) => {
    const found = `${ruleId} at ${place?.pointer ?? "#/"}`;
    return EXCEPTIONS.includes(found) ? [] : [`${found}: ${message}`];
  });
}

/** The client's types. */
async function clientText(text: string): Promise<string> {
  // The generator builds its output by functions of TypeScript 5, which later versions do not have.
  await plugin({
    name: "typescript 5",
    setup: (build) => {
      build.module("typescript", async () => {
        const { default: typescript } = await import("typescript5");
        return { exports: { ...typescript, default: typescript }, loader: "object" };
      });
    },
  });
  const { default: generate, astToString } = await import("openapi-typescript");
  return HEADER + astToString(await generate(JSON.parse(text) as OpenAPI3, { defaultNonNullable: false }));
}

/** Checks, or writes; gives what is wrong. */
async function run({ write }: { write: boolean }): Promise<string[]> {
  const text = await documentText();
  await Bun.write(CLIENT_FILE, await clientText(text));
  const outline = outlineOf(text);
  if (write) {
    await Bun.write(OUTLINE_FILE, outline);
    return [];
  }
  const faults = await lint(text);
  const file = Bun.file(OUTLINE_FILE);
  if (!(await file.exists()) || (await file.text()) !== outline) {
    faults.push(
      `${OUTLINE} is not that of this document: run bun scripts/openapi.ts --write, and look at what has changed`,
    );
  }
  return faults;
}

if (import.meta.main) {
  const faults = await run({ write: process.argv.includes("--write") });
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
