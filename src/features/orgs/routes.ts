/** Organisations: creating them, and who belongs to them. */
import { Member, orgAccount } from "../../../events/org.ts";
import type { Caller } from "../../access/mod.ts";
import type { OrgCommand, OrgState } from "../../domain/org.ts";
import type { ApiParts } from "../../http/api.ts";
import type { Call } from "../../http/call.ts";
import type { AnyDeclaration } from "../../http/declaration.ts";
import { tags } from "../../http/document/tags.ts";
import { problems } from "../../http/problems.ts";
import { actingMember, orgIdParam, orgNotFound } from "../../http/request/org.ts";
import { checkedParam } from "../../http/request/params.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { problemOf } from "./callers.ts";
import { commandOrg, createOrg, readOrg } from "./commands.ts";
import { orgProblems } from "./problems.ts";
import { HandOver, MemberAdd, MemberUpdate, Org, OrgCreate, OrgList, OrgUpdate } from "./schemas.ts";
import { showOrg } from "./show.ts";

const ROUTE = "/api/v1/orgs";

const memberParam = checkedParam("member", Member);

const [EXAMPLE] = Org.examples as [object];
const [LISTED] = OrgList.properties.data.items.examples as [object];
const CHANGED = { 200: { description: "The organisation, as it is now.", schema: Org, example: EXAMPLE } } as const;

/** Calls that change one member. */
const CHANGING_MEMBERS = {
  scope: "orgs:write",
  params: { org_id: orgIdParam, member: memberParam },
  responses: CHANGED,
  errors: [problems.session_required, orgProblems.member_not_found, problems.role_exceeded, orgProblems.last_owner],
} as const satisfies Partial<AnyDeclaration>;

/** A call on one organisation. */
type OrgCall = Call<{ readonly org_id: string }, unknown, unknown, Caller>;

type Wanted<Command = OrgCommand> = Command extends { readonly by: string | null } ? Omit<Command, "by"> : never;

