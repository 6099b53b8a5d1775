import { describe, expect, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import type { OrgRole } from "../../events/org.ts";
import { MEMBERS_MAX, orgDecider } from "../../src/domain/org.ts";
import { deciderSpec, record } from "../spec.ts";

const given = deciderSpec(orgDecider);

const [ada, bob, eve] = ["user:ada", "user:bob", "user:eve"] as const;
const created: KnownNewEvent = { type: "org.created", data: { name: "Acme", owner: ada } };
const joined = (member: string, role: OrgRole): KnownNewEvent => ({
  type: "org.member_joined",
  data: { member, role },
});
const changed = (member: string, role: OrgRole): KnownNewEvent => ({
  type: "org.role_changed",
  data: { member, role },
});
const left = (member: string): KnownNewEvent => ({ type: "org.member_left", data: { member } });

describe("an organisation", () => {
  test("is created once, by its first owner", () => {
    given().when({ type: "create", name: "Acme", owner: ada }).then(created);
    given(created).when({ type: "create", name: "Acme", owner: ada }).refused("org_exists");
  });

  test("does not exist for those who are not members", () => {
    for (const by of [bob, ada]) given().when({ type: "rename", name: "B", by }).refused("org_not_found");
    given(created).when({ type: "rename", name: "B", by: bob }).refused("org_not_found");
    given(created).when({ type: "remove", member: ada, by: bob }).refused("org_not_found");
    given(created, joined(bob, "admin"), left(bob))
      .when({ type: "rename", name: "B", by: bob })
      .refused("org_not_found");
  });

  test("is renamed by owners, admins and the operator", () => {
    const renamed: KnownNewEvent = { type: "org.renamed", data: { name: "B" } };
    given(created).when({ type: "rename", name: "B", by: ada }).then(renamed);
    given(created, joined(bob, "admin")).when({ type: "rename", name: "B", by: bob }).then(renamed);
    given(created).when({ type: "rename", name: "B", by: null }).then(renamed);
    given(created).when({ type: "rename", name: "Acme", by: ada }).then();
    for (const role of ["billing", "member", "viewer"] as const) {
      given(created, joined(bob, role)).when({ type: "rename", name: "B", by: bob }).refused("role_exceeded");
    }
  });

  test("always has an owner", () => {
    given(created).when({ type: "remove", member: ada, by: ada }).refused("last_owner");
    given(created).when({ type: "change_role", member: ada, role: "admin", by: ada }).refused("last_owner");
    given(created).when({ type: "remove", member: ada, by: null }).refused("last_owner");
    const two = given(created, joined(bob, "owner"));
    two.when({ type: "remove", member: ada, by: ada }).then(left(ada));
    two.when({ type: "change_role", member: ada, role: "viewer", by: bob }).then(changed(ada, "viewer"));
    // Each demotes the other: the one who comes second has no right to any more.
    given(created, joined(bob, "owner"), changed(ada, "viewer"))
      .when({ type: "change_role", member: bob, role: "viewer", by: ada })
      .refused("role_exceeded");
  });

  test("is handed over to a member, who becomes an owner in place of the one who does it", () => {
    given(created, joined(bob, "viewer"))
      .when({ type: "hand_over", from: ada, to: bob, by: ada })
      .then(changed(bob, "owner"), changed(ada, "admin"));
    given(created, joined(bob, "owner"))
      .when({ type: "hand_over", from: ada, to: bob, by: ada })
      .then(changed(ada, "admin"));
    given(created, joined(bob, "viewer"))
      .when({ type: "hand_over", from: ada, to: bob, by: null })
      .then(changed(bob, "owner"), changed(ada, "admin"));
    given(created, joined(bob, "admin"))
      .when({ type: "hand_over", from: bob, to: ada, by: null })
      .refused("role_exceeded");
    given(created).when({ type: "hand_over", from: ada, to: ada, by: ada }).then();
    given(created).when({ type: "hand_over", from: ada, to: bob, by: ada }).refused("member_not_found");
    given(created, joined(bob, "admin"))
      .when({ type: "hand_over", from: bob, to: ada, by: bob })
      .refused("role_exceeded");
  });

  test("has a limited number of members", () => {
    const many = Array.from({ length: MEMBERS_MAX - 2 }, (_, n) => joined(`user:${n}`, "viewer"));
    given(created, ...many)
      .when({ type: "join", member: eve, role: "viewer", by: ada })
      .then(joined(eve, "viewer"));
    given(created, ...many, joined(bob, "viewer"))
      .when({ type: "join", member: eve, role: "viewer", by: ada })
      .refused("too_many_members");
  });

  test("has each member once", () => {
    given(created).when({ type: "join", member: ada, role: "viewer", by: ada }).refused("already_member");
    given(created, joined(bob, "viewer"), left(bob))
      .when({ type: "join", member: bob, role: "admin", by: ada })
      .then(joined(bob, "admin"));
    given(created).when({ type: "change_role", member: bob, role: "admin", by: ada }).refused("member_not_found");
    given(created).when({ type: "remove", member: bob, by: ada }).refused("member_not_found");
    given(created, joined(bob, "admin")).when({ type: "change_role", member: bob, role: "admin", by: ada }).then();
  });
});

describe("nobody gives a role above their own, or takes one away", () => {
  const below = ["admin", "billing", "member", "viewer"] as const;

  test.each(below)("an owner and an admin: the role %s", (role) => {
    for (const by of [ada, bob]) {
      const team = given(created, joined(bob, "admin"));
      team.when({ type: "join", member: eve, role, by }).then(joined(eve, role));
      given(created, joined(bob, "admin"), joined(eve, role)).when({ type: "remove", member: eve, by }).then(left(eve));
    }
  });

  test("an admin neither makes, demotes nor removes an owner, not even as themself", () => {
    const team = given(created, joined(bob, "admin"), joined(eve, "member"));
    team.when({ type: "join", member: "user:new", role: "owner", by: bob }).refused("role_exceeded");
    team.when({ type: "change_role", member: eve, role: "owner", by: bob }).refused("role_exceeded");
    team.when({ type: "change_role", member: bob, role: "owner", by: bob }).refused("role_exceeded");
    team.when({ type: "change_role", member: ada, role: "viewer", by: bob }).refused("role_exceeded");
    team.when({ type: "remove", member: ada, by: bob }).refused("role_exceeded");
  });

  test.each(["billing", "member", "viewer"] as const)("%s gives none, and can leave", (role) => {
    const team = given(created, joined(bob, role), joined(eve, "viewer"));
    for (const wanted of below) {
      team.when({ type: "join", member: "user:new", role: wanted, by: bob }).refused("role_exceeded");
    }
    team.when({ type: "change_role", member: bob, role: "admin", by: bob }).refused("role_exceeded");
    team.when({ type: "remove", member: eve, by: bob }).refused("role_exceeded");
    team.when({ type: "remove", member: bob, by: bob }).then(left(bob));
  });
});

test("the members are those who joined and did not leave, with their latest roles", () => {
  const happened = [created, joined(bob, "viewer"), joined(eve, "member"), changed(bob, "admin"), left(eve)];
  const { name, members } = record(happened).reduce(orgDecider.evolve, orgDecider.initial);
  expect({ name, members: [...members] }).toEqual({
    name: "Acme",
    members: [
      [ada, "owner"],
      [bob, "admin"],
    ],
  });
});
