import { afterAll, beforeAll, describe, expect, setSystemTime, test } from "bun:test";
import { decode } from "../../events/mod.ts";
import { sessionStream } from "../../events/session.ts";
import { type Access, type Identity, isRecent, newSessionSecret } from "../../src/access/mod.ts";
import { endSession } from "../../src/access/session_ends.ts";
import { SESSION_IDLE_MS, SESSION_MAX_MS, SESSION_USE_MS, STEP_UP_MS } from "../../src/domain/session.ts";
import { signedIn } from "../support/sessions.ts";
import { type AccessBench, accessBench } from "./support.ts";

let bench: AccessBench;
beforeAll(async () => {
  bench = await accessBench();
});
afterAll(() => bench.stop());

function known(identity: Identity) {
  if (identity.kind !== "known") throw new Error(`The caller is not known: ${JSON.stringify(identity)}`);
  return identity.caller;
}

function refusal(identity: Identity): string {
  return identity.kind === "refused" ? identity.reason : identity.kind;
}

const end = ({ session_id, user }: { session_id: string; user: string }) =>
  endSession(bench.log, { session_id, user, reason: "revoked", meta: { actor: user } });

/** Runs at another time. */
async function at<Value>(time: number, run: () => Value | Promise<Value>): Promise<Value> {
  setSystemTime(new Date(time));
  try {
    return await run();
  } finally {
    setSystemTime();
  }
}

describe("a session", () => {
  test("identifies its user, who acts for their own account, from its start", async () => {
    const access = bench.start({ keys: ["an-operators-key"] });
    const { user, token, session_id } = await signedIn(bench.log);
    const caller = known(await access.identify(token));
    expect(caller).toMatchObject({ actor: user, account: user, scopes: "all", operator: false, tier: "free" });
    expect(caller.session).toEqual({ id: session_id, signed_in_at: expect.any(Number) });
    expect(caller.expires_at).toBe((caller.session?.signed_in_at ?? 0) + SESSION_MAX_MS);
    // Then without a wait.
    expect(access.identify(token)).toEqual({ kind: "known", caller });
  });

  test("is known to a process that starts later, which reads no streams of sessions that have expired", async () => {
    const { token } = await signedIn(bench.log);
    const asked: (string | undefined)[] = [];
    const log = new Proxy(bench.log, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name !== "readCategory") return typeof value === "function" ? value.bind(target) : value;
        return (category: string, options: { from?: string }) => {
          if (category === "session") asked.push(options.from);
          return target.readCategory(category, options);
        };
      },
    });
    const access = bench.start({ keys: ["an-operators-key"], log });
    expect(known(await access.identify(token)).actor).toStartWith("user:");
    const [from] = asked;
    const hex = from?.replace("-", "") ?? "";
    const days_ago = (Date.now() - Number.parseInt(hex, 16)) / 86_400_000;
    expect(days_ago).toBeGreaterThan(30);
    expect(days_ago).toBeLessThan(31);
  });

  test("that is ended is rejected everywhere, and what it opened ends", async () => {
    const [here, there] = [bench.start({ keys: ["k".repeat(16)] }), bench.start({ keys: ["k".repeat(16)] })];
    const one = await signedIn(bench.log);
    const callers = [known(await here.identify(one.token)), known(await there.identify(one.token))];
    const ended = callers.map((caller) => new Promise((end) => caller.ended?.[0]?.addEventListener("abort", end)));
    await end(one);
    await Promise.all(ended);
    for (const access of [here, there]) {
      expect(refusal(await access.identify(one.token))).toMatch(/ended/);
      expect(await access.sessionsOf(one.user)).toEqual([]);
    }
  });

  test("expires 14 days after its last use, each of which prolongs it, and is recorded once a day", async () => {
    const access = bench.start({ keys: ["an-operators-key"] });
    const { user, token, session_id } = await signedIn(bench.log);
    const start = known(await access.identify(token)).session?.signed_in_at as number;
    const first = start + SESSION_IDLE_MS - 1;
    expect(await at(first, () => access.identify(token))).toMatchObject({ kind: "known" });
    expect(await at(first + SESSION_IDLE_MS - 1, () => access.identify(token))).toMatchObject({ kind: "known" });
    const after = async (time: number, of: Access) => refusal(await at(time, () => of.identify(token)));
    expect(await after(start + SESSION_MAX_MS, access)).toMatch(/expired/);
    await at(first, () => access.stop());
    const history = (await bench.log.readStream(sessionStream(session_id))).map(decode);
    expect(history.map(({ type, meta }) => [type, meta.actor, meta.account])).toEqual([
      ["session.started", user, user],
      ["session.used", user, user],
    ]);
    const later = bench.start({ keys: ["an-operators-key"] });
    await later.identify(token);
    expect(await after(start + SESSION_IDLE_MS + SESSION_USE_MS, later)).toMatch(/expired/);
  });

  test.each([
    ["of another log", newSessionSecret().text, /unknown/],
    ["with a letter changed", `lvs_${"a".repeat(38)}`, /damaged/],
    ["cut", newSessionSecret().text.slice(0, -1), /damaged/],
    ["empty", "lvs_", /damaged/],
  ])("%s is rejected", async (_, token, reason) => {
    for (const keys of [["an-operators-key"], []]) {
      const access = bench.start({ keys });
      expect(refusal(await access.identify(token))).toMatch(reason);
    }
  });

  test("of a form that no session has is rejected without a look-up", () => {
    const access = bench.start({ keys: ["an-operators-key"] });
    for (const text of [`lvs_${"a".repeat(38)}`, "lvs_", "lvx_abc", "a b"]) {
      expect(access.identify(text)).not.toBeInstanceOf(Promise);
    }
  });
});

test("a sign-in is recent for ten minutes; keys need none", () => {
  const at = (signed_in_at: number | null) => ({ session: { id: "1", signed_in_at } });
  expect(isRecent(at(1_000), 1_000 + STEP_UP_MS - 1)).toBe(true);
  expect(isRecent(at(1_000), 1_000 + STEP_UP_MS)).toBe(false);
  expect(isRecent(at(null), 1_000)).toBe(false);
  expect(isRecent({}, 1_000)).toBe(true);
});
