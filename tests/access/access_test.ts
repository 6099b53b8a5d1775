import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Identity, mayDo, type Scope, scopes } from "../../src/access/mod.ts";
import { type AccessBench, accessBench } from "./support.ts";

const ALL_SCOPES = Object.keys(scopes) as Scope[];

let bench: AccessBench;
beforeAll(async () => {
  bench = await accessBench();
});
afterAll(() => bench.stop());

function known(identity: Identity | Promise<Identity>) {
  if (identity instanceof Promise || identity.kind !== "known") throw new Error(`Unknown: ${JSON.stringify(identity)}`);
  return identity.caller;
}

describe("the operator's keys", () => {
  const keys = ["first-key", "second-key", "first-key"];

  test("open everything, each as a caller of its own, without a wait", () => {
    const access = bench.start({ keys });
    const first = known(access.identify("first-key"));
    expect(first.actor).toMatch(/^key:[0-9a-f]{8}$/);
    expect(first).toMatchObject({ tier: "enterprise", own_only: false, scopes: "all", workflows: "all" });
    expect(known(access.identify("second-key")).identity).not.toBe(first.identity);
    expect(known(access.identify("first-key"))).toBe(first);
    expect(ALL_SCOPES.filter((scope) => !mayDo(first, scope))).toEqual([]);
  });

  test("are taken exactly as they are", () => {
    const access = bench.start({ keys });
    expect(access.identify(null)).toEqual({ kind: "none" });
    for (const credential of ["", "first-ke", "first-key ", "FIRST-KEY", "first-key,second-key", "\0", "é"]) {
      expect(access.identify(credential)).toEqual({ kind: "refused", reason: "The key is not known here." });
    }
  });

  test("may look like issued ones", () => {
    const access = bench.start({ keys: ["lvq_live_of-the-operator"] });
    expect(known(access.identify("lvq_live_of-the-operator")).scopes).toBe("all");
  });
});

test("without keys, everyone may do everything", () => {
  const access = bench.start();
  expect(access.required).toBe(false);
  for (const credential of [null, "whatever"]) {
    expect(known(access.identify(credential))).toMatchObject({ actor: "anonymous", tier: null, scopes: "all" });
  }
});

test("a caller may do what its scopes say, and nothing else", () => {
  const access = bench.start();
  const caller = { ...known(access.identify(null)), scopes: new Set<Scope>(["jobs:read", "ops:read"]) };
  expect(ALL_SCOPES.filter((scope) => mayDo(caller, scope))).toEqual(["jobs:read", "ops:read"]);
});
