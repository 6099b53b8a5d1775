import { describe, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import type { UserProfile } from "../../events/user.ts";
import { EMAIL_CHANGE_MS, SIGN_IN_ACTOR, userDecider } from "../../src/domain/user.ts";
import { deciderSpec } from "../spec.ts";

const given = deciderSpec(userDecider);

const email = "ada@example.com";
const created = (profile: Partial<UserProfile> = { email, name: "Ada" }): KnownNewEvent => ({
  type: "user.created",
  data: profile,
});
const updated = (profile: Partial<UserProfile>): KnownNewEvent => ({ type: "user.updated", data: profile });
const suspended: KnownNewEvent = { type: "user.suspended", data: { reason: "Spam." } };
const resumed: KnownNewEvent = { type: "user.resumed", data: {} };
const verified: KnownNewEvent = { type: "user.email_verified", data: {} };
/** After all that a specification says has happened. */
const LATER = Date.parse("2026-01-01T00:01:00Z");

describe("an upsert", () => {
  const upsert = (profile: Partial<Omit<UserProfile, "email">> = {}) =>
    ({ type: "upsert", profile: { email, ...profile }, claims: true }) as const;

  test("creates a user, or records what differs", () => {
    given()
      .when(upsert({ name: "Ada" }))
      .then(created());
    given(created())
      .when(upsert({ name: "Ada", locale: "en-GB", meta: {} }))
      .then(updated({ locale: "en-GB" }));
    given(created())
      .when(upsert({ name: null }))
      .then(updated({ name: null }));
    given(created())
      .when(upsert({ name: "Ada" }))
      .then();
    given(created(), suspended)
      .when(upsert({ meta: { plan: "team" } }))
      .then(updated({ meta: { plan: "team" } }));
  });

  test("completes an interrupted change to a new address, and does not bring back a former one", () => {
    given(created({ email: "old@example.com" }))
      .when(upsert())
      .then(updated({ email }));
    given(created(), updated({ email: "new@example.com" }))
      .when(upsert())
      .refused("address_given_up");
    given(created(), updated({ email: null }))
      .when(upsert())
      .refused("address_given_up");
    given(created(), updated({ email: "new@example.com" }), updated({ email }))
      .when(upsert())
      .then();
  });
});

describe("a user", () => {
  test("is created on first need, once", () => {
    given().when({ type: "create", profile: { email }, verified: false }).then(created({ email }));
    given().when({ type: "create", profile: { email }, verified: true }).then(created({ email }), verified);
    given(created()).when({ type: "create", profile: {}, verified: false }).then();
  });

  test("is updated by what differs", () => {
    given().when({ type: "update", profile: {} }).refused("user_not_found");
    given(created())
      .when({ type: "update", profile: { name: "Ada King", currency: null } })
      .then(updated({ name: "Ada King" }));
    given(created({ meta: { a: 1 } }))
      .when({ type: "update", profile: { meta: { a: 1 } } })
      .then();
  });

  test("is suspended and resumed", () => {
    given(created()).when({ type: "suspend", reason: "Spam." }).then(suspended);
    given(created(), suspended).when({ type: "suspend" }).then();
    given(created(), suspended).when({ type: "resume" }).then(resumed);
    given(created(), suspended, resumed).when({ type: "suspend" }).then({ type: "user.suspended", data: {} });
    given(created()).when({ type: "resume" }).then();
    given().when({ type: "resume" }).refused("user_not_found");
  });

  test("is exported each time, on record", () => {
    const exported: KnownNewEvent = { type: "user.exported", data: {} };
    given().when({ type: "export" }).refused("user_not_found");
    given(created(), exported).when({ type: "export" }).then(exported);
  });

  test("is erased for good, in two steps", () => {
    const erasure_id = crypto.randomUUID();
    const requested: KnownNewEvent = { type: "user.erasure_requested", data: { erasure_id } };
    const erased: KnownNewEvent = { type: "user.erased", data: { erasure_id, destroyed: ["profile", "trace"] } };
    const request = { type: "request_erasure", erasure_id } as const;
    const complete = { type: "complete_erasure", destroyed: ["profile", "trace"] } as const;
    given().when(request).refused("user_not_found");
    given(created()).when(request).then(requested);
    given(created(), suspended).when(request).then(requested);
    given(created()).when(complete).refused("user_not_found");
    given(created(), requested)
      .when({ ...request, erasure_id: crypto.randomUUID() })
      .then();
    given(created(), requested).when(complete).then(erased);
    given(created(), requested, erased).when(complete).then();
    for (const happened of [[requested], [requested, erased]]) {
      given(created(), ...happened)
        .when({ type: "create", profile: {}, verified: false })
        .then();
      for (const command of [
        { type: "upsert", profile: { email }, claims: true },
        { type: "update", profile: { name: "Ada" } },
        { type: "suspend" },
        { type: "resume" },
        { type: "export" },
        { type: "verify_email", proof: { mailed_at: LATER } },
        { type: "request_email_change", change_id: crypto.randomUUID(), email },
        { type: "confirm_email_change", change_id: crypto.randomUUID(), now: LATER },
      ] as const) {
        given(created(), ...happened)
          .when(command)
          .refused("user_erased");
      }
    }
  });

  test("can be suspended before anything was recorded of them", () => {
    given().when({ type: "suspend" }).then(created({}), { type: "user.suspended", data: {} });
  });
});

describe("an address", () => {
  const verify = { type: "verify_email", proof: { mailed_at: LATER } } as const;

  test("is verified once, by what was mailed there since it is the user's", () => {
    given(created()).when(verify).then(verified);
    given(created(), verified).when(verify).then();
    given(created({})).when(verify).then();
    given(created(), verified, updated({ email: "new@example.com" }))
      .when(verify)
      .then(verified);
    // A link that was mailed to the one before.
    const mailed_at = Date.parse("2026-01-01T00:00:01.500Z");
    given(created(), updated({ email: "new@example.com" }))
      .when({ ...verify, proof: { mailed_at } })
      .then();
    given(created())
      .when({ ...verify, proof: { mailed_at } })
      .then(verified);
  });

  test("is verified by somebody trustworthy who says which it is", () => {
    const says = { type: "verify_email", proof: { email } } as const;
    given(created()).when(says).then(verified);
    given(created(), updated({ email: "new@example.com" }))
      .when(says)
      .then();
  });

  const change_id = crypto.randomUUID();
  const wanted = "new@example.com";
  const requested: KnownNewEvent = { type: "user.email_change_requested", data: { change_id, email: wanted } };
  const confirm = { type: "confirm_email_change", change_id, now: LATER } as const;

  test("is changed by a link that the new one was mailed", () => {
    given(created()).when({ type: "request_email_change", change_id, email: wanted }).then(requested);
    given().when({ type: "request_email_change", change_id, email: wanted }).refused("user_not_found");
    given(created(), requested)
      .when(confirm)
      .then(updated({ email: wanted }), verified);
    given(created(), suspended, requested)
      .when(confirm)
      .then(updated({ email: wanted }), verified);
  });

  test("that is the user's already is verified again", () => {
    given(created({ email: wanted }), requested)
      .when(confirm)
      .then(verified);
    given(created({ email: wanted }), requested, verified)
      .when(confirm)
      .refused("change_expired");
    // The present one is verified while another is asked for.
    given(created(), requested, verified)
      .when(confirm)
      .then(updated({ email: wanted }), verified);
  });

  test("is not changed by a link that was used, is not the newest, or is older than an hour", () => {
    const other: KnownNewEvent = {
      type: "user.email_change_requested",
      data: { change_id: crypto.randomUUID(), email: "other@example.com" },
    };
    given(created()).when(confirm).refused("change_expired");
    given(created(), requested, updated({ email: wanted }), verified)
      .when(confirm)
      .refused("change_expired");
    given(created(), requested, other).when(confirm).refused("change_expired");
    // The operator set another meanwhile.
    given(created(), requested, updated({ email: "other@example.com" }))
      .when(confirm)
      .refused("change_expired");
    const requested_at = Date.parse("2026-01-01T00:00:02Z");
    given(created(), requested)
      .when({ ...confirm, now: requested_at + EMAIL_CHANGE_MS - 1 })
      .then(updated({ email: wanted }), verified);
    given(created(), requested)
      .when({ ...confirm, now: requested_at + EMAIL_CHANGE_MS })
      .refused("change_expired");
  });
});

describe("whoever is on record only because somebody typed their address", () => {
  const meta = { actor: SIGN_IN_ACTOR, correlation_id: "user-1" };
  const typed = Object.assign(created({ email }), { meta });
  const erasure_id = crypto.randomUUID();
  const forget = { type: "forget", erasure_id } as const;
  const requested: KnownNewEvent = { type: "user.erasure_requested", data: { erasure_id } };

  test("is forgotten", () => {
    given(typed).when(forget).then(requested);
    given(typed, requested).when(forget).then();
  });

  test("is not, once they signed in, or anybody else recorded something of them", () => {
    given().when(forget).then();
    given(created()).when(forget).then();
    given(typed, verified).when(forget).then();
    given(typed, updated({ name: "Ada" }))
      .when(forget)
      .then();
  });

  test("is claimed by an upsert that changes nothing, but not by another request to sign in", () => {
    const upsert = { type: "upsert", profile: { email } } as const;
    given(typed)
      .when({ ...upsert, claims: true })
      .then(updated({}));
    given(typed)
      .when({ ...upsert, claims: false })
      .then();
    given(typed, updated({}))
      .when({ ...upsert, claims: true })
      .then();
    given(typed, updated({})).when(forget).then();
  });
});
