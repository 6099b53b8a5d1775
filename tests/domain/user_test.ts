import { describe, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import type { UserProfile } from "../../events/user.ts";
import { userDecider } from "../../src/domain/user.ts";
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

describe("an upsert", () => {
  const upsert = (profile: Partial<Omit<UserProfile, "email">> = {}) =>
    ({ type: "upsert", profile: { email, ...profile } }) as const;

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
    given().when({ type: "create", profile: { email } }).then(created({ email }));
    given(created()).when({ type: "create", profile: {} }).then();
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
        .when({ type: "create", profile: {} })
        .then();
      for (const command of [
        { type: "upsert", profile: { email } },
        { type: "update", profile: { name: "Ada" } },
        { type: "suspend" },
        { type: "resume" },
        { type: "export" },
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
