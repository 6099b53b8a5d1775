import { describe, expect, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import type { OrgRole } from "../../events/org.ts";
import { INVITATION_MS, INVITATIONS_MAX, MEMBERS_MAX, type OrgCommand, orgDecider } from "../../src/domain/org.ts";
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

const address = (name: string) => Buffer.from(name.padEnd(32)).toString("hex");
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const [zoe, FIRST, SECOND] = ["user:zoe", uuid(1), uuid(2)] as const;
/** When the invitations below are sent, to some seconds. */
const NOW = Date.parse("2026-01-01T00:00:00Z");
type Invited = Partial<Extract<KnownNewEvent, { type: "org.member_invited" }>["data"]>;
const asked = (more: Invited = {}) => ({
  invitation_id: FIRST,
  email: "zoe@example.com",
  address: address("zoe"),
  role: "member" as const,
  by: ada as string | null,
  ...more,
});
const invited = (more: Invited = {}): KnownNewEvent => ({ type: "org.member_invited", data: asked(more) });
const invite = (more: Invited & { invitee?: string } = {}): OrgCommand => {
  const { invitee = null, ...data } = more;
  return { type: "invite", invitee, now: NOW, ...asked(data) };
};
const accept = (more: Partial<Extract<OrgCommand, { type: "accept" }>> = {}): OrgCommand => ({
  type: "accept",
  invitation_id: FIRST,
  member: zoe,
  address: address("zoe"),
  inviter_is_active: true,
  now: NOW + 60_000,
  ...more,
});
const accepted: KnownNewEvent = { type: "org.invitation_accepted", data: { invitation_id: FIRST, member: zoe } };
const ended = (reason: "revoked" | "replaced" | "expired" | "inviter" | "erased", invitation_id = FIRST) =>
  ({ type: "org.invitation_ended", data: { invitation_id, reason } }) as const;

describe("an invitation", () => {
  test("makes whoever has the address a member, with its role, once", () => {
    given(created).when(invite()).then(invited());
    given(created, invited()).when(accept()).then(accepted, joined(zoe, "member"));
    given(created, invited({ by: null, role: "owner" }))
      .when(accept())
      .then(accepted, joined(zoe, "owner"));
    const used = given(created, invited(), accepted, joined(zoe, "member"));
    used.when(accept()).refused("invitation_used");
    used.when(accept({ member: eve })).refused("invitation_expired");
    given(created).when(accept()).refused("invitation_expired");
    given().when(accept()).refused("invitation_expired");
  });

  test("is for its address alone", () => {
    for (const other of [address("eve"), null]) {
      given(created, invited())
        .when(accept({ address: other }))
        .refused("wrong_invitee");
    }
  });

  test("is valid for seven days", () => {
    const sent = [created, { ...invited(), recorded_at: "2026-01-01T00:00:00Z" }] as const;
    given(...sent)
      .when(accept({ now: NOW + INVITATION_MS - 1 }))
      .then(accepted, joined(zoe, "member"));
    given(...sent)
      .when(accept({ now: NOW + INVITATION_MS }))
      .refused("invitation_expired");
    given(...sent)
      .when({ type: "expire", now: NOW + INVITATION_MS - 1 })
      .then();
    given(...sent)
      .when({ type: "expire", now: NOW + INVITATION_MS })
      .then(ended("expired"));
  });

  test("gives no role above the inviter's, who manages members", () => {
    const team = given(created, joined(bob, "admin"));
    team.when(invite({ by: bob, role: "owner" })).refused("role_exceeded");
    team.when(invite({ by: bob, role: "admin" })).then(invited({ by: bob, role: "admin" }));
    team.when(invite({ by: eve })).refused("org_not_found");
    for (const role of ["billing", "member", "viewer"] as const) {
      given(created, joined(bob, role))
        .when(invite({ by: bob, role: "viewer" }))
        .refused("role_exceeded");
    }
  });

  test("dies with its inviter's right to give the role", () => {
    const team = [created, joined(bob, "owner"), invited({ by: bob, role: "owner" })] as const;
    given(...team)
      .when({ type: "change_role", member: bob, role: "admin", by: ada })
      .then(changed(bob, "admin"), ended("inviter"));
    given(...team)
      .when({ type: "remove", member: bob, by: ada })
      .then(left(bob), ended("inviter"));
    given(...team)
      .when({ type: "hand_over", from: bob, to: ada, by: bob })
      .then(changed(bob, "admin"), ended("inviter"));
    const lesser = [created, joined(bob, "owner"), invited({ by: bob, role: "admin" })] as const;
    given(...lesser)
      .when({ type: "change_role", member: bob, role: "admin", by: ada })
      .then(changed(bob, "admin"));
    given(...lesser, changed(bob, "admin"))
      .when(accept())
      .then(accepted, joined(zoe, "admin"));
    given(...lesser)
      .when({ type: "change_role", member: bob, role: "member", by: ada })
      .then(changed(bob, "member"), ended("inviter"));
    given(created, invited())
      .when(accept({ inviter_is_active: false }))
      .refused("invitation_expired");
  });

  test("is replaced by a newer one for the address, by whoever could give its role", () => {
    given(created, invited())
      .when(invite({ invitation_id: SECOND, role: "viewer" }))
      .then(invited({ invitation_id: SECOND, role: "viewer" }), ended("replaced"));
    given(created, joined(bob, "admin"), invited({ role: "owner" }))
      .when(invite({ invitation_id: SECOND, by: bob }))
      .refused("role_exceeded");
    const replaced = given(created, invited(), invited({ invitation_id: SECOND }), ended("replaced"));
    replaced.when(accept()).refused("invitation_expired");
  });

  test("is revoked by those who could have sent it", () => {
    const revoke = (by: string | null): OrgCommand => ({ type: "revoke", invitation_id: FIRST, by });
    const team = given(created, joined(bob, "admin"), joined(eve, "member"), invited());
    for (const by of [ada, bob, null]) team.when(revoke(by)).then(ended("revoked"));
    team.when(revoke(eve)).refused("role_exceeded");
    team.when(revoke(zoe)).refused("org_not_found");
    given(created, joined(bob, "admin"), invited({ role: "owner" }))
      .when(revoke(bob))
      .refused("role_exceeded");
    for (const over of [ended("revoked"), accepted]) {
      given(created, invited(), over).when(revoke(ada)).refused("invitation_not_found");
    }
    given(created, joined(bob, "member")).when(revoke(bob)).refused("role_exceeded");
  });

  test("is for nobody who is a member", () => {
    given(created, joined(zoe, "viewer"))
      .when(invite({ invitee: zoe }))
      .refused("already_member");
    given(created, invited(), joined(zoe, "viewer")).when(accept()).refused("already_member");
  });

  test("brings nobody back who was removed since", () => {
    const removed = [created, invited(), joined(zoe, "viewer"), left(zoe)] as const;
    given(...removed)
      .when(accept())
      .refused("invitation_expired");
    given(...removed, invited({ invitation_id: SECOND }), ended("replaced"))
      .when(accept({ invitation_id: SECOND }))
      .then({ ...accepted, data: { invitation_id: SECOND, member: zoe } } as KnownNewEvent, joined(zoe, "member"));
  });

  test("ends when its inviter is erased, or whoever has its address", () => {
    const others = invited({ invitation_id: SECOND, address: address("bob"), by: bob });
    const team = given(created, joined(bob, "admin"), invited(), others);
    team.when({ type: "forget", member: zoe, address: address("zoe") }).then(ended("erased"));
    team.when({ type: "forget", member: bob, address: null }).then(ended("erased", SECOND));
    team.when({ type: "forget", member: eve, address: null }).then();
  });

  test("is one of a limited number that are open", () => {
    const many = Array.from({ length: INVITATIONS_MAX - 1 }, (_, n) =>
      invited({ invitation_id: uuid(100 + n), address: address(`many ${n}`) }),
    );
    given(created, ...many)
      .when(invite())
      .then(invited());
    const full = given(created, ...many, invited({ invitation_id: SECOND, address: address("eve") }));
    full.when(invite()).refused("too_many_invitations");
    full
      .when(invite({ address: address("eve") }))
      .then(invited({ address: address("eve") }), ended("replaced", SECOND));
    full.when({ ...invite(), now: NOW + INVITATION_MS + 3_600_000 } as OrgCommand).then(invited());
  });

  test("is refused while the organisation has as many members as there may be", () => {
    const many = Array.from({ length: MEMBERS_MAX - 1 }, (_, n) => joined(`user:${n}`, "viewer"));
    given(created, invited(), ...many)
      .when(accept())
      .refused("too_many_members");
    given(created, invited(), ...many, left("user:1"))
      .when(accept())
      .then(accepted, joined(zoe, "member"));
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
