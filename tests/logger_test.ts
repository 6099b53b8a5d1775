import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createLogger, type LoggerOptions } from "../src/logger.ts";

/** What a logger writes, line by line. */
function record(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  return { logger: createLogger({ log_level: "info", log_format: "json", ...options }, stream), lines };
}

test("a line is one JSON object with time, level and message", () => {
  const { logger, lines } = record();
  logger.child({ part: "api" }).info({ n: 1 }, "Hello");
  expect(lines).toHaveLength(1);
  const entry = JSON.parse(lines[0] ?? "");
  expect(entry).toMatchObject({ level: "info", part: "api", n: 1, msg: "Hello" });
  expect(entry.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("an error keeps its message, stack and causes", () => {
  const { logger, lines } = record();
  logger.error({ err: new Error("outer", { cause: new Error("inner") }) }, "Failed");
  const { err } = JSON.parse(lines[0] ?? "");
  expect(err.message).toBe("outer: inner");
  expect(err.stack).toContain("logger_test.ts");
});

test("what is below the level is not written", () => {
  const { logger, lines } = record({ log_level: "warn" });
  logger.info("no");
  logger.warn("yes");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["yes"]);
});

describe("no secret gets through:", () => {
  const PLANTED = "pl4nted-s3cret";
  const known = {
    api_keys: [`key.${PLANTED}+`],
    webhook_secret: `whsec_${Buffer.from(PLANTED).toString("base64")}`,
    jwt: { verify_with: { secret: `jwt ${PLANTED}` } },
  };

  test.each<[string, object, string]>([
    ["a header", { headers: { "x-api-key": PLANTED, accept: "*/*" } }, "m"],
    ["a header in capitals", { req: { headers: { Authorization: `Bearer ${PLANTED}` } } }, "m"],
    ["a header with several values", { headers: { "set-cookie": [`a=${PLANTED}`, `b=${PLANTED}`] } }, "m"],
    ["a header with quotes", { headers: { cookie: `a="${PLANTED}"; b="${PLANTED}"` } }, "m"],
    ["a field", { deep: { deeper: { deepest: [{ admin_password: PLANTED }] } } }, "m"],
    ["a URL in a field", { url: `postgres://levqor:${PLANTED}@db:5432/levqor` }, "m"],
    ["a URL in a message", {}, `Cannot reach nats://user:${PLANTED}@nats:4222`],
    ["a URL in an error", { err: new Error(`connect postgres://levqor:${PLANTED}@db/levqor`) }, "m"],
    ["a webhook secret", {}, `whsec_${PLANTED.replace("-", "")}`],
    ["a token", {}, `Got eyJhbGciOiJIUzI1NiJ9.${PLANTED}.${PLANTED} there`],
    ["the known secret of tokens", { odd: known.jwt.verify_with.secret }, "m"],
    ["an issued key", {}, `Got lvq_live_${PLANTED.replace("-", "")} there`],
    ["a known key in a message", {}, `Got ${known.api_keys[0]} there`],
    ["the known webhook secret", { odd: { place: known.webhook_secret } }, "m"],
  ])("%s", (_, fields, message) => {
    const { logger, lines } = record(known);
    logger.info(fields, message);
    const text = lines.join("");
    expect(text).not.toContain(PLANTED);
    expect(text).not.toContain(PLANTED.replace("-", ""));
    expect(text).not.toContain(known.webhook_secret);
    expect(text).toContain("[redacted]");
    expect(() => JSON.parse(text)).not.toThrow();
  });

  test("and what is none stays", () => {
    const { logger, lines } = record(known);
    const fields = { url: "http://127.0.0.1:5000/a:b@c", tokens: 3, host: "db:5432", headers: { accept: "*/*" } };
    logger.info(fields, "mail to a@b.example at 12:30");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ ...fields, msg: "mail to a@b.example at 12:30" });
  });
});

/** What a program that logs and exits at once leaves on its standard output. */
function outputOf(log_format: string): string {
  const script = `
    const { createLogger } = await import(${JSON.stringify(join(import.meta.dir, "../src/logger.ts"))});
    const logger = createLogger({ log_level: "info", log_format: ${JSON.stringify(log_format)} });
    for (let n = 1; n <= 1000; n++) logger.info({ n, cookie: "pl4nted" }, "Line");
    process.exit(0);`;
  return Bun.spawnSync([process.execPath, "-e", script]).stdout.toString();
}

test("the last lines before the end are there; without a terminal they are JSON", () => {
  const lines = outputOf("auto").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
});

test("pretty is for people, and no less discreet", () => {
  const text = outputOf("pretty");
  expect(text.match(/INFO.*: .*Line/g)).toHaveLength(1000);
  expect(text).not.toContain("pl4nted");
});

describe("what nobody caught", () => {
  const logger = JSON.stringify(join(import.meta.dir, "../src/logger.ts"));
  /** Runs a script that prepares for faults, and then meets one. */
  function meet(fault: string) {
    const script = `
      import { createLogger, endOnFault } from ${logger};
      endOnFault(createLogger({ log_level: "info", log_format: "json", otlp_headers: { a: "pl4nted-header" } }));
      setTimeout(() => console.log("still here"), 5_000);
      ${fault}`;
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script]);
    return { exitCode, lines: stdout.toString().trim().split("\n"), stderr: stderr.toString() };
  }

  test.each([
    ["a listener throws", 'setTimeout(() => { throw new Error("postgres://me:pl4nted@db pl4nted-header"); }, 1);'],
    ["a promise is rejected", 'void Promise.reject(new Error("postgres://me:pl4nted@db pl4nted-header"));'],
    ["a listener is told of by reportError", 'reportError(new Error("postgres://me:pl4nted@db pl4nted-header"));'],
  ])("ends the process with a line in the log, and no secret: %s", (_, fault) => {
    const { exitCode, lines, stderr } = meet(fault);
    expect(exitCode).toBe(1);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "fatal",
      msg: "A fault that nobody caught; the process ends",
      err: { type: "Error", message: "postgres://[redacted]@db [redacted]", stack: expect.any(String) },
    });
    expect(stderr).toBe("");
  });
});
