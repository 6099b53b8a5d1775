import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { decode } from "../../../events/mod.ts";
import { SUPPORT_MESSAGES_MAX, SUPPORT_REOPENINGS_MAX } from "../../../src/domain/support.ts";
import { openLog } from "../../../src/log/mod.ts";
import { openEvents } from "../../../src/vault/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { type BreakingProxy, startProxy } from "../../support/proxy.ts";

const OPERATOR = "the-key-of-an-operator";
const JWT_SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";
let api: Harness;
beforeAll(async () => {
  api = await startApi({
    api_keys: [OPERATOR],
    jwt: { verify_with: { secret: JWT_SECRET }, issuer: ISSUER, audience: "authenticated" },
  });
});
afterAll(() => api.stop());

const ROUTE = "/api/v1/support";
const asked = { email: "ada@example.com", message: "My jobs wait.\n\tWhat can I do?" };
const ask = (body: unknown = asked, headers: Record<string, string> = {}) => api.ask(ROUTE, post(body, headers));

const historyOf = async (thread_id: string) =>
  (await openEvents(api.vault, await api.log.readStream(`support-${thread_id}`))).map(decode);

describe("opening a thread", () => {
  test("needs no key, and gives an id and a token of which only a hash is recorded", async () => {
    const { status, body, headers } = await ask();
    expect(status).toBe(201);
    expect(body).toEqual({
      thread_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: "open",
      reply_token: expect.stringMatching(/^lvr_[\w-]{43}$/),
    });
    const [opened] = await historyOf(body.thread_id);
    expect(opened).toMatchObject({
      type: "support.opened",
      position: Number(headers.get("levqor-position")),
      data: { ...asked, reply_token: { hash: new Bun.CryptoHasher("sha256").update(body.reply_token).digest("hex") } },
      meta: { actor: "visitor", correlation_id: body.thread_id },
    });
    expect(JSON.stringify(opened)).not.toContain(body.reply_token);
  });

  test("with a key is its holder's action", async () => {
    const { body } = await ask(asked, { "x-api-key": OPERATOR });
    expect((await historyOf(body.thread_id))[0]?.meta.actor).toMatch(/^key:[0-9a-f]{8}$/);
  });

  test("twice with one Idempotency-Key opens one thread, and gives the same token again", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const [first, second] = [await ask(asked, headers), await ask(asked, headers)];
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.headers.get("levqor-position")).toBe(first.headers.get("levqor-position"));
    expect(await historyOf(first.body.thread_id)).toHaveLength(1);
    const other = await ask({ ...asked, message: "Another matter." }, headers);
    expect([other.status, other.body.error]).toEqual([422, "idempotency_key_reused"]);
    expect(other.text).not.toContain(first.body.reply_token);
  });

  test("at the same moment with one Idempotency-Key opens one thread", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(asked, headers)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test("accepts a message and an address of the maximum length", async () => {
    const email = `${"a".repeat(64)}@${"b".repeat(61)}.${"c".repeat(61)}.${"d".repeat(61)}.org`;
    expect(email).toHaveLength(254);
    expect((await ask({ email, message: "😀".repeat(4_000) })).status).toBe(201);
  });

  test.each([
    ["a message too long", { ...asked, message: "x".repeat(4_001) }, "/message"],
    ["nothing to say", { ...asked, message: "" }, "/message"],
    ["a control character", { ...asked, message: "a\u0000b" }, "/message"],
    ["no address", { message: "Help" }, "/email"],
    ["an address too long", { ...asked, email: `${"a".repeat(250)}@b.co` }, "/email"],
    ["two addresses", { ...asked, email: "ada@example.com,eve@example.com" }, "/email"],
    ["a header in its address", { ...asked, email: "ada@example.com\r\nBcc: eve@example.com" }, "/email"],
    ["more than there is", { ...asked, subject: "Help" }, "/subject"],
  ])("is refused with %s", async (_, body, pointer) => {
    const answer = await ask(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].pointer).toBe(pointer);
    expect(answer.text).not.toContain("eve@example.com");
  });

  test.each([
    "   ",
    "\n\t\n",
    "\u200b",
    "\u00a0\u2003\ufeff",
    "\u2800",
    "\u3164 \u115f",
    "\u034f",
    "\u2062\u2069",
    "\ufe0f",
    "\u0301",
    "\u{e0041}",
  ])("is refused with a blank message: %j", async (message) => {
    const answer = await ask({ ...asked, message });
    expect([answer.status, answer.body.errors]).toEqual([422, [{ pointer: "/message", message: "must not be blank" }]]);
  });

  test("accepts text with leading or trailing white space unchanged", async () => {
    const { path, sender } = await open({ ...asked, message: "\n  Help.\n" });
    expect((await api.ask(path, { headers: sender })).body.messages[0].message).toBe("\n  Help.\n");
  });

  test("leaves nothing of what was written in the service's log", async () => {
    await ask({ email: "lovelace@example.com", message: "a-word-of-the-message" });
    await ask({ email: "lovelace@example.com", message: "a-word-of-the-message\u0000" });
    const logged = JSON.stringify(api.logged);
    expect(logged).toContain(ROUTE);
    expect(logged).not.toContain("lovelace");
    expect(logged).not.toContain("a-word-of-the-message");
  });
});

