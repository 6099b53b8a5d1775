import { describe, expect, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { consentDecider, userConsents } from "../../src/domain/consent.ts";
import { deciderSpec, record } from "../spec.ts";

const given = deciderSpec(consentDecider);

const doc = (version: number) => ({ version, sha256: String(version).repeat(64) });
const trace = { ip: "192.0.2.7", user_agent: "Mozilla/5.0" };
const accepted = (version: number): KnownNewEvent => ({
  type: "consent.terms_accepted",
  data: { terms: doc(version), privacy: doc(1), ...trace },
});
const accept = (version: number, current = version) =>
  ({ type: "accept_terms", version, terms: doc(current), privacy: doc(1), ...trace }) as const;

const address = "ada@example.com";
const at = (time: string) => Date.parse(time);
const requested = (recorded_at: string) => ({
  type: "consent.marketing_requested" as const,
  data: { address, notice: doc(1) },
  recorded_at,
});
const request = (time: string) => ({ type: "request_marketing", address, notice: doc(1), now: at(time) }) as const;
const link = (version: number) => ({ stream_id: "consent-of-address", version });
const confirmed = (version: number): KnownNewEvent => ({
  type: "consent.marketing_confirmed",
  data: { address, notice: doc(1), request: link(version) },
});
const confirm = (version: number, now = "2026-01-01T12:00:00Z") =>
  ({
    type: "confirm_marketing",
    address,
    notice: doc(1),
    request: link(version),
    requested_at: "2026-01-01T00:00:00Z",
    now: at(now),
  }) as const;
const withdrawn = (by: "link" | "user" = "link"): KnownNewEvent => ({
  type: "consent.marketing_withdrawn",
  data: { by },
});

describe("terms", () => {
  test("are accepted in their current version, once", () => {
    given().when(accept(1)).then(accepted(1));
    given(accepted(1)).when(accept(1)).then();
    given(accepted(1)).when(accept(2)).then(accepted(2));
  });

  test("are not accepted in a version that is not the current one", () => {
    given().when(accept(1, 2)).refused("terms_outdated");
    given(accepted(1)).when(accept(1, 2)).refused("terms_outdated");
    given(accepted(2)).when(accept(3, 2)).refused("terms_outdated");
  });
});

describe("a link to confirm marketing mail", () => {
  const asked = requested("2026-01-01T00:00:00Z");

  test("is mailed to an address at most once in 15 minutes", () => {
    const event = { type: "consent.marketing_requested", data: { address, notice: doc(1) } } as const;
    given().when(request("2026-01-01T00:00:00Z")).then(event);
    given(asked).when(request("2026-01-01T00:14:59.999Z")).refused("requested_too_often");
    given(asked).when(request("2026-01-01T00:15:00Z")).then(event);
  });

  test("is mailed to an address at most three times in 24 hours", () => {
    const event = { type: "consent.marketing_requested", data: { address, notice: doc(1) } } as const;
    const three = [asked, requested("2026-01-01T08:00:00Z"), requested("2026-01-01T16:00:00Z")];
    given(...three)
      .when(request("2026-01-01T23:59:59.999Z"))
      .refused("requested_too_often");
    given(...three)
      .when(request("2026-01-02T00:00:00Z"))
      .then(event);
    given(...three, requested("2026-01-02T00:00:00Z"))
      .when(request("2026-01-02T07:59:59Z"))
      .refused("requested_too_often");
  });

  test("is not mailed more often because a clock was set back", () => {
    given(asked).when(request("2025-12-31T23:00:00Z")).refused("requested_too_often");
  });

  test("gives consent, for seven days", () => {
    given().when(confirm(1)).then(confirmed(1));
    given().when(confirm(1, "2026-01-07T23:59:59.999Z")).then(confirmed(1));
    given().when(confirm(1, "2026-01-08T00:00:00Z")).refused("confirmation_expired");
  });

  test("gives consent once: after a withdrawal it brings nothing back", () => {
    given(confirmed(1)).when(confirm(1)).then();
    given(confirmed(1), withdrawn()).when(confirm(1)).refused("confirmation_used");
    given(confirmed(1), confirmed(2), withdrawn()).when(confirm(1)).refused("confirmation_used");
    given(confirmed(1), withdrawn()).when(confirm(2)).then(confirmed(2));
  });

  test("may be followed although it expired, if it was used before", () => {
    given(confirmed(1)).when(confirm(1, "2026-02-01T00:00:00Z")).then();
  });
});

describe("consent to marketing mail", () => {
  test("is withdrawn once, however often and by whatever way", () => {
    given(confirmed(1)).when({ type: "withdraw_marketing", by: "link" }).then(withdrawn());
    given(confirmed(1), withdrawn()).when({ type: "withdraw_marketing", by: "user" }).then();
    given(confirmed(1), withdrawn(), confirmed(2))
      .when({ type: "withdraw_marketing", by: "user" })
      .then(withdrawn("user"));
  });

  test("can be refused before anybody asked for it, which an erasure alone does not", () => {
    given().when({ type: "withdraw_marketing", by: "link" }).then(withdrawn());
    given().when({ type: "withdraw_marketing", by: "erasure" }).then();
  });
});

describe("a user's record", () => {
  const of = (...events: KnownNewEvent[]) =>
    userConsents(record(events).reduce(consentDecider.evolve, consentDecider.initial));

  test("shows nothing before they agree to anything", () => {
    expect(of()).toEqual({
      terms_accepted_at: null,
      terms_version: null,
      marketing_consent: false,
      marketing_double_opt_in: false,
    });
  });

  test("shows the terms that they accepted last, and whether they want marketing mail", () => {
    expect(of(accepted(1), accepted(3), confirmed(1))).toEqual({
      terms_accepted_at: "2026-01-01T00:00:02Z",
      terms_version: 3,
      marketing_consent: true,
      marketing_double_opt_in: true,
    });
    expect(of(confirmed(1), withdrawn())).toMatchObject({ marketing_consent: false, marketing_double_opt_in: false });
  });
});
