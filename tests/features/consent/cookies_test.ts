/** Cookies: a choice by category, which nobody can be found by. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { COOKIE_CHOICES_MAX } from "../../../src/domain/cookies.ts";
import { CHOICES } from "../../../src/features/consent/cookie_routes.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";

const KEY = "the-key-of-the-operator";
let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [KEY], documents: true });
});
afterAll(() => api.stop());

const choose = (body: object, headers: Record<string, string> = {}) =>
  api.ask("/api/v1/cookie-consent", post(body, headers));
const errorOf = ({ status, body }: Answer) => [status, body.error];

test("what is not named is refused, and refusing all is as easy as allowing all", async () => {
  const { status, body } = await choose({ categories: {} });
  expect(status).toBe(200);
  expect(body).toEqual({
    consent_id: expect.any(String),
    categories: { necessary: true, functional: false, analytics: false, marketing: false },
    notice: { version: 1, sha256: expect.any(String) },
  });
  const all = { functional: true, analytics: true, marketing: true };
  expect((await choose({ categories: all })).body.categories).toEqual({ necessary: true, ...all });
});

test("what is necessary cannot be refused, and there are no other categories", async () => {
  for (const categories of [{ necessary: false }, { profiling: true }, { functional: "yes" }]) {
    expect(errorOf(await choose({ categories }))).toEqual([422, "validation_failed"]);
  }
  expect(errorOf(await choose({}))).toEqual([422, "validation_failed"]);
});

test("the record says nothing about the visitor, not even with a key", async () => {
  const { body } = await choose(
    { categories: { analytics: true } },
    { "x-api-key": KEY, "user-agent": "A browser", "x-request-id": "their-request" },
  );
  // Version 4: it has no time.
  expect(body.consent_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  const [event] = await api.log.readStream(`cookies-${body.consent_id}`);
  expect(JSON.parse(event?.data_json as string)).toEqual({
    functional: false,
    analytics: true,
    marketing: false,
    notice: body.notice,
  });
  expect(JSON.parse(event?.meta_json as string)).toEqual({
    actor: "visitor",
    correlation_id: `cookies-${body.consent_id}`,
  });
});

test("a choice is changed by whoever has its id, and the same again records nothing", async () => {
  const { consent_id } = (await choose({ categories: {} })).body;
  const changed = await choose({ consent_id: consent_id.toUpperCase(), categories: { functional: true } });
  expect([changed.status, changed.body.consent_id]).toEqual([200, consent_id]);
  await choose({ consent_id, categories: { functional: true } });
  expect(await api.log.readStream(`cookies-${consent_id}`)).toHaveLength(2);
});

test("an id that was made up is none, so that nobody writes into what is another's", async () => {
  for (const consent_id of [crypto.randomUUID(), "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"]) {
    expect(errorOf(await choose({ consent_id, categories: {} }))).toEqual([404, "cookie_choice_not_found"]);
  }
  expect(errorOf(await choose({ consent_id: "x", categories: {} }))).toEqual([422, "validation_failed"]);
});

test("a choice can be changed a limited number of times, and a process records a limited number", async () => {
  const other = await startApi({ api_keys: [KEY], documents: true });
  try {
    const ask = (body: object) => other.ask("/api/v1/cookie-consent", post(body));
    const { consent_id } = (await ask({ categories: {} })).body;
    for (let n = 1; n < COOKIE_CHOICES_MAX; n++) {
      expect((await ask({ consent_id, categories: { functional: n % 2 === 1 } })).status).toBe(200);
    }
    expect(errorOf(await ask({ consent_id, categories: { analytics: true } }))).toEqual([
      409,
      "too_many_cookie_choices",
    ]);
    const rest = Array.from({ length: CHOICES.at_once - COOKIE_CHOICES_MAX }, () => ask({ categories: {} }));
    expect(new Set((await Promise.all(rest)).map(({ status }) => status))).toEqual(new Set([200]));
    // Meanwhile some more are allowed, one a second.
    let one_more = await ask({ categories: {} });
    for (let n = 0; n < 100 && one_more.status === 200; n++) one_more = await ask({ categories: {} });
    expect([...errorOf(one_more), one_more.headers.get("retry-after")]).toEqual([429, "too_many_choices", "10"]);
  } finally {
    await other.stop();
  }
});