export function orgRoutes({ log, sql, stored }: ApiParts) {
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "createOrg",
        tag: tags.orgs,
        summary: "Create an organisation",
        description:
          "The user of the session becomes its owner; the operator names one. It has an account of its own, `org:<org_id>`: to act for it, send that as Levqor-Account.",
        scope: "orgs:write",
        idempotent: true,
        body: OrgCreate,
        responses: { 201: { description: "The organisation is recorded.", schema: Org, example: EXAMPLE } },
        errors: [problems.session_required, problems.too_many_stored],
      },
      async (call) => {
        const { caller } = call;
        const { name, owner: named } = call.body;
        const owner = ownOrNamed(caller, { named, pointer: "/owner" });
        const org_id = call.newId();
        const created = await stored.add("orgs", {
          // Whatever account they act for: otherwise each organisation would have room for more.
          caller: { ...caller, account: owner },
          stream_id: null,
          record: () => createOrg(log, { org_id, name, owner, meta: { actor: caller.actor, ...call.cause } }),
        });
        call.once(created);
        return await shown(actingMember(caller), org_id);
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listOrgs",
        tag: tags.orgs,
        summary: "List one's organisations, newest first",
        description:
          "Those that the user of the session is a member of, the last joined first; for the operator all. Read from a read model that follows the log.",
        scope: "orgs:read",
        query: PageQuery,
        list: true,
        responses: {
          200: {
            description: "A page of organisations.",
            schema: OrgList,
            example: { data: [LISTED], has_more: false, next_cursor: null },
          },
        },
        errors: [problems.session_required],
      },
      async (call) => {
        const member = actingMember(call.caller);
        const select = (before: number | undefined, take: number) => {
          const since = before === undefined ? sql`` : sql`and position < ${before}`;
          if (member === null) {
            return sql<Listed[]>`
              select org_id, name, null as role, created_at, position from levqor_read.orgs
              where true ${since} order by position desc limit ${take}`;
          }
          return sql<Listed[]>`
            select org_id, name, role, created_at, joined.position
            from levqor_read.org_members as joined join levqor_read.orgs using (org_id)
            where member = ${member} ${before === undefined ? sql`` : sql`and joined.position < ${before}`}
            order by joined.position desc limit ${take}`;
        };
        const show = ({ position: _, org_id, ...row }: Listed) => ({ org_id, account: orgAccount(org_id), ...row });
        return await call.page("org_members", { select, show, joined: ["orgs"] });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:org_id`,
        id: "getOrg",
        tag: tags.orgs,
        summary: "Get an organisation and its members",
        description: "Read from the log itself, and never older than an earlier response. For its members.",
        scope: "orgs:read",
        params: { org_id: orgIdParam },
        responses: { 200: { description: "The organisation.", schema: Org, example: EXAMPLE } },
        errors: [problems.session_required],
      },
      async (call) => await shown(actingMember(call.caller), call.params.org_id),
    ),
    route(
      {
        method: "PATCH",
        path: `${ROUTE}/:org_id`,
        id: "updateOrg",
        tag: tags.orgs,
        summary: "Rename an organisation",
        description: "For its owners and admins.",
        scope: "orgs:write",
        params: { org_id: orgIdParam },
        body: OrgUpdate,
        responses: CHANGED,
        errors: [problems.session_required, problems.role_exceeded],
      },
      async (call) => await record(call, { type: "rename", ...call.body }),
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:org_id/members`,
        id: "addOrgMember",
        tag: tags.orgs,
        summary: "Add a user to an organisation",
        description: "For the operator, without asking the user.",
        scope: "ops:write",
        params: { org_id: orgIdParam },
        body: MemberAdd,
        responses: { 201: { description: "The organisation, with its new member.", schema: Org, example: EXAMPLE } },
        errors: [orgProblems.already_member, orgProblems.too_many_members],
      },
      async (call) => await record(call, { type: "join", ...call.body }, null),
    ),
    route(
      {
        method: "PATCH",
        path: `${ROUTE}/:org_id/members/:member`,
        id: "updateOrgMember",
        tag: tags.orgs,
        summary: "Change a member's role",
        description:
          "For owners and admins: nobody gives a role above their own, or takes one away. What the member does for the organisation at that moment ends within a second: streams, sockets and waiting claims.",
        body: MemberUpdate,
        ...CHANGING_MEMBERS,
      },
      async (call) => await record(call, { type: "change_role", member: call.params.member, ...call.body }),
    ),
    route(
      {
        method: "DELETE",
        path: `${ROUTE}/:org_id/members/:member`,
        id: "removeOrgMember",
        tag: tags.orgs,
        summary: "Remove a member",
        description:
          "For owners and admins; members can remove themselves. From then on the organisation does not exist for them. Its keys and jobs stay, whoever created them.",
        ...CHANGING_MEMBERS,
      },
      async (call) => await record(call, { type: "remove", member: call.params.member }),
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:org_id/hand-over`,
        id: "handOverOrg",
        tag: tags.orgs,
        summary: "Hand an organisation over",
        description: "Makes another member an owner, and the owner who does it an admin, in one step.",
        scope: "orgs:write",
        params: { org_id: orgIdParam },
        body: HandOver,
        responses: CHANGED,
        errors: [problems.session_required, orgProblems.member_not_found, problems.role_exceeded],
      },
      async (call) => {
        const { to, from: named } = call.body;
        const from = ownOrNamed(call.caller, { named, pointer: "/from" });
        return await record(call, { type: "hand_over", from, to });
      },
    ),
  ];

  /** The organisation as its members see it. Throws the problem `org_not_found`. */
  async function shown(member: string | null, org_id: string, left?: OrgState) {
    const org = await readOrg(log, org_id);
    const role = member === null ? null : (org?.members.get(member) ?? left?.members.get(member));
    if (!org || role === undefined) throw orgNotFound();
    return showOrg({ org_id, org, role });
  }

  /** Records a command, by default as the caller. Throws the problems that its refusal says. */
  async function record(call: OrgCall, wanted: Wanted, by = actingMember(call.caller)) {
    const { caller, cause } = call;
    const { org_id } = call.params;
    const command = { ...wanted, by } as OrgCommand;
    const handled = await commandOrg(log, { org_id, command, meta: { actor: caller.actor, ...cause } });
    if (!handled.ok) throw problemOf(handled.refusal);
    call.recorded(handled.position);
    // Those who have just left see what they left.
    return await shown(by, org_id, handled.state);
  }
}

interface Listed {
  readonly org_id: string;
  readonly name: string;
  readonly role: string | null;
  readonly created_at: string;
  readonly position: number;
}

/**
 * The user whom a call is about: the one who calls, or the one whom the operator names. Throws the problems
 * `session_required` and `validation_failed`.
 */
function ownOrNamed(caller: Caller, { named, pointer }: { named: string | undefined; pointer: string }): string {
  const own = actingMember(caller);
  if (own === null && named === undefined) {
    throw invalid([{ pointer, message: "is missing: the operator names the user" }]);
  }
  if (own !== null && named !== undefined && named !== own) {
    throw invalid([{ pointer, message: "must be left out: only the operator names another user" }]);
  }
  return (own ?? named) as string;
}
