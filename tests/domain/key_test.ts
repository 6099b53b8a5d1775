import { describe, expect, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { endOf, type KeyCommand, keyDecider, MAX_SECRETS } from "../../src/domain/key.ts";
import { deciderSpec, record } from "../spec.ts";

const START = Date.parse("2026-01-02T00:00:00Z");
const HOUR = 3_600_000;

const created = {
  name: "Billing",
  environment: "live",
  hash: "a".repeat(64),
  prefix: "lvq_live_aaaa",
  scopes: ["jobs:read"],
  workflows: null,
  tier: "free",
  expires_at: null,
} as const;
const CREATED: KnownNewEvent = { type: "key.created", data: { ...created, scopes: ["jobs:read"] } };
const REVOKED: KnownNewEvent = { type: "key.revoked", data: {} };
const secretOf = (digit: string) => ({ hash: digit.repeat(64), prefix: `lvq_live_${digit.repeat(4)}` });
const rotated = (digit: string, overlap_seconds: number, more: object = {}): KnownNewEvent => ({
  type: "key.rotated",
  data: { ...secretOf(digit), overlap_seconds, ...more },
});
const ROTATE = { type: "rotate", ...secretOf("b"), overlap_seconds: 60, causation_id: undefined } as const;

const RECORDED = { start: START - HOUR, interval_ms: HOUR };
/** What happened, an hour apart from 2026-01-02 on, each in a separate request. */
const happened = (...events: readonly KnownNewEvent[]) =>
  events.map((event, i) => ({ ...event, meta: { actor: "test", correlation_id: "k", causation_id: `c${i}` } }));
const given = (...events: readonly KnownNewEvent[]) => deciderSpec(keyDecider, RECORDED)(...happened(...events));

/** From when on each secret is rejected, in hours from the creation, by the first digit of its hash. */
function ends(...history: KnownNewEvent[]): Record<string, number> {
  const state = record(happened(...history), RECORDED).reduce(keyDecider.evolve, keyDecider.initial);
  return Object.fromEntries(
    state.secrets.map((secret) => [secret.hash[0] as string, (endOf(secret, state) - START) / HOUR]),
  );
}

const create = { type: "create", ...created, scopes: ["jobs:read"] } satisfies KeyCommand;

describe("a key", () => {
  test("is created once", () => {
    given().when(create).then(CREATED);
    given(CREATED).when(create).refused("key_exists");
  });

  test("that does not exist is neither rotated nor revoked", () => {
    given()
      .when({ ...ROTATE, now: START })
      .refused("key_not_found");
    given().when({ type: "revoke" }).refused("key_not_found");
  });

  test("is rotated, and revoked", () => {
    given(CREATED)
      .when({ ...ROTATE, now: START })
      .then(rotated("b", 60));
    given(CREATED)
      .when({ type: "revoke", reason: "Lost." })
      .then({ type: "key.revoked", data: { reason: "Lost." } });
  });

  test("stays revoked, however often that is repeated", () => {
    given(CREATED, REVOKED).when({ type: "revoke" }).then();
    given(CREATED, REVOKED)
      .when({ ...ROTATE, now: START })
      .refused("key_revoked");
  });

  test("that has expired is rotated only with a later expiry", () => {
    const until = new Date(START + HOUR).toISOString();
    const expiring: KnownNewEvent = {
      type: "key.created",
      data: { ...created, scopes: ["jobs:read"], expires_at: until },
    };
    const now = START + HOUR;
    given(expiring)
      .when({ ...ROTATE, now: now - 1 })
      .then(rotated("b", 60));
    given(expiring)
      .when({ ...ROTATE, now })
      .refused("key_expired");
    given(expiring)
      .when({ ...ROTATE, now, expires_at: until })
      .refused("key_expired");
    given(expiring)
      .when({ ...ROTATE, now, expires_at: null })
      .then(rotated("b", 60, { expires_at: null }));
  });

  test("has a limited number of valid secrets, unless the old ones are ended", () => {
    const full = Array.from({ length: MAX_SECRETS - 1 }, (_, i) => rotated(String(i), 10 * 3600));
    const now = START + 5 * HOUR;
    given(CREATED, ...full.slice(1))
      .when({ ...ROTATE, now })
      .then(rotated("b", 60));
    given(CREATED, ...full)
      .when({ ...ROTATE, now })
      .refused("too_many_secrets");
    given(CREATED, ...full)
      .when({ ...ROTATE, now, overlap_seconds: 0 })
      .then(rotated("b", 0));
    given(CREATED, ...full)
      .when({ ...ROTATE, now: START + 11 * HOUR })
      .then(rotated("b", 60));
  });
});

describe("a secret is valid", () => {
  const never = Number.POSITIVE_INFINITY;

  test("for the overlap after each rotation, and no longer than an earlier one left it", () => {
    expect(ends(CREATED)).toEqual({ a: never });
    expect(ends(CREATED, rotated("b", 3600))).toEqual({ a: 2, b: never });
    expect(ends(CREATED, rotated("b", 4 * 3600), rotated("c", 7200))).toEqual({ a: 4, b: 4, c: never });
    expect(ends(CREATED, rotated("b", 3600), rotated("c", 10 * 3600))).toEqual({ a: 2, b: 12, c: never });
    expect(ends(CREATED, rotated("b", 10 * 3600), rotated("c", 0))).toEqual({ a: 2, b: 2, c: never });
  });

  test("until the key expires, which a rotation can change only for the newest", () => {
    const expires_at = new Date(START + 1.5 * HOUR).toISOString();
    const later = new Date(START + 20 * HOUR).toISOString();
    const expiring: KnownNewEvent = { type: "key.created", data: { ...created, scopes: ["jobs:read"], expires_at } };
    expect(ends(expiring)).toEqual({ a: 1.5 });
    expect(ends(expiring, rotated("b", 7200))).toEqual({ a: 1.5, b: 1.5 });
    expect(ends(expiring, rotated("b", 7200, { expires_at: later }))).toEqual({ a: 1.5, b: 20 });
    // It had expired when it was rotated: the old secret does not come back.
    expect(ends(expiring, rotated("b", 0, { expires_at }), rotated("c", 7200, { expires_at: later }))).toEqual({
      a: 1,
      b: 1.5,
      c: 20,
    });
  });

  test("never again after the revocation", () => {
    expect(ends(CREATED, rotated("b", 10 * 3600), REVOKED)).toEqual({ a: 2, b: 2 });
  });
});