/** Opens a thread, and gives what its sender needs: its path, and the header that opens it. */
async function open(body: unknown = asked) {
  const { thread_id, reply_token } = (await ask(body)).body as { thread_id: string; reply_token: string };
  return { thread_id, path: `${ROUTE}/${thread_id}`, sender: { "levqor-reply-token": reply_token } };
}
const operator = { "x-api-key": OPERATOR };

/** Issues a key of some scopes. */
async function keyFor(...scopes: string[]): Promise<Record<string, string>> {
  const { body } = await api.ask("/api/v1/keys", post({ name: "Help desk", scopes }, operator));
  return { "x-api-key": body.key };
}

describe("a thread", () => {
  test("is read by its sender and by operators", async () => {
    const { thread_id, path, sender } = await open();
    for (const headers of [sender, operator, await keyFor("support:read")]) {
      const { status, body } = await api.ask(path, { headers });
      expect(status).toBe(200);
      expect(body).toEqual({
        thread_id,
        status: "open",
        email: asked.email,
        opened_at: expect.any(String),
        closed_at: null,
        messages: [{ from: "sender", message: asked.message, at: body.opened_at }],
      });
    }
  });

  test("reveals nothing to somebody who has only its id, not even whether it exists", async () => {
    const { path } = await open();
    const nowhere = `${ROUTE}/${crypto.randomUUID()}`;
    const other = await open();
    const refusals: [Record<string, string>, number, string][] = [
      [{}, 401, "unauthorized"],
      [{ "x-api-key": "no-key-of-anybody" }, 401, "unauthorized"],
      [await keyFor("jobs:read"), 403, "insufficient_scope"],
      [{ "levqor-reply-token": "" }, 404, "thread_not_found"],
      [{ "levqor-reply-token": `lvr_${"x".repeat(43)}` }, 404, "thread_not_found"],
      [other.sender, 404, "thread_not_found"],
    ];
    for (const [headers, status, error] of refusals) {
      const [there, missing] = [await api.ask(path, { headers }), await api.ask(nowhere, { headers })];
      expect([there.status, there.body.error]).toEqual([status, error]);
      expect([missing.status, missing.body.error]).toEqual([status, error]);
      expect(there.text).not.toContain(asked.email);
    }
    expect((await api.ask(nowhere, { headers: operator })).body.error).toBe("thread_not_found");
    expect((await api.ask(`${ROUTE}/no-uuid`, { headers: operator })).body.error).toBe("invalid_thread_id");
  });

  test("is not opened by a key if a reply token is sent, too: the token decides", async () => {
    const { path } = await open();
    const { sender } = await open();
    expect((await api.ask(path, { headers: { ...operator, ...sender } })).body.error).toBe("thread_not_found");
  });

  test("is not opened by a token in a URL, which would be logged along the way", async () => {
    const { path, sender } = await open();
    const answer = await api.ask(`${path}?token=${sender["levqor-reply-token"]}`, { headers: sender });
    expect(answer.body.error).toBe("credential_exposed");
    expect(JSON.stringify(api.logged)).not.toContain(sender["levqor-reply-token"]);
  });
});

