/** Sessions over the API: by token and by cookie, listed, and ended. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { EventLog } from "../../../src/log/mod.ts";
import { personalLog } from "../../../src/vault/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { openSocket } from "../../http/socket_client.ts";
import { openSse } from "../../http/sse_client.ts";
import { type SignedIn, signedIn } from "../../support/sessions.ts";

const KEY = "the-key-of-the-operator";
/** Without https, in development. */
const COOKIE = "levqor-session-dev";

let api: Harness;
let log: EventLog;
beforeAll(async () => {
  api = await startApi({ api_keys: [KEY] });
  log = personalLog(api.log, api.vault);
});
afterAll(() => api.stop());

const cookie = ({ token }: SignedIn, more: Record<string, string> = {}) => ({
  cookie: `a=b; ${COOKIE}=${token}`,
  ...more,
});
const own = { "sec-fetch-site": "same-origin" };
const ask = (method: string, path: string, headers: Record<string, string>): Promise<Answer> =>
  api.ask(path, { method, headers });

describe("a session's token", () => {
  test("does what its user may do, in their own account", async () => {
    const ada = await signedIn(log);
    const { job_id } = await api.submit({}, ada.headers);
    expect((await ask("GET", `/api/v1/status/${job_id}`, ada.headers)).status).toBe(200);
    expect((await ask("GET", `/api/v1/status/${job_id}`, (await signedIn(log)).headers)).status).toBe(404);
    expect((await ask("GET", "/api/v1/ops/health", ada.headers)).body.error).toBe("insufficient_scope");
  });

  test("is rejected in a URL and in a body, and issues keys that outlive it", async () => {
    const ada = await signedIn(log);
    expect((await ask("GET", `/api/v1/jobs?a=${ada.token}`, cookie(ada))).body.error).toBe("credential_exposed");
    const leak = post({ workflow: "http", payload: { note: ada.token } }, ada.headers);
    expect((await api.ask("/api/v1/intake", leak)).body.error).toBe("credential_exposed");
    const key = await api.ask("/api/v1/keys", post({ name: "K", scopes: ["jobs:read"] }, ada.headers));
    expect([key.status, key.body.expires_at]).toEqual([201, null]);
  });
});

describe("a session's cookie", () => {
  test("does the same for pages of the service", async () => {
    const ada = await signedIn(log);
    expect((await ask("GET", "/api/v1/jobs", cookie(ada))).status).toBe(200);
    expect((await ask("HEAD", "/api/v1/jobs", cookie(ada))).status).toBe(200);
    for (const more of [own, { origin: "http://api" }]) {
      const submitted = await api.ask("/api/v1/intake", post({ workflow: "http", payload: {} }, cookie(ada, more)));
      expect([more, submitted.status]).toEqual([more, 202]);
    }
  });

  test.each([
    ["of nobody says where", {}],
    ["of another site", { "sec-fetch-site": "cross-site" }],
    ["of another host of the same site", { "sec-fetch-site": "same-site" }],
    ["typed into the address bar", { "sec-fetch-site": "none" }],
    ["of the web app, which sends the token", { origin: "https://levqor.ai", "sec-fetch-site": "cross-site" }],
    ["of an origin that looks like it", { origin: "http://api.example.com" }],
    ["of no origin", { origin: "null" }],
  ])("changes nothing, and opens no stream, in a request %s", async (_, more) => {
    const ada = await signedIn(log);
    const { job_id } = await api.submit({}, ada.headers);
    const headers = cookie(ada, more as Record<string, string>);
    const refused: [string, string][] = [
      ["POST", "/api/v1/intake"],
      ["POST", `/api/v1/jobs/${job_id}/cancel`],
      ["DELETE", "/auth/sessions"],
      ["POST", "/auth/sign-out"],
      ["GET", `/api/v1/jobs/${job_id}/stream`],
      ["GET", "/api/v1/jobs/ws"],
    ];
    for (const [method, path] of refused) {
      const { status, body } = await ask(method, path, headers);
      expect([method, path, status, body.error]).toEqual([method, path, 403, "origin_refused"]);
    }
    expect((await ask("GET", `/api/v1/status/${job_id}`, ada.headers)).body.status).toBe("queued");
  });

  test("counts for nothing beside a key or token", async () => {
    const [ada, bob] = [await signedIn(log), await signedIn(log)];
    const { job_id } = await api.submit({}, { ...bob.headers, ...cookie(ada) });
    expect((await ask("GET", `/api/v1/status/${job_id}`, bob.headers)).status).toBe(200);
    expect((await ask("GET", "/api/v1/jobs", { ...cookie(ada), "x-api-key": "wrong" })).status).toBe(401);
  });

  test("of another name, or empty, is none", async () => {
    const ada = await signedIn(log);
    for (const name of ["__Host-levqor-session", `x${COOKIE}`, `${COOKIE}x`]) {
      expect((await ask("GET", "/api/v1/jobs", { cookie: `${name}=${ada.token}` })).status).toBe(401);
    }
    expect((await ask("GET", "/api/v1/jobs", { cookie: `${COOKIE}=` })).status).toBe(401);
  });
});

