import { expect, test } from "bun:test";
import { orgInvitations } from "../../projections/org_invitations.ts";
import { orgMembers } from "../../projections/org_members.ts";
import { orgs } from "../../projections/orgs.ts";
import { history, rowSpec, rowsAfter } from "../spec.ts";

const id = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";
const created = { type: "org.created", data: { name: "Acme", owner: "user:ada" } };
const joined = { type: "org.member_joined", data: { member: "user:bob", role: "viewer" } };
const renamed = { type: "org.renamed", data: { name: "Acme Europe" } };
const changed = { type: "org.role_changed", data: { member: "user:bob", role: "owner" } };
const left = { type: "org.member_left", data: { member: "user:ada" } };

test("an organisation has its latest name, and whoever created it", () => {
  expect(rowSpec(orgs, `org-${id}`)(created, renamed)).toEqual({
    org_id: id,
    name: "Acme Europe",
    created_at: "2026-01-02T03:00:01Z",
    position: 101,
    charged_to: "user:ada",
  });
});

test("members have their latest roles, in the order in which they joined, until they leave", () => {
  expect(rowsAfter(orgMembers, history(`org-${id}`, [created, joined, changed]))).toEqual([
    { org_id: id, member: "user:ada", role: "owner", position: 101 },
    { org_id: id, member: "user:bob", role: "owner", position: 102 },
  ]);
  expect(rowsAfter(orgMembers, history(`org-${id}`, [created, joined, changed, left]))).toEqual([
    { org_id: id, member: "user:bob", role: "owner", position: 102 },
  ]);
});

test("an invitation is open until it is accepted or ends otherwise", () => {
  const [first, second] = [id.replace(/0$/, "1"), id.replace(/0$/, "2")] as [string, string];
  const address = "0".repeat(64);
  const invited = (invitation_id: string) => {
    const data = { invitation_id, email: "bob@example.com", address, role: "viewer", by: "user:ada" };
    return { type: "org.member_invited", data };
  };
  const accepted = { type: "org.invitation_accepted", data: { invitation_id: first, member: "user:bob" } };
  const ended = { type: "org.invitation_ended", data: { invitation_id: second, reason: "revoked" } };
  const rows = rowsAfter(orgInvitations, history(`org-${id}`, [created, invited(first), invited(second), accepted]));
  const row = { org_id: id, address, role: "viewer", invited_by: "user:ada" } as const;
  expect(rows).toEqual([
    {
      ...row,
      invitation_id: first,
      invited_at: "2026-01-02T03:00:02Z",
      over_at: "2026-01-02T03:00:04Z",
      version: 2,
      position: 102,
    },
    { ...row, invitation_id: second, invited_at: "2026-01-02T03:00:03Z", over_at: null, version: 3, position: 103 },
  ]);
  const revoked = history(`org-${id}`, [created, invited(second), ended]);
  expect(rowsAfter(orgInvitations, revoked)).toMatchObject([{ over_at: "2026-01-02T03:00:03Z" }]);
  expect(() => rowsAfter(orgInvitations, history(`org-${id}`, [created, ended]))).toThrow("it does not exist");
});

test("a name before the creation is an impossible history", () => {
  expect(() => rowSpec(orgs, `org-${id}`)(renamed)).toThrow(`Cannot rename org-${id}: it was not created`);
});
