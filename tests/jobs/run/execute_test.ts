import { afterAll, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import type { ConnectorContext } from "../../../connectors/connector.ts";
import { http } from "../../../connectors/http.ts";
import { type Connector, createOutbound } from "../../../connectors/mod.ts";
import { execute, toRunnables } from "../../../src/jobs/run/execute.ts";
import { startRawServer } from "../../support/raw_http.ts";
import { roundsDuring } from "../../support/rounds.ts";

const server = await startRawServer(({ socket, path }) => {
  if (path === "/body") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
});
afterAll(() => server.close());

/** Calls as a library does that knows of no signal. */
function calling(init?: RequestInit): Connector {
  return {
    ...(http as unknown as Connector),
    run: async ({ url }, { fetch }) => await (await fetch(url as string, init)).text(),
  };
}

function run(connector: Connector, { payload, signal }: { payload: unknown; signal: AbortSignal }) {
  const runnable = toRunnables(new Map([["http", connector]])).get("http");
  const context = { signal, idempotency_key: "key-1", fetch: createOutbound({ allow: ["127.0.0.1"] }) };
  return execute(runnable as NonNullable<typeof runnable>, { payload, context });
}

describe("a connector's calls end with its attempt, if they pass on", () => {
  test.each<[string, RequestInit | undefined]>([
    ["no signal", undefined],
    ["null", { signal: null }],
    ["another signal", { signal: new AbortController().signal }],
  ])("%s", async (_, init) => {
    for (const path of ["/head", "/body"]) {
      const attempt = new AbortController();
      const running = run(calling(init), { payload: { url: server.origin + path }, signal: attempt.signal });
      setTimeout(() => attempt.abort(new Error("The attempt must stop.")), 50);
      await expect(running).rejects.toThrow("The attempt must stop.");
    }
  });
  test("and their own signal ends them, too", async () => {
    const own = AbortSignal.timeout(50);
    const payload = { url: `${server.origin}/head` };
    const outcome = await run(calling({ signal: own }), { payload, signal: new AbortController().signal });
    expect(outcome).toMatchObject({ ok: false, error: { code: "connector_fault" }, fault: own.reason });
  });
});

test("a request with too many headers is rejected before it is sent", async () => {
  const headersOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`h${i}`, ""]));
  const { signal } = new AbortController();
  const before = server.requests.length;
  const payload = { url: `${server.origin}/body`, headers: headersOf(101) };
  expect(await run(http as unknown as Connector, { payload, signal })).toMatchObject({
    ok: false,
    error: { code: "invalid_payload", message: expect.stringContaining("/headers") },
  });
  expect(server.requests).toHaveLength(before);
  const least = { url: `${server.origin}/body`, headers: headersOf(100), timeout_ms: 300 };
  expect(await run(http as unknown as Connector, { payload: least, signal })).toMatchObject({
    error: { code: "timeout" },
  });
  expect(server.requests.at(-1)?.head).toContain("h99:");
});

test("a payload that does not fit gets a short error, however long its keys are", async () => {
  const connector: Connector = {
    name: "strict",
    summary: "Takes lists of texts.",
    input: Type.Record(Type.String(), Type.Array(Type.String())),
    output: Type.Unknown(),
    run: async (input) => input,
  };
  const runnable = toRunnables(new Map([["strict", connector]])).get("strict");
  if (!runnable) throw new Error("There is no connector");
  const payload = { ["k".repeat(200_000)]: Array(1_000).fill(1) };
  const outcome = await execute(runnable, { payload, context: {} as ConnectorContext });
  const errors = Array(10).fill({ pointer: `/${"k".repeat(199)}…`, message: "Expected string" });
  expect(outcome).toMatchObject({ ok: false, error: { code: "invalid_payload", detail: { errors } } });
  expect(JSON.stringify(outcome).length).toBeLessThan(4_000);
});

describe("the outputs of connectors for many jobs at once", () => {
  /** Longer than a slice. */
  function work(): void {
    const until = performance.now() + 6;
    while (performance.now() < until);
  }
  const signal = new AbortController().signal;

  test("are checked in turns of the event loop, one in each", async () => {
    const connector: Connector = {
      ...(http as unknown as Connector),
      run: async () => ({
        get value() {
          work();
          return 1;
        },
      }),
    };
    const payload = { url: server.origin };
    const rounds = await roundsDuring(() =>
      Promise.all(Array.from({ length: 20 }, () => run(connector, { payload, signal }))),
    );
    expect(rounds).toBeGreaterThanOrEqual(18);
  });

  test("is read in turn, too, as the response to a call", async () => {
    const answer = {
      headers: new Headers(),
      body: null,
      get status() {
        work();
        return 200;
      },
    };
    const context = { signal, idempotency_key: "key-1", fetch: async () => answer as unknown as Response };
    const rounds = await roundsDuring(() =>
      Promise.all(Array.from({ length: 20 }, () => http.run({ url: "http://service.test/" }, context))),
    );
    expect(rounds).toBeGreaterThanOrEqual(18);
  });

  test("is checked before the next response is read: few are decoded at once", async () => {
    let held = 0;
    let most = 0;
    const answer = {
      headers: new Headers(),
      body: null,
      get status() {
        most = Math.max(most, ++held);
        work();
        return 200;
      },
    };
    const runnable = toRunnables(new Map([["http", http as unknown as Connector]])).get("http");
    const context = { signal, idempotency_key: "key-1", fetch: async () => answer as unknown as Response };
    const payload = { url: "http://service.test/" };
    const one = async () => {
      const outcome = await execute(runnable as NonNullable<typeof runnable>, { payload, context });
      held--;
      return outcome.ok;
    };
    expect(await Promise.all(Array.from({ length: 20 }, one))).toEqual(Array(20).fill(true));
    expect(most).toBeLessThanOrEqual(2);
  });
});