describe("a user's sessions", () => {
  test("are listed, the latest first, for their user alone", async () => {
    const first = await signedIn(log);
    const second = await signedIn(log, { user: first.user, method: "sso", ip: null });
    await signedIn(log);
    const { body, status } = await ask("GET", "/auth/sessions", cookie(first));
    expect(status).toBe(200);
    const found = body.data.map(({ session_id, current, method, ip, user_agent }: Answer["body"]) => ({
      session_id,
      current,
      method,
      ip,
      user_agent,
    }));
    expect(found).toEqual([
      { session_id: second.session_id, current: false, method: "sso", ip: null, user_agent: "Test" },
      { session_id: first.session_id, current: true, method: "email_link", ip: "203.0.113.7", user_agent: "Test" },
    ]);
    expect(Date.parse(body.data[1].expires_at) - Date.parse(body.data[1].started_at)).toBe(14 * 86_400_000);
    expect(JSON.stringify(body)).not.toContain("hash");
    const operator = await ask("GET", "/auth/sessions", { "x-api-key": KEY });
    expect(operator.body).toEqual({ data: [] });
    const acting = await ask("GET", "/auth/sessions", { "x-api-key": KEY, "levqor-account": first.user });
    expect(acting.body.data).toHaveLength(2);
  });

  test("are ended one by one, and then all others, and nobody else's", async () => {
    const first = await signedIn(log);
    const others = [];
    for (let i = 0; i < 3; i++) others.push(await signedIn(log, { user: first.user }));
    const [second] = others as [SignedIn];
    const stranger = await signedIn(log);
    expect((await ask("DELETE", `/auth/sessions/${second.session_id}`, stranger.headers)).body.error).toBe(
      "session_not_found",
    );
    expect((await ask("DELETE", `/auth/sessions/${second.session_id}`, first.headers)).status).toBe(200);
    expect((await ask("GET", "/auth/sessions", second.headers)).body).toMatchObject({
      error: "unauthorized",
      detail: "The session has ended. Sign in again.",
    });
    expect((await ask("DELETE", `/auth/sessions/${second.session_id}`, first.headers)).status).toBe(404);
    expect((await ask("DELETE", "/auth/sessions", first.headers)).body).toEqual({ ended: 2 });
    const left = await ask("GET", "/auth/sessions", first.headers);
    expect(left.body.data.map(({ session_id }: Answer["body"]) => session_id)).toEqual([first.session_id]);
    expect((await ask("GET", "/auth/sessions", stranger.headers)).status).toBe(200);
  });

  test("take their streams and sockets with them", async () => {
    const ada = await signedIn(log);
    const { job_id } = await api.submit({}, ada.headers);
    const { body: org } = await api.ask("/api/v1/orgs", post({ name: "Acme" }, ada.headers));
    const stream = await openSse(`${api.url}/api/v1/jobs/${job_id}/stream`, cookie(ada, own));
    const team = { ...ada.headers, "levqor-account": org.account };
    const of_team = await openSse(`${api.url}/api/v1/jobs/stream`, team);
    const socket = await openSocket(api.url, { headers: cookie(ada, own) });
    const left = await ask("POST", "/auth/sign-out", cookie(ada, own));
    expect([left.status, left.headers.get("set-cookie")]).toEqual([
      200,
      `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`,
    ]);
    await Promise.all([stream.rest(), of_team.rest()]);
    expect([stream.closed()?.reason, of_team.closed()?.reason]).toEqual(["unauthorized", "unauthorized"]);
    expect(await socket.rest()).toMatchObject({ code: 4401 });
    expect((await ask("GET", "/api/v1/jobs", cookie(ada))).status).toBe(401);
  });
});

test("signing out without a session does nothing", async () => {
  expect((await ask("POST", "/auth/sign-out", {})).body).toEqual({ status: "signed_out" });
  expect((await ask("POST", "/auth/sign-out", { "x-api-key": KEY })).body).toEqual({ status: "signed_out" });
});