test("a user's thread is forgotten with the user, and not by itself", async () => {
  const user_id = crypto.randomUUID();
  const token = await new SignJWT({ iss: ISSUER, aud: "authenticated", sub: user_id })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("10 min")
    .sign(new TextEncoder().encode(JWT_SECRET));
  const { body } = await ask(asked, { authorization: `Bearer ${token}` });
  const account = { "levqor-account": `user:${user_id}` };
  const by_key = await ask(asked, { ...operator, ...account });
  const visitors = await open();
  const path = `${ROUTE}/${body.thread_id}`;
  await api.ask(`${path}/messages`, post({ message: "We look." }, operator));
  expect((await historyOf(body.thread_id)).map(({ meta }) => meta.subject)).toEqual(Array(2).fill(`user:${user_id}`));
  expect((await historyOf(by_key.body.thread_id))[0]?.meta.subject).toBe(`user:${user_id}`);
  const alone = await api.ask(path, { method: "DELETE", headers: operator });
  expect([alone.status, alone.body.error]).toEqual([409, "thread_of_user"]);
  await api.vault.destroy(`user:${user_id}`, ["profile"]);
  const { email, messages } = (await api.ask(path, { headers: operator })).body;
  expect([email, messages.map(({ message }: { message: unknown }) => message)]).toEqual([null, [null, null]]);
  expect((await api.ask(visitors.path, { headers: operator })).body.email).toBe(asked.email);
});

describe("a message", () => {
  test("continues a thread: from its sender with the token, from an operator with a key", async () => {
    const { thread_id, path, sender } = await open();
    const answers = [
      await api.ask(`${path}/messages`, post({ message: "They run." }, await keyFor("support:write"))),
      await api.ask(`${path}/messages`, post({ message: "Thank you." }, sender)),
    ];
    for (const { status, body } of answers) expect([status, body]).toEqual([201, { thread_id, status: "open" }]);
    const { body } = await api.ask(path, { headers: sender });
    expect(body.messages.map(({ from, message }: Record<string, string>) => [from, message])).toEqual([
      ["sender", asked.message],
      ["operator", "They run."],
      ["sender", "Thank you."],
    ]);
    const [, answer, thanks] = await historyOf(thread_id);
    expect(answer?.meta.actor).toMatch(/^key:/);
    expect(thanks?.meta.actor).toBe("visitor");
  });

  test("is added once for an Idempotency-Key", async () => {
    const { thread_id, path, sender } = await open();
    const send = (message: string) =>
      api.ask(`${path}/messages`, post({ message }, { ...sender, "idempotency-key": "k" }));
    const [first, second] = [await send("Again"), await send("Again")];
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect((await send("Another")).body.error).toBe("idempotency_key_reused");
    expect(await historyOf(thread_id)).toHaveLength(2);
  });

  test("needs the scope, or the thread's own token", async () => {
    const { thread_id, path } = await open();
    const { sender } = await open();
    const send = (headers: Record<string, string>) => api.ask(`${path}/messages`, post({ message: "Me too" }, headers));
    expect((await send({})).body.error).toBe("unauthorized");
    expect((await send(await keyFor("support:read"))).body.error).toBe("insufficient_scope");
    expect((await send(sender)).body.error).toBe("thread_not_found");
    expect(await historyOf(thread_id)).toHaveLength(1);
  });

  test("is refused if it contains the token, is empty, or is too long", async () => {
    const { path, sender } = await open();
    const send = (message: string) => api.ask(`${path}/messages`, post({ message }, sender));
    expect((await send(`My token is ${sender["levqor-reply-token"]}`)).body.error).toBe("credential_exposed");
    expect((await send("")).body.errors[0].pointer).toBe("/message");
    expect((await send("x".repeat(4_001))).body.errors[0].pointer).toBe("/message");
    expect((await send("x".repeat(4_000))).status).toBe(201);
  });

  test("is one of a hundred at most", async () => {
    const { path, sender } = await open();
    const send = () => api.ask(`${path}/messages`, post({ message: "And another" }, sender));
    for (let i = 1; i < SUPPORT_MESSAGES_MAX; i++) expect((await send()).status).toBe(201);
    expect((await send()).body).toMatchObject({ error: "conflict", detail: expect.stringContaining("has 100") });
    expect((await api.ask(path, { headers: sender })).body.messages).toHaveLength(SUPPORT_MESSAGES_MAX);
  });
});

