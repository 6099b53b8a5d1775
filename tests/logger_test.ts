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
  /** With all that escapes make something else of. */
  const AWKWARD = "pl4nted\\n\"k3y%41 &amp; 'of' $& the/one+two==äñ";
  const secrets = [`key.${PLANTED}+`, AWKWARD, `jwt ${PLANTED}`, "!!!!$$$$((((++++"];
  const json = JSON.stringify(AWKWARD);
  const base64 = Buffer.from(AWKWARD).toString("base64");
  const uri = encodeURIComponent(AWKWARD);

  test.each<[string, object, string]>([
    ["a header", { headers: { "x-api-key": PLANTED, accept: "*/*" } }, "m"],
    ["a header in capitals", { req: { headers: { Authorization: `Bearer ${PLANTED}` } } }, "m"],
    ["a header with several values", { headers: { "set-cookie": [`a=${PLANTED}`, `b=${PLANTED}`] } }, "m"],
    ["a header with quotes", { headers: { cookie: `a="${PLANTED}"; b="${PLANTED}"` } }, "m"],
    ["a header in a list", { raw: ["Accept", "*/*", "X-Api-Key", PLANTED] }, "m"],
    ["a header in a pair", { raw: [["x-api-key", PLANTED]] }, "m"],
    ["a header in a text", {}, `GET / HTTP/1.1\r\nAuthorization: Digest ${PLANTED}, x="${PLANTED}\r\nAccept: */*`],
    ["a field", { deep: { deeper: { deepest: [{ admin_password: PLANTED }] } } }, "m"],
    ["a field that is an object", { secret: { value: PLANTED } }, "m"],
    ["a field of JSON in a text", {}, `got {"password":"${PLANTED}"}`],
    ["a field of JSON in JSON in a text", {}, JSON.stringify(JSON.stringify({ api_key: PLANTED }))],
    ["a parameter of a URL", { url: `https://example.com/?a=1&access_token=${PLANTED}&b=2` }, "m"],
    ["a URL in a field", { url: `postgres://levqor:${PLANTED}@db:5432/levqor` }, "m"],
    ["a URL in a message", {}, `Cannot reach nats://user:${PLANTED}@nats:4222`],
    ["a URL in an error", { err: new Error(`connect postgres://levqor:${PLANTED}@db/levqor`) }, "m"],
    ["a URL whose password has quotes and slashes", {}, `nats://u:a"b\\c/@${PLANTED}@nats:4222`],
    ["a URL with a token alone", {}, `nats://${PLANTED}@nats:4222`],
    ["a webhook secret", {}, `whsec_${PLANTED.replace("-", "")}`],
    ["a token", {}, `Got eyJhbGciOiJIUzI1NiJ9.${PLANTED}.${PLANTED} there`],
    ["an issued key", {}, `Got lvq_live_${PLANTED.replace("-", "")} there`],
    ["a reply token of a support thread", {}, `Got lvr_${PLANTED.replace("-", "")} there`],
    ["a key among a WebSocket's protocols", {}, `levqor.v1, levqor.key.${PLANTED}`],
    ["a private key", {}, `-----BEGIN PRIVATE KEY-----\n${PLANTED}\n-----END PRIVATE KEY-----`],
    ["a known key in a message", {}, `Got ${secrets[0]} there`],
    ["a known secret in a field", { odd: { place: secrets[2] } }, "m"],
    ["a known secret as a field's name", { [AWKWARD]: 1 }, "m"],
    ["a known secret with quotes and backslashes", { odd: AWKWARD }, `m ${AWKWARD}`],
    ["a known secret in JSON in a text", {}, `body was {"a":${json}}`],
    ["a known secret in JSON in JSON in JSON", {}, JSON.stringify(JSON.stringify({ a: AWKWARD }))],
    ["a known secret, percent-encoded", {}, `/?k=${uri}`],
    ["a known secret, percent-encoded in lower case", {}, `/?k=${uri.toLowerCase().replace("pl4nted", "pl4nted")}`],
    ["a known secret, percent-encoded twice", {}, `/?k=${encodeURIComponent(uri)}`],
    ["a known secret of a form", {}, `k=${new URLSearchParams({ k: AWKWARD })}`],
    ["a known secret in base64", {}, `Got ${base64}`],
    ["a known secret in base64url", {}, `Got ${Buffer.from(AWKWARD).toString("base64url")}`],
    ["a known secret in base64, after one byte", {}, `Got ${btoaOf(`:${AWKWARD}`)}`],
    ["a known secret in base64, after two bytes and before more", {}, `Got ${btoaOf(`u:${AWKWARD} and more`)}`],
    ["a known secret in base64 of JSON", {}, `Got ${btoaOf(`{"key":${json}}`)}`],
    ["a known secret in base64, over several lines", {}, base64.replaceAll(/.{20}/g, "$&\r\n")],
    ["a known secret in hexadecimal", {}, Buffer.from(AWKWARD).toString("hex")],
    ["a known secret in hexadecimal, in capitals", {}, Buffer.from(AWKWARD).toString("hex").toUpperCase()],
    ["a known secret in escapes of JavaScript", {}, [...AWKWARD].map(escaped).join("")],
    ["a known secret in HTML", {}, Bun.escapeHTML(AWKWARD)],
    ["a known secret over several lines", {}, `${AWKWARD.slice(0, 9)}\n    ${AWKWARD.slice(9)}`],
    ["a known secret in pieces of a program", {}, `'${AWKWARD.slice(0, 9)}' +\n  '${AWKWARD.slice(9)}'`],
    ["a known secret over several items", { items: [AWKWARD.slice(0, 9), AWKWARD.slice(9)] }, "m"],
    ["a known secret in an error", { err: new Error(`of ${AWKWARD}`) }, "m"],
    ["a known secret in an error's causes", { err: nested(AWKWARD) }, "m"],
    ["a known secret in errors that are several", { err: new AggregateError([nested(json)], "several") }, "m"],
    ["a known secret in a field of an error", { err: Object.assign(new Error("e"), { code: AWKWARD }) }, "m"],
    ["a known secret in a stack", { err: Object.assign(new Error("e"), { stack: `at ${AWKWARD}` }) }, "m"],
    ["a known secret of signs alone", { odd: secrets[3] }, `m ${secrets[3]}`],
  ])("%s", (_, fields, message) => {
    const { logger, lines } = record({ secrets });
    logger.info(fields, message);
    const text = lines.join("");
    expect(text).toContain("[redacted]");
    expect(text).not.toContain("pl4nted");
    expect(text).not.toContain("the/one");
    expect(text).not.toContain("!!!!");
    for (const part of [PLANTED, "the/one+two"]) {
      for (const before of ["", ".", ".."]) expect(text).not.toContain(btoaOf(before + part).slice(4, 12));
      expect(text.toLowerCase()).not.toContain(Buffer.from(part).toString("hex"));
    }
    const entry = JSON.parse(text);
    expect(entry).toMatchObject({ level: "info", time: expect.any(String) });
  });

  test("fields of an error that may contain data are not logged", () => {
    const { logger, lines } = record();
    const data = {
      detail: "Failing row contains (pl4nted)",
      where: "pl4nted",
      path: "http://h/?pl4nted",
      body: "pl4nted",
    };
    const refused = Object.assign(new Error('invalid input syntax for type json: "pl4nted"'), {
      name: "PostgresError",
      code: "22P02",
      routine: "json_errsave_error",
      ...data,
    });
    let unreadable: unknown;
    try {
      JSON.parse("pl4nted");
    } catch (error) {
      unreadable = error;
    }
    logger.error({ err: refused }, "m");
    logger.error({ err: new Error("outer", { cause: refused }) }, "m");
    logger.error({ err: unreadable }, "m");
    expect(lines.join("")).not.toContain("pl4nted");
    expect(lines.map((line) => JSON.parse(line).err)).toMatchObject([
      { code: "22P02", message: "Postgres does not take the data (22P02, json_errsave_error)" },
      { message: "outer: Postgres does not take the data (22P02, json_errsave_error)" },
      { message: "JSON cannot be parsed" },
    ]);
  });

  test("and anything else stays", () => {
    const { logger, lines } = record({ secrets: [...secrets, "ops", "short"] });
    const fields = {
      url: "http://127.0.0.1:5000/a:b@c",
      tokens: 3,
      has_token: true,
      password: null,
      host: "db:5432",
      headers: { accept: "*/*" },
      route: "/api/v1/callbacks/secret",
      about: "Basic authentication, Bearer tokens; the ops are short of password policies",
      odd: 'a "quoted" \\ text\nof two lines with %41, a key\u0007 and 日本語',
      key_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
    };
    logger.info(fields, "mail to a@b.example at 12:30");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ ...fields, msg: "mail to a@b.example at 12:30" });
  });
});

