import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Identity, mayDo, type Scope, scopes } from "../../src/access/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { createKey, revokeKey } from "../../src/features/keys/commands.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { eventually } from "../support/service.ts";
import { type AccessBench, accessBench } from "./support.ts";

const ALL_SCOPES = Object.keys(scopes) as Scope[];

let bench: AccessBench;
beforeAll(async () => {
  bench = await accessBench();
});
afterAll(() => bench.stop());

/** A bus that nothing tells of commits. */
function withoutNews(log: EventLog) {
  return inProcessBus({
    log: {
      head: () => log.head(),
      readRange: (...range) => log.readRange(...range),
      onCommit: () => () => {},
    },
  });
}

function known(identity: Identity | Promise<Identity>) {
  if (identity instanceof Promise || identity.kind !== "known") throw new Error(`Unknown: ${JSON.stringify(identity)}`);
  return identity.caller;
}

describe("the operator's keys", () => {
  const keys = ["first-key", "second-key", "first-key"];

  test("open everything, each as a separate caller, without a wait", () => {
    const access = bench.start({ keys });
    const first = known(access.identify("first-key"));
    expect(first.actor).toMatch(/^key:[0-9a-f]{8}$/);
    expect(first).toMatchObject({ tier: "enterprise", account: "operator", scopes: "all", workflows: "all" });
    expect(known(access.identify("second-key")).identity).not.toBe(first.identity);
    expect(known(access.identify("first-key"))).toBe(first);
    expect(ALL_SCOPES.filter((scope) => !mayDo(first, scope))).toEqual([]);
  });

  test("are accepted only exactly as they are", () => {
    const access = bench.start({ keys });
    expect(access.identify(null)).toEqual({ kind: "none" });
    for (const credential of ["", "first-ke", "first-key ", "FIRST-KEY", "first-key,second-key", "\0", "é"]) {
      expect(access.identify(credential)).toEqual({ kind: "refused", reason: "The key is unknown." });
    }
  });

  test("may look like issued ones", () => {
    const access = bench.start({ keys: ["lvq_live_of-the-operator"] });
    expect(known(access.identify("lvq_live_of-the-operator")).scopes).toBe("all");
  });
});

test("without keys, everybody may do everything", () => {
  const access = bench.start();
  expect(access.required).toBe(false);
  for (const credential of [null, "whatever"]) {
    expect(known(access.identify(credential))).toMatchObject({ actor: "anonymous", tier: null, scopes: "all" });
  }
});

test("a caller may do what its scopes allow, and nothing else", () => {
  const access = bench.start();
  const caller = { ...known(access.identify(null)), scopes: new Set<Scope>(["jobs:read", "ops:read"]) };
  expect(ALL_SCOPES.filter((scope) => mayDo(caller, scope))).toEqual(["jobs:read", "ops:read"]);
});

describe("issued keys", () => {
  const issue = (log: EventLog, key_id: string, more: object = {}) =>
    createKey(log, {
      key_id,
      meta: { actor: "test", correlation_id: key_id },
      name: "T",
      environment: "live",
      scopes: ["jobs:read"],
      workflows: null,
      tier: "free",
      expires_at: null,
      ...more,
    });
  const revoke = (log: EventLog, key_id: string) =>
    revokeKey(log, { key_id, meta: { actor: "test", correlation_id: key_id } });

  test("are known with their grants, though they were issued before the start", async () => {
    const key_id = crypto.randomUUID();
    const expires_at = "2099-01-01T00:00:00.000Z";
    const { secret } = await issue(bench.log, key_id, { workflows: ["http"], expires_at });
    const access = bench.start({ keys: ["an-operators-key"] });
    expect(known(await access.identify(secret))).toMatchObject({
      actor: `key:${key_id}`,
      identity: `key:${key_id}`,
      scopes: new Set(["jobs:read"]),
      workflows: new Set(["http"]),
      tier: "free",
      expires_at: Date.parse(expires_at),
    });
    // Then without a wait.
    expect(known(access.identify(secret)).actor).toBe(`key:${key_id}`);
  });

  test("become known even if the bus brings no news", async () => {
    const access = bench.start({ keys: ["an-operators-key"], bus: withoutNews(bench.log) });
    const key_id = crypto.randomUUID();
    const { secret } = await issue(bench.log, key_id);
    const caller = known(await access.identify(secret));
    const ended = Promise.withResolvers<void>();
    caller.ended?.[0]?.addEventListener("abort", () => ended.resolve());
    await revoke(bench.log, key_id);
    const revoked = performance.now();
    await ended.promise;
    expect(performance.now() - revoked).toBeLessThan(5_000);
    expect(access.identify(secret)).toEqual({ kind: "refused", reason: "The key is revoked." });
  });

  test("that do not exist are rejected after the log was asked, with one query for all that wait", async () => {
    const access = bench.start({ keys: ["an-operators-key"] });
    const [first, second] = await Promise.all([
      issue(bench.log, crypto.randomUUID()),
      issue(bench.log, crypto.randomUUID()),
    ]);
    // Of another log: well-formed, and unknown here.
    const elsewhere = await accessBench();
    const strangers = await Promise.all(Array.from({ length: 50 }, () => issue(elsewhere.log, crypto.randomUUID())));
    await elsewhere.stop();
    const identities = await Promise.all([...strangers, first, second].map(({ secret }) => access.identify(secret)));
    expect(identities.map(({ kind }): string => kind)).toEqual([...strangers.map(() => "refused"), "known", "known"]);
  });

  test("cannot be verified while the log cannot be read; known ones keep working", async () => {
    const log = openLog({ url: bench.url() });
    const access = bench.start({ keys: ["an-operators-key"], log, bus: withoutNews(log) });
    const { secret } = await issue(bench.log, crypto.randomUUID());
    await eventually(async () => (await access.identify(secret)).kind === "known");
    await log.close();
    const { secret: newer } = await issue(bench.log, crypto.randomUUID());
    expect(known(access.identify(secret)).scopes).toEqual(new Set(["jobs:read"]));
    expect(await access.identify(newer)).toMatchObject({ kind: "undecided" });
  });
});