describe("closing a thread", () => {
  test("ends it, for its sender and for operators", async () => {
    for (const who of ["sender", "operator"] as const) {
      const { thread_id, path, sender } = await open();
      const headers = who === "sender" ? sender : await keyFor("support:write");
      const close = () => api.ask(`${path}/close`, { method: "POST", headers });
      const [first, second] = [await close(), await close()];
      expect([first.status, first.body]).toEqual([200, { thread_id, status: "closed" }]);
      expect([second.status, second.body]).toEqual([200, { thread_id, status: "closed" }]);
      expect((await historyOf(thread_id)).slice(1)).toMatchObject([{ type: "support.closed", data: { by: who } }]);
      const { body } = await api.ask(path, { headers: sender });
      expect(body).toMatchObject({ status: "closed", closed_at: expect.any(String) });
      const late = await api.ask(`${path}/messages`, post({ message: "And yet" }, sender));
      expect([late.status, late.body.error]).toEqual([409, "conflict"]);
    }
  });

  test("needs the scope, or the thread's own token", async () => {
    const [{ path }, { sender }] = [await open(), await open()];
    const close = (headers = {}) => api.ask(`${path}/close`, { method: "POST", headers });
    expect((await close()).body.error).toBe("unauthorized");
    expect((await close(await keyFor("support:read"))).body.error).toBe("insufficient_scope");
    expect((await close(sender)).body.error).toBe("thread_not_found");
  });
});

describe("reopening a thread", () => {
  test("lets both sides continue, a limited number of times", async () => {
    const { thread_id, path, sender } = await open();
    const act = (what: string, headers: Record<string, string>) =>
      api.ask(`${path}/${what}`, { method: "POST", headers });
    for (let i = 0; i < SUPPORT_REOPENINGS_MAX; i++) {
      await act("close", operator);
      const { status, body } = await act("reopen", i === 0 ? operator : sender);
      expect([status, body]).toEqual([200, { thread_id, status: "open" }]);
    }
    expect((await act("reopen", sender)).status).toBe(200);
    expect((await api.ask(`${path}/messages`, post({ message: "And yet" }, sender))).status).toBe(201);
    expect((await api.ask(path, { headers: sender })).body).toMatchObject({ status: "open", closed_at: null });
    await act("close", sender);
    const late = await act("reopen", sender);
    expect([late.status, late.body.error]).toEqual([409, "conflict"]);
    expect(late.body.detail).toContain("20 times");
  });

  test("needs the scope, or the thread's own token", async () => {
    const [{ path }, { sender }] = [await open(), await open()];
    const reopen = (headers = {}) => api.ask(`${path}/reopen`, { method: "POST", headers });
    expect((await reopen()).body.error).toBe("unauthorized");
    expect((await reopen(await keyFor("support:read"))).body.error).toBe("insufficient_scope");
    expect((await reopen(sender)).body.error).toBe("thread_not_found");
  });
});

