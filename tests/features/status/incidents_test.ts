import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { INCIDENT_UPDATES_MAX } from "../../../src/domain/incident.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";

const KEY = "the-key-of-an-operator";
let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [KEY] });
});
afterAll(() => api.stop());

const ROUTE = "/api/v1/incidents";
const told = { title: "Jobs start late", impact: "minor", message: "We are looking.\nNone is lost." };
const tell = (path: string, body: unknown, headers = {}) => api.ask(path, post(body, { "x-api-key": KEY, ...headers }));

/** Opens one, and waits until readers see it. */
async function open(body: object = told): Promise<string> {
  const { status, body: answer, headers } = await tell(ROUTE, body);
  expect(status).toBe(201);
  const seen = { headers: { "levqor-min-position": headers.get("levqor-position") ?? "" } };
  expect((await api.ask(ROUTE, seen)).status).toBe(200);
  return answer.incident_id;
}

describe("incidents", () => {
  test("are opened, updated and resolved with a key, as events, and read by everybody", async () => {
    const incident_id = await open();
    const update = await tell(`${ROUTE}/${incident_id}/updates`, { message: "It is worse.", impact: "major" });
    expect(update.status).toBe(201);
    const resolve = await tell(`${ROUTE}/${incident_id}/resolve`, { message: "Mended." });
    expect(resolve.status).toBe(200);
    expect(resolve.body).toEqual({ incident_id, status: "resolved" });

    const position = resolve.headers.get("levqor-position") ?? "";
    const list = await api.ask(`${ROUTE}?limit=1`, { headers: { "levqor-min-position": position } });
    expect(list.body.data[0]).toMatchObject({ incident_id, title: told.title, status: "resolved", impact: "major" });
    expect(list.body.data[0].messages.map((one: { status: string }) => one.status)).toEqual([
      "opened",
      "updated",
      "resolved",
    ]);
    const events = (await api.log.readStream(`incident-${incident_id}`)).map(decode);
    expect(events.map(({ type }) => type)).toEqual(["incident.opened", "incident.updated", "incident.resolved"]);
    expect(events.every(({ meta }) => meta.actor.startsWith("key:") && meta.request_id)).toBe(true);
  });

  test("that concern one account exist for it and the operator alone", async () => {
    const account = `org:${crypto.randomUUID()}`;
    const incident_id = await open({ ...told, account });
    const key = async (headers: Record<string, string>) =>
      (await tell("/api/v1/keys", { name: "K", scopes: ["jobs:read"] }, headers)).body.key as string;
    const [theirs, others] = [await key({ "levqor-account": account }), await key({ "levqor-account": "org:other" })];
    const sees = async (headers: Record<string, string>) =>
      (await api.ask(ROUTE, { headers })).body.data.find(
        (one: { incident_id: string }) => one.incident_id === incident_id,
      );
    expect(await sees({ "x-api-key": theirs })).toMatchObject({ account, title: told.title });
    expect(await sees({ "x-api-key": KEY })).toMatchObject({ account });
    expect([await sees({}), await sees({ "x-api-key": others })]).toEqual([undefined, undefined]);
    expect((await api.ask("/ops/uptime")).text).not.toContain(incident_id);
    await tell(`${ROUTE}/${incident_id}/resolve`, { message: "Over." });
    const events = (await api.log.readStream(`incident-${incident_id}`)).map(decode);
    expect(events.map(({ meta }) => meta.account)).toEqual([account, account]);
  });

  test.each(["   ", "\u200b", "\u2800", "\u3164", "\u0301", "\u{e0041}"])("are not blank: %j", async (blank) => {
    const incident_id = await open();
    for (const [path, body, pointer] of [
      [ROUTE, { ...told, title: blank }, "/title"],
      [ROUTE, { ...told, message: blank }, "/message"],
      [`${ROUTE}/${incident_id}/updates`, { message: blank }, "/message"],
      [`${ROUTE}/${incident_id}/resolve`, { message: blank }, "/message"],
    ] as const) {
      const refused = await tell(path, body);
      expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer, message: "must not be blank" }]]);
    }
  });

  test("need a key to be reported", async () => {
    expect((await api.ask(ROUTE, post(told))).body.error).toBe("unauthorized");
  });

  test("are opened once for an Idempotency-Key", async () => {
    const headers = { "idempotency-key": "outage-1" };
    const [first, second] = [await tell(ROUTE, told, headers), await tell(ROUTE, told, headers)];
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.headers.get("levqor-position")).toBe(first.headers.get("levqor-position"));
    expect((await tell(ROUTE, { ...told, impact: "major" }, headers)).body.error).toBe("idempotency_key_reused");
  });

  test("that are resolved do not change, and unknown ones are not found", async () => {
    const incident_id = await open();
    await tell(`${ROUTE}/${incident_id}/resolve`, { message: "Over." });
    for (const path of ["updates", "resolve"]) {
      expect((await tell(`${ROUTE}/${incident_id}/${path}`, { message: "?" })).body.error).toBe("conflict");
      const nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
      expect((await tell(`${ROUTE}/${nobody}/${path}`, { message: "?" })).body.error).toBe("incident_not_found");
      expect((await tell(`${ROUTE}/no-uuid/${path}`, { message: "?" })).body.error).toBe("invalid_incident_id");
    }
  });

  test("accept a limited number of updates", async () => {
    const incident_id = await open();
    for (let i = 0; i < INCIDENT_UPDATES_MAX; i++) {
      expect((await tell(`${ROUTE}/${incident_id}/updates`, { message: `${i}` })).status).toBe(201);
    }
    const { body } = await tell(`${ROUTE}/${incident_id}/updates`, { message: "one more" });
    expect(body).toMatchObject({ error: "conflict", detail: expect.stringContaining("100 updates") });
  });

  test.each([
    ["a title too long", { ...told, title: "x".repeat(129) }, "/title"],
    ["a message too long", { ...told, message: "x".repeat(2_001) }, "/message"],
    ["a title of two lines", { ...told, title: "two\nlines" }, "/title"],
    ["an impact that there is not", { ...told, impact: "awful" }, "/impact"],
    ["nothing to say", { ...told, message: "" }, "/message"],
    ["more than there is", { ...told, severity: 1 }, "/severity"],
  ])("are rejected with %s", async (_, body, pointer) => {
    const answer = await tell(ROUTE, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].pointer).toBe(pointer);
  });

  test("are listed in pages", async () => {
    const first = await open({ ...told, title: "first" });
    const second = await open({ ...told, title: "second" });
    const page = await api.ask(`${ROUTE}?limit=1`);
    expect(page.body).toMatchObject({ data: [{ incident_id: second }], has_more: true });
    const next = await api.ask(`${ROUTE}?limit=1&cursor=${page.body.next_cursor}`);
    expect(next.body.data).toMatchObject([{ incident_id: first }]);
    expect((await api.ask(`${ROUTE}?cursor=never`)).body.error).toBe("invalid_cursor");
  });
});
