/** Invitations to organisations: for those who manage members, and for whoever is invited. */
import { userOf } from "../../../events/user.ts";
import type { OrgInvitationRow } from "../../../projections/mod.ts";
import type { Caller } from "../../access/mod.ts";
import { ensureUser, readUser } from "../../access/users.ts";
import { mayManageMembers } from "../../domain/org.ts";
import type { ApiParts } from "../../http/api.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkedEmail } from "../../http/request/email.ts";
import { actingMember, orgIdParam, orgNotFound } from "../../http/request/org.ts";
import { idParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { concernedUser, problemOf } from "./callers.ts";
import { commandOrg, orgOf, readOrg, readOrgEvents } from "./commands.ts";
import {
  acceptInvitation,
  expiryOf,
  type Invitee,
  invite,
  invitedEvent,
  previewInvitation,
  shownInvitations,
} from "./invitations.ts";
import { orgProblems } from "./problems.ts";
import {
  Invitation,
  InvitationCreate,
  InvitationId,
  InvitationList,
  InvitationPreview,
  InvitationRevoked,
  InvitationToken,
  Org,
} from "./schemas.ts";
import { type InvitationIds, invitationOfToken } from "./secrets.ts";
import { showOrg } from "./show.ts";

const ORG = "/api/v1/orgs/:org_id/invitations";
const ROUTE = "/api/v1/invitations";

const invitationIdParam = idParam({
  schema: InvitationId,
  what: "invitation",
  invalid: orgProblems.invalid_invitation_id,
  missing: orgProblems.invitation_not_found,
});

const [EXAMPLE] = Invitation.examples as [object];
const [REVOKED] = InvitationRevoked.examples as [object];
const [PREVIEW] = InvitationPreview.examples as [object];
const [JOINED] = Org.examples as [object];

/** Why an invitation cannot be accepted. */
const NOT_ACCEPTED = [
  problems.session_required,
  orgProblems.wrong_invitee,
  orgProblems.invitation_used,
  orgProblems.invitation_expired,
  orgProblems.already_member,
  orgProblems.too_many_members,
];

type TokenCall = Call<unknown, unknown, { readonly token: string }, Caller>;

export function invitationRoutes({ log, vault, sql }: ApiParts) {
  const parts = { log, vault };
  return [
    route(
      {
        method: "POST",
        path: ORG,
        id: "inviteOrgMember",
        tag: tags.orgs,
        summary: "Invite somebody to an organisation",
        description:
          "For owners and admins, who give no role above their own. Mails a link to the address, with which whoever signs in with that address becomes a member, within 7 days and for as long as whoever invited may give the role. The response is the same whether or not the address is a user's. An open invitation for the same address is replaced: only the newest link is valid.",
        scope: "orgs:write",
        idempotent: true,
        params: { org_id: orgIdParam },
        body: InvitationCreate,
        responses: { 201: { description: "The invitation is recorded.", schema: Invitation, example: EXAMPLE } },
        errors: [
          problems.session_required,
          problems.invalid_email,
          problems.role_exceeded,
          orgProblems.already_member,
          orgProblems.too_many_invitations,
          orgProblems.invited_too_often,
        ],
      },
      async (call) => {
        const { caller, body, cause } = call;
        const by = actingMember(caller);
        const email = checkedEmail(body.email, "/email");
        const { org_id } = call.params;
        const invitation_id = call.newId();
        const meta = { actor: caller.actor, ...cause };
        const asked = { org_id, invitation_id, email, role: body.role, by, meta, causation_id: call.repeatableId() };
        const invited = await invite({ ...parts, sql }, asked);
        if (!invited.ok && invited.reason === "limited") throw tooOften(invited.wait_s);
        if (!invited.ok && invited.reason === "refused") throw problemOf(invited.refusal);
        call.once(invited);
        const event = invitedEvent(await readOrgEvents(log, org_id), invitation_id);
        if (!event) throw new Error(`Cannot show invitation ${invitation_id}: it is not recorded`);
        const [shown] = await shownInvitations(vault, [event]);
        // Whoever repeats the request knows the address, even if it is forgotten by now.
        return { ...shown, email };
      },
    ),
    route(
      {
        method: "GET",
        path: ORG,
        id: "listOrgInvitations",
        tag: tags.orgs,
        summary: "List an organisation's open invitations, newest first",
        description: "For owners and admins. Read from a read model that follows the log.",
        scope: "orgs:read",
        params: { org_id: orgIdParam },
        query: PageQuery,
        list: true,
        responses: {
          200: {
            description: "A page of invitations.",
            schema: InvitationList,
            example: { data: [EXAMPLE], has_more: false, next_cursor: null },
          },
        },
        errors: [problems.session_required, problems.role_exceeded],
      },
      async (call) => {
        const by = actingMember(call.caller);
        const { org_id } = call.params;
        const events = await readOrgEvents(log, org_id);
        const org = orgOf(events);
        const role = by === null ? "owner" : org?.members.get(by);
        if (!org || role === undefined) throw orgNotFound();
        if (!mayManageMembers(role)) {
          throw new Problem(problems.role_exceeded, `The role "${role}" does not see invitations.`);
        }
        const { data, ...page } = await call.page("org_invitations", {
          select: (before, take) => sql<Pick<OrgInvitationRow, "version" | "position">[]>`
            select version, position from levqor_read.org_invitations
            where org_id = ${org_id} and over_at is null ${before === undefined ? sql`` : sql`and position < ${before}`}
            order by position desc limit ${take}`,
          show: ({ version }) => events[version - 1],
        });
        const invited = data.filter((event) => event !== undefined);
        return { data: await shownInvitations(vault, invited), ...page };
      },
    ),
    route(
      {
        method: "DELETE",
        path: `${ORG}/:invitation_id`,
        id: "revokeOrgInvitation",
        tag: tags.orgs,
        summary: "Revoke an invitation",
        description:
          "For owners and admins. Its link is no longer valid, and its address is forgotten. Of a revocation and an acceptance at the same moment, one succeeds.",
        scope: "orgs:write",
        params: { org_id: orgIdParam, invitation_id: invitationIdParam },
        responses: { 200: { description: "The invitation is revoked.", schema: InvitationRevoked, example: REVOKED } },
        errors: [problems.session_required, problems.role_exceeded],
      },
      async (call) => {
        const { caller, cause } = call;
        const { org_id, invitation_id } = call.params;
        const command = { type: "revoke", invitation_id, by: actingMember(caller) } as const;
        const handled = await commandOrg(log, { org_id, command, meta: { actor: caller.actor, ...cause } });
        if (!handled.ok) throw problemOf(handled.refusal);
        call.recorded(handled.position);
        return { invitation_id, status: "revoked" };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/preview`,
        id: "previewInvitation",
        tag: tags.orgs,
        summary: "Show what an invitation offers",
        description:
          "For whoever is signed in with the address that was invited; operators do it for a user whose account they act for. The token is what follows the # in the mailed link. Nothing is recorded, and the invitation stays as it is.",
        scope: "orgs:read",
        without_terms: true,
        records: false,
        body: InvitationToken,
        responses: { 200: { description: "What it offers.", schema: InvitationPreview, example: PREVIEW } },
        errors: NOT_ACCEPTED,
      },
      async (call) => {
        const member = concernedUser(call.caller);
        const ids = await idsOf(call);
        const user = await readUser(log, userOf(member) as string);
        const email = user ? user.profile.email : (call.caller.verified_email ?? null);
        const previewed = await previewInvitation(parts, { ...ids, member, email });
        if (!previewed.ok) throw problemOf(previewed.refusal);
        const { role, invited_at } = previewed.invitation;
        return { org_id: ids.org_id, name: previewed.name, role, expires_at: expiryOf(invited_at) };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/accept`,
        id: "acceptInvitation",
        tag: tags.orgs,
        summary: "Accept an invitation",
        description:
          "Makes the user a member of the organisation, with the role that the invitation offers: whoever is signed in with the address that was invited; operators do it for a user whose account they act for. The token is what follows the # in the mailed link. Of many who try at once, one succeeds.",
        scope: "orgs:write",
        body: InvitationToken,
        responses: { 200: { description: "The organisation, with its new member.", schema: Org, example: JOINED } },
        errors: NOT_ACCEPTED,
      },
      async (call) => {
        const { caller, cause } = call;
        const member = concernedUser(caller);
        const ids = await idsOf(call);
        const meta = { actor: caller.actor, ...cause };
        const accepted = await acceptInvitation(parts, {
          ...ids,
          ...(await inviteeOf(member, { caller, meta })),
          meta,
        });
        if (!accepted.ok) throw problemOf(accepted.refusal);
        call.recorded(accepted.position);
        const org = await readOrg(log, ids.org_id);
        const role = accepted.state.invitations.get(ids.invitation_id)?.role;
        if (!org || role === undefined) throw new Error(`Cannot show ${ids.org_id}: what was accepted is not recorded`);
        return showOrg({ org_id: ids.org_id, org, role });
      },
    ),
  ];

  /** A user of the auth server who calls for the first time is recorded, as by GET /api/v1/users/me. */
  async function inviteeOf(
    member: string,
    { caller, meta }: { caller: Caller; meta: Parameters<typeof ensureUser>[1]["meta"] },
  ): Promise<Invitee> {
    const user_id = userOf(member) as string;
    const { actor, verified_email } = caller;
    if (actor === member) await ensureUser(parts, { user_id, verified_email, meta });
    return { member, email: (await readUser(log, user_id))?.profile.email ?? null };
  }

  /** The invitation whose link it is. Throws the problem `invitation_expired`, as for one that is over. */
  async function idsOf({ body }: TokenCall): Promise<InvitationIds> {
    const ids = await invitationOfToken(vault, body.token);
    if (ids) return ids;
    throw new Problem(orgProblems.invitation_expired, "This is no link of an invitation.");
  }
}

function tooOften(wait_s: number): Problem {
  const detail = `The address, the organisation or the user has had as many invitations as are sent at the moment; the next can be sent in ${wait_s} s.`;
  return new Problem(orgProblems.invited_too_often, detail, { retry_after_s: wait_s });
}
