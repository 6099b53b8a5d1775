import { describe, expect, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { CODE_TRIES, LINK_MS, signInDecider } from "../../src/domain/sign_in.ts";
import { deciderSpec } from "../spec.ts";

const START = Date.parse("2026-01-02T00:00:00Z");
const asked = { email: "ada@example.com", next: "/public/docs", browser: "a".repeat(64) };
const REQUESTED: KnownNewEvent = { type: "sign_in.requested", data: asked };
const ISSUED: KnownNewEvent = { type: "sign_in.link_issued", data: { user: "user:1", next: asked.next } };
const REJECTED: KnownNewEvent = { type: "sign_in.code_rejected", data: {} };
const session_id = "0197a1f3-5b7c-7d2e-9f30-4b5c6d7e8f90";
const REDEEMED: KnownNewEvent = { type: "sign_in.redeemed", data: { session_id } };
/** The link is issued at START; nothing takes time. */
const given = deciderSpec(signInDecider, { start: START, interval_ms: 0 });
const valid = { now: START, is_current: true } as const;
const redeem = { type: "redeem", with: "link", session_id, ...valid } as const;
const by_code = { ...redeem, with: "code" } as const;
const reject = { type: "reject_code", with: "code", ...valid } as const;

describe("a request to sign in", () => {
  test("is made once, and its link is issued once", () => {
    given()
      .when({ type: "request", ...asked })
      .then(REQUESTED);
    given(REQUESTED)
      .when({ type: "request", ...asked })
      .refused("sign_in_exists");
    given(REQUESTED).when({ type: "issue", user: "user:1" }).then(ISSUED);
    given(REQUESTED, ISSUED).when({ type: "issue", user: "user:2" }).then();
    given(REQUESTED, ISSUED, REDEEMED).when({ type: "issue", user: "user:1" }).then();
  });

  test("is redeemed once, by link or by code", () => {
    given(REQUESTED, ISSUED).when(redeem).then(REDEEMED);
    given(REQUESTED, ISSUED).when(by_code).then(REDEEMED);
    for (const again of [redeem, by_code, reject]) {
      given(REQUESTED, ISSUED, REDEEMED).when(again).refused("link_used");
    }
  });

  test("is not redeemed before its link is issued, nor without one", () => {
    given().when(redeem).refused("link_expired");
    given(REQUESTED).when(redeem).refused("link_expired");
  });

  test("can be redeemed for ten minutes, if it is still the newest, for the user's address", () => {
    given(REQUESTED, ISSUED)
      .when({ ...redeem, now: START + LINK_MS - 1 })
      .then(REDEEMED);
    given(REQUESTED, ISSUED)
      .when({ ...redeem, now: START + LINK_MS })
      .refused("link_expired");
    given(REQUESTED, ISSUED)
      .when({ ...redeem, is_current: false })
      .refused("link_expired");
  });

  test("accepts no code after five wrong ones, and still its link", () => {
    const wrong = (count: number) => Array<KnownNewEvent>(count).fill(REJECTED);
    given(REQUESTED, ISSUED, ...wrong(CODE_TRIES - 1))
      .when(reject)
      .then(REJECTED);
    given(REQUESTED, ISSUED, ...wrong(CODE_TRIES - 1))
      .when(by_code)
      .then(REDEEMED);
    given(REQUESTED, ISSUED, ...wrong(CODE_TRIES))
      .when(by_code)
      .refused("link_expired");
    given(REQUESTED, ISSUED, ...wrong(CODE_TRIES))
      .when(reject)
      .refused("link_expired");
    given(REQUESTED, ISSUED, ...wrong(CODE_TRIES))
      .when(redeem)
      .then(REDEEMED);
    expect(CODE_TRIES).toBe(5);
  });
});
