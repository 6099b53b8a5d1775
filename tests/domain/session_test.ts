import { describe, expect, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { expiryOf, SESSION_IDLE_MS, SESSION_MAX_MS, SESSION_USE_MS, sessionDecider } from "../../src/domain/session.ts";
import { deciderSpec, record } from "../spec.ts";

const START = Date.parse("2026-01-02T00:00:00Z");
const started = { user: "user:1", hash: "a".repeat(64), method: "email_link", ip: null, user_agent: null } as const;
const STARTED: KnownNewEvent = { type: "session.started", data: started };
const USED: KnownNewEvent = { type: "session.used", data: {} };
const ENDED: KnownNewEvent = { type: "session.ended", data: { reason: "revoked" } };
/** A use each day. */
const RECORDED = { start: START - SESSION_USE_MS, interval_ms: SESSION_USE_MS };
const given = deciderSpec(sessionDecider, RECORDED);
const end = { type: "end", reason: "revoked" } as const;

describe("a session", () => {
  test("starts once", () => {
    given()
      .when({ type: "start", ...started })
      .then(STARTED);
    given(STARTED)
      .when({ type: "start", ...started })
      .refused("session_exists");
  });

  test("that does not exist is neither used nor ended", () => {
    given().when({ type: "use", now: START }).refused("session_not_found");
    given().when(end).refused("session_not_found");
  });

  test("is ended once, and not used from then on", () => {
    given(STARTED).when(end).then(ENDED);
    given(STARTED, ENDED).when(end).then();
    given(STARTED, ENDED)
      .when({ type: "use", now: START + SESSION_USE_MS })
      .then();
  });

  test("records a use once a day", () => {
    given(STARTED)
      .when({ type: "use", now: START + SESSION_USE_MS - 1 })
      .then();
    given(STARTED)
      .when({ type: "use", now: START + SESSION_USE_MS })
      .then(USED);
    given(STARTED, USED)
      .when({ type: "use", now: START + 2 * SESSION_USE_MS - 1 })
      .then();
  });

  test("is not prolonged by a use after its end", () => {
    given(STARTED)
      .when({ type: "use", now: START + SESSION_IDLE_MS - 1 })
      .then(USED);
    given(STARTED)
      .when({ type: "use", now: START + SESSION_IDLE_MS })
      .then();
  });

  test("expires 14 days after its last use, and 30 days after its start", () => {
    const expiry = (uses: number) =>
      expiryOf(
        record([STARTED, ...Array<KnownNewEvent>(uses).fill(USED)], RECORDED).reduce(
          sessionDecider.evolve,
          sessionDecider.initial,
        ),
      ) - START;
    expect(expiry(0)).toBe(SESSION_IDLE_MS);
    expect(expiry(3)).toBe(3 * SESSION_USE_MS + SESSION_IDLE_MS);
    expect(expiry(16)).toBe(SESSION_MAX_MS);
    expect(expiry(29)).toBe(SESSION_MAX_MS);
  });
});
