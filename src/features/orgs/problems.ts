/** What can go wrong with organisations. */
import { defineProblems } from "../../http/problem.ts";

export const orgProblems = defineProblems({
  invalid_org_id: {
    status: 400,
    title: "Invalid organisation id",
    help: "An organisation's id is a UUID, as in org_id of the response that created it.",
  },
  org_not_found: {
    status: 404,
    title: "Organisation not found",
    help: "No organisation that the caller is a member of has this id. GET /api/v1/orgs lists them.",
  },
  member_not_found: {
    status: 404,
    title: "Member not found",
    help: "The user is not a member of the organisation. GET /api/v1/orgs/{org_id} lists its members.",
  },
  role_exceeded: {
    status: 403,
    title: "Role exceeded",
    help: "Nobody can give a role above their own, or take one away. Ask an owner.",
  },
  already_member: {
    status: 409,
    title: "Already a member",
    help: "The user is a member already. Change their role with PATCH.",
  },
  too_many_members: {
    status: 409,
    title: "Too many members",
    help: "An organisation has at most 1,000 members. Remove some who no longer need it.",
  },
  last_owner: {
    status: 409,
    title: "Last owner",
    help: "An organisation always has an owner. Make another member an owner first, or hand the organisation over.",
  },
});