describe("erasing a thread", () => {
  test("destroys what was written, for its sender and for operators", async () => {
    for (const who of ["sender", "operator"] as const) {
      const { thread_id, path, sender } = await open();
      await api.ask(`${path}/messages`, post({ message: "They run." }, operator));
      const erase = async () => {
        const headers = who === "sender" ? sender : await keyFor("support:write");
        return await api.ask(path, { method: "DELETE", headers });
      };
      for (const { status, body } of [await erase(), await erase()]) {
        expect([status, body]).toEqual([200, { thread_id, status: "erased" }]);
      }
      const history = await historyOf(thread_id);
      expect(history.slice(2)).toMatchObject([{ type: "support.erased", data: { by: who } }]);
      expect(history.slice(0, 2).map(({ data }) => data)).toMatchObject([
        { email: null, message: null },
        { from: "operator", message: null },
      ]);
      const { body } = await api.ask(path, { headers: sender });
      expect(body).toMatchObject({ status: "erased", email: null, closed_at: expect.any(String) });
      expect(body.messages.map(({ message }: { message: unknown }) => message)).toEqual([null, null]);
      for (const late of [
        await api.ask(`${path}/messages`, post({ message: "And yet" }, sender)),
        await api.ask(`${path}/reopen`, { method: "POST", headers: sender }),
      ]) {
        expect([late.status, late.body.error]).toEqual([409, "conflict"]);
      }
    }
  });

  test("shows nothing from the moment that it is on record, even before the keys are destroyed", async () => {
    const { thread_id, path, sender } = await open();
    const known = await api.log.readStream(`support-${thread_id}`);
    await api.log.append({
      stream_id: `support-${thread_id}`,
      expected_version: known.length,
      events: [{ type: "support.erased", data: { by: "operator" } }],
      meta: { actor: "anonymous", correlation_id: thread_id },
    });
    const { text, body } = await api.ask(path, { headers: sender });
    expect(body.messages).toHaveLength(1);
    expect(text).not.toContain("My jobs wait");
    expect(text).not.toContain(asked.email);
  });

  test("leaves other threads of the same address as they are", async () => {
    const [one, other] = [await open(), await open()];
    await api.ask(one.path, { method: "DELETE", headers: one.sender });
    expect((await api.ask(other.path, { headers: other.sender })).body.email).toBe(asked.email);
  });

  test("needs the scope, or the thread's own token", async () => {
    const [{ path, sender }, other] = [await open(), await open()];
    const erase = (headers = {}) => api.ask(path, { method: "DELETE", headers });
    expect((await erase()).body.error).toBe("unauthorized");
    expect((await erase(await keyFor("support:read"))).body.error).toBe("insufficient_scope");
    expect((await erase(other.sender)).body.error).toBe("thread_not_found");
    expect((await api.ask(path, { headers: sender })).body.email).toBe(asked.email);
  });
});

describe("the list of threads", () => {
  const seen = async (query: string, position: string) =>
    (await api.ask(`${ROUTE}${query}`, { headers: { ...operator, "levqor-min-position": position } })).body;

  test("shows the newest first, in pages, without what was written", async () => {
    const [first, second] = [await open(), await open()];
    const answer = await api.ask(`${first.path}/messages`, post({ message: "They run." }, operator));
    const page = await seen("?limit=1", answer.headers.get("levqor-position") ?? "");
    expect(page).toMatchObject({ data: [{ thread_id: second.thread_id, messages: 1, last_message_from: "sender" }] });
    const next = await seen(`?limit=1&cursor=${page.next_cursor}`, "");
    expect(next.data).toEqual([
      {
        thread_id: first.thread_id,
        status: "open",
        messages: 2,
        last_message_from: "operator",
        last_message_at: expect.any(String),
        opened_at: expect.any(String),
        closed_at: null,
      },
    ]);
  });

  test("shows threads of one status", async () => {
    const [done, other] = [await open(), await open()];
    const { headers } = await api.ask(`${done.path}/close`, { method: "POST", headers: operator });
    const position = headers.get("levqor-position") ?? "";
    const idsOf = async (status: string) =>
      (await seen(`?limit=100&status=${status}`, position)).data.map(
        (thread: { thread_id: string }) => thread.thread_id,
      );
    const [open_ids, closed_ids] = [await idsOf("open"), await idsOf("closed")];
    expect(closed_ids).toContain(done.thread_id);
    expect(closed_ids).not.toContain(other.thread_id);
    expect(open_ids).toContain(other.thread_id);
    expect(open_ids).not.toContain(done.thread_id);
    expect((await seen("?status=lost", position)).error).toBe("validation_failed");
  });

  test("is for operators alone: no reply token opens it", async () => {
    const { sender } = await open();
    expect((await api.ask(ROUTE, { headers: sender })).body.error).toBe("unauthorized");
    expect((await api.ask(ROUTE, { headers: await keyFor("support:write") })).body.error).toBe("insufficient_scope");
  });
});

