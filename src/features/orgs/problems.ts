/** What can go wrong with organisations. */
import { defineProblems } from "../../http/problem.ts";

export const orgProblems = defineProblems({
  member_not_found: {
    status: 404,
    title: "Member not found",
    help: "The user is not a member of the organisation. GET /api/v1/orgs/{org_id} lists its members.",
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
