/** Users who are locked out, as each process knows them from the log. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { userAccount, userStream } from "../../events/user.ts";
import { type Access, type Identity, onAccessEnd } from "../../src/access/mod.ts";
import { eventually } from "../support/service.ts";
import { type AccessBench, accessBench } from "./support.ts";

let bench: AccessBench;
beforeAll(async () => {
  bench = await accessBench();
});
afterAll(() => bench.stop());

/** Tokens that name their user. As of an auth server, the identity of one is made once. */
const identities = new Map<string, Identity>();
const start = () =>
  bench.start({
    token: (text) => {
      const before = identities.get(text);
      if (before) return before;
      const actor = userAccount(text.slice("a.b.".length));
      const caller = { actor, identity: actor, account: actor, counted_as: actor, tier: "free", operator: false };
      const identity: Identity = {
        kind: "known",
        caller: { ...caller, scopes: "all", workflows: "all", expires_at: null },
      };
      identities.set(text, identity);
      return identity;
    },
  });
const identify = async (access: Access, userId: string): Promise<Identity> => await access.identify(`a.b.${userId}`);

async function record(userId: string, ...types: string[]): Promise<void> {
  const stream_id = userStream(userId);
  const [last] = (await bench.log.readLast([stream_id])).events.values();
  await bench.log.append({
    stream_id,
    expected_version: last?.version ?? 0,
    events: types.map((type) => ({ type, data: {} })),
    meta: { actor: "test", account: userAccount(userId), correlation_id: userId },
  });
}

test("a process that starts knows them before it admits any user", async () => {
  const [suspended, resumed, other] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  await record(suspended, "user.created", "user.suspended");
  await record(resumed, "user.created", "user.suspended", "user.resumed");
  const access = start();
  const kinds = [suspended, resumed, other].map(async (id) => (await identify(access, id)).kind);
  expect(await Promise.all(kinds)).toEqual(["locked_out", "known", "known"]);
});

test("what lasts ends when its user is locked out, and not when another is", async () => {
  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const access = start();
  const ended: string[] = [];
  for (const id of [one, other]) {
    const identity = await identify(access, id);
    if (identity.kind !== "known") throw new Error(`${identity.kind} is not known`);
    // Requests of one token share an identity, and what is made of it.
    expect(await identify(access, id)).toBe(identity);
    onAccessEnd(identity.caller, () => ended.push(id));
    onAccessEnd(identity.caller, () => ended.push("cancelled"))();
  }
  await record(one, "user.created", "user.suspended");
  await eventually(() => ended.length > 0);
  expect(ended).toEqual([one]);
  expect((await identify(access, one)).kind).toBe("locked_out");
  await record(one, "user.resumed");
  await eventually(async () => (await identify(access, one)).kind === "known");
});
