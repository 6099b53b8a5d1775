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
  invalid_invitation_id: {
    status: 400,
    title: "Invalid invitation id",
    help: "An invitation's id is a UUID, as in invitation_id of the response that created it.",
  },
  invitation_not_found: {
    status: 404,
    title: "Invitation not found",
    help: "The organisation has no open invitation with this id: it was accepted, revoked or replaced, has expired, or never existed. GET /api/v1/orgs/{org_id}/invitations lists those that are open.",
  },
  too_many_invitations: {
    status: 409,
    title: "Too many invitations",
    help: "An organisation has at most 200 open invitations. Revoke some, or wait until they are accepted: after 7 days they expire.",
  },
  invited_too_often: {
    status: 429,
    title: "Invited too often",
    help: "Nobody is flooded with mail: an address is invited once in 15 minutes and three times in 24 hours, whoever invites; an organisation sends 100 invitations in 24 hours, and a user 200. Invite again after the number of seconds in Retry-After.",
  },
  wrong_invitee: {
    status: 403,
    title: "Wrong invitee",
    help: "The invitation was mailed to another e-mail address. Sign in with that one, or ask to be invited with yours.",
  },
  invitation_used: {
    status: 410,
    title: "Invitation used",
    help: "The user is a member already, and the invitation is over. GET /api/v1/orgs lists one's organisations.",
  },
  invitation_expired: {
    status: 410,
    title: "Invitation expired",
    help: "The invitation is not valid: it is older than 7 days, was accepted, revoked or replaced by a newer one, whoever invited can no longer give the role, or the link was changed on the way. Ask to be invited again.",
  },
});