test("the inbox reports how many threads wait for an answer", async () => {
  const inbox = await startApi({ api_keys: [OPERATOR] });
  try {
    const health = async () => (await inbox.ask(`${ROUTE}/health`, { headers: operator })).body;
    const shown = async ({ headers }: { headers: Headers }) => {
      const position = headers.get("levqor-position") ?? "";
      const list = await inbox.ask(ROUTE, { headers: { ...operator, "levqor-min-position": position } });
      expect(list.status).toBe(200);
      return await health();
    };
    const position = expect.any(Number);
    expect(await health()).toEqual({ ok: true, position, open: 0, unanswered: 0, oldest_unanswered_at: null });
    const first = await inbox.ask(ROUTE, post(asked));
    const [opened] = (await inbox.log.readStream(`support-${first.body.thread_id}`)).map(decode);
    const second = await inbox.ask(ROUTE, post(asked));
    const oldest_unanswered_at = opened?.recorded_at;
    expect(await shown(second)).toEqual({ ok: true, position, open: 2, unanswered: 2, oldest_unanswered_at });
    const answer = await inbox.ask(`${ROUTE}/${second.body.thread_id}/messages`, post({ message: "So." }, operator));
    expect(await shown(answer)).toEqual({ ok: true, position, open: 2, unanswered: 1, oldest_unanswered_at });
    const close = { method: "POST", headers: operator };
    const closed = await inbox.ask(`${ROUTE}/${first.body.thread_id}/close`, close);
    expect(await shown(closed)).toEqual({ ok: true, position, open: 1, unanswered: 0, oldest_unanswered_at: null });
    expect((await inbox.ask(`${ROUTE}/health`)).body.error).toBe("unauthorized");
  } finally {
    await inbox.stop();
  }
});

test("one address opens five threads a minute", async () => {
  const limited = await startApi({ api_keys: [OPERATOR], rate_limits: { burst: 100, global: null, tiers: {} } });
  try {
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await limited.ask(ROUTE, post(asked)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429]);
    expect(answers.at(-1)?.body).toMatchObject({ error: "rate_limited", violated_policies: ["support"] });
  } finally {
    await limited.stop();
  }
});

test("a process opens 100 threads without a key at once; keys and repetitions are not held up", async () => {
  const service = await startApi({ api_keys: [OPERATOR] });
  try {
    const open = (headers?: Record<string, string>) => service.ask(ROUTE, post(asked, headers));
    const repeated = { "idempotency-key": crypto.randomUUID() };
    const first = await open(repeated);
    const again = await open(repeated);
    expect([first.status, again.status, again.body.reply_token]).toEqual([201, 201, first.body.reply_token]);
    const opened = await Promise.all(Array.from({ length: 120 }, () => open()));
    expect(opened.filter(({ status }) => status === 201)).toHaveLength(99);
    const refused = opened.find(({ status }) => status === 429);
    expect(refused?.body.error).toBe("too_many_threads");
    expect(refused?.headers.get("retry-after")).toBe("60");
    expect((await open({ "x-api-key": OPERATOR })).status).toBe(201);
    const last = await open(repeated);
    expect([last.status, last.body.reply_token]).toEqual([201, first.body.reply_token]);
    const other = await service.ask(ROUTE, post({ ...asked, message: "Another matter." }, repeated));
    expect([other.status, other.body.error]).toEqual([422, "idempotency_key_reused"]);
    expect((await open({ "idempotency-key": crypto.randomUUID() })).body.error).toBe("too_many_threads");
  } finally {
    await service.stop();
  }
});

test("a thread that could not be recorded does not count towards those opened without a key", async () => {
  let proxy: BreakingProxy | undefined;
  const service = await startApi({
    api_keys: [OPERATOR],
    async openApiLog(url) {
      proxy = await startProxy(url);
      proxy.refusing = true;
      return openLog({ url: proxy.url, append_timeout_ms: 3_000 });
    },
  });
  try {
    const open = () => service.ask(ROUTE, post(asked));
    const failed = await Promise.all(Array.from({ length: 100 }, open));
    expect(new Set(failed.map(({ status }) => status))).toEqual(new Set([503]));
    if (proxy) proxy.refusing = false;
    expect((await open()).status).toBe(201);
  } finally {
    await service.stop();
    await proxy?.close();
  }
});