function btoaOf(text: string): string {
  return Buffer.from(text).toString("base64");
}

function escaped(char: string): string {
  const code = char.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

function nested(text: string): Error {
  return new Error("outer", { cause: new Error("middle", { cause: new TypeError(text) }) });
}

/** What a program that logs and exits at once leaves on its standard output. */
function outputOf(log_format: string): string {
  const script = `
    const { createLogger } = await import(${JSON.stringify(join(import.meta.dir, "../src/logger.ts"))});
    const logger = createLogger({ log_level: "info", log_format: ${JSON.stringify(log_format)} });
    for (let n = 1; n <= 1000; n++) logger.info({ n, cookie: "pl4nted" }, "Line");
    process.exit(0);`;
  return Bun.spawnSync([process.execPath, "-e", script]).stdout.toString();
}

test("the last lines before the exit are there; without a terminal they are JSON", () => {
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
  test("the runtime's warnings and the console go only to the log", () => {
    const { lines, stderr, exitCode } = meet(`
      import { EventEmitter } from "node:events";
      import { deprecate } from "node:util";
      process.emitWarning("pl4nted-header", "DeprecationWarning");
      const emitter = new EventEmitter();
      for (let n = 0; n < 11; n++) emitter.on("x", () => {});
      clearTimeout(setTimeout(() => {}, 2 ** 40));
      deprecate(() => {}, "old", "DEP1")();
      console.time("t"), console.timeEnd("t"), console.count(), console.group("g");
      for (const method of ["debug", "log", "info", "warn", "error", "trace", "dir", "table"]) {
        console[method]("said %s", "pl4nted-header", { a: 1 }, new Error("pl4nted-header"));
      }
      console.assert(false, "pl4nted-header");
      setTimeout(() => process.exit(0), 20);`);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries.filter(({ msg }) => msg === "Runtime warning").map(({ err }) => err.type)).toEqual(
      expect.arrayContaining(["MaxListenersExceededWarning", "TimeoutOverflowWarning", "DeprecationWarning"]),
    );
    expect(entries.filter((entry) => "console" in entry)).toHaveLength(9);
    expect(lines.join("")).not.toContain("pl4nted");
  });

  /** Runs a script that prepares for faults, and then meets one. */
  function meet(fault: string) {
    const script = `
      import { createLogger, captureOutput } from ${logger};
      captureOutput(createLogger({ log_level: "debug", log_format: "json", secrets: ["pl4nted-header"] }));
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
