/**
 * Users: recording them, finding them, and what they see of themselves. In the operator's account all users exist, in a
 * user's own the user alone, in an organisation's none.
 */
import { OPERATOR } from "../../../events/account.ts";
import { decode } from "../../../events/mod.ts";
import { userAccount, userOf, userStream } from "../../../events/user.ts";
import { erasures } from "../../../projections/erasures.ts";
import type { ErasureRow } from "../../../projections/mod.ts";
import type { Caller } from "../../access/mod.ts";
import {
  type Changed,
  changeUser,
  commandUser,
  confirmEmailChange,
  ensureUser,
  findUser,
  type UserMeta,
  upsertUser,
} from "../../access/users.ts";
import type { UserCommand, UserRejection } from "../../domain/user.ts";
import type { ApiParts } from "../../http/api.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkedEmail } from "../../http/request/email.ts";
import { checkedParam, idParam } from "../../http/request/params.ts";
import { readAt } from "../../http/request/read_model.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { download } from "../../http/stream/download.ts";
import { StreamSlots } from "../../http/stream/stream_slots.ts";
import { admitRarely } from "../../rate/mod.ts";
import { certificate } from "./certificate.ts";
import { changeOfToken } from "./email_change.ts";
import { EXPORT_READS, exportOf } from "./export.ts";
import { userProblems } from "./problems.ts";
import { checkedProfile } from "./profile.ts";
import { showUser } from "./queries.ts";
import {
  EmailChange,
  EmailChangeAccepted,
  EmailConfirmation,
  EmailQuery,
  Erasure,
  ErasureId,
  User,
  UserId,
  UserIsCreated,
  UserIsUpdated,
  UserSuspend,
  UserUpdate,
  UserUpsert,
} from "./schemas.ts";

const ROUTE = "/api/v1/users";
/** Changes of address that one user, and that all for one address, may ask for. */
export const EMAIL_CHANGES = { quota: 5, period_s: 900 };
/** How many exports this process writes at once. */
const EXPORTS_MAX = 20;

const userIdParam = checkedParam("user_id", UserId);

const erasureIdParam = idParam({
  schema: ErasureId,
  what: "erasure",
  invalid: userProblems.invalid_erasure_id,
  missing: userProblems.erasure_not_found,
});

const [PROFILE] = UserUpdate.examples as [UserUpdate];
const [EXAMPLE] = User.examples as [object];
const [CREATED] = UserIsCreated.examples as [object];
const [UPDATED] = UserIsUpdated.examples as [object];
const [ERASED] = Erasure.examples as [Erasure];
const BEGUN = { ...ERASED, status: "erasing", erased_at: null, destroyed: [], ended: [] };
const FOUND = { 200: { description: "The user.", schema: User, example: EXAMPLE } } as const;
const CHANGED = {
  200: { description: "The user, as they are now.", schema: UserIsUpdated, example: UPDATED },
} as const;
const INVALID = [userProblems.unknown_locale, userProblems.unknown_currency, userProblems.meta_too_large];

export function userRoutes({ log, vault, sql, projector, timing, config, logger, signal }: ApiParts) {
  const exports = new StreamSlots({ max: EXPORTS_MAX, share: config.caller_share });

  return [
    route(
      {
        method: "POST",
        path: `${ROUTE}/upsert`,
        id: "upsertUser",
        tag: tags.users,
        summary: "Create or update a user",
        description:
          "For the operator. All spellings of an address are one user's, and however many requests name it at once, one of them creates the user. What the request leaves out stays as it was. Repeating it changes nothing.",
        scope: "users:write",
        body: UserUpsert,
        responses: {
          200: { description: "There was a user with this address.", schema: UserIsUpdated, example: UPDATED },
          201: { description: "The user is recorded.", schema: UserIsCreated, example: CREATED },
        },
        errors: [userProblems.operator_required, problems.invalid_email, ...INVALID],
      },
      async (call) => {
        requireOperator(call.caller);
        const { email: _, ...profile } = checkedProfile(call.body);
        const wanted = { ...profile, email: checkedEmail(call.body.email, "/email") };
        const upserted = await upsertUser({ log, vault }, { profile: wanted, meta: metaOf(call) });
        if ("refusal" in upserted) throw problemOf(upserted.refusal);
        const { user_id, created, position } = upserted;
        call.recorded(position);
        const user = await shown(user_id);
        if (!created) return { updated: true, user };
        call.set.status = 201;
        return { created: true, user };
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "findUser",
        tag: tags.users,
        summary: "Find a user by e-mail address",
        description:
          "Read from the log itself. Users find nobody but themselves: to them, an address that is somebody else's is like one that nobody has. In a query, + is written as %2B.",
        scope: "users:read",
        query: EmailQuery,
        responses: FOUND,
        errors: [problems.invalid_email, userProblems.user_not_found],
      },
      async (call) => {
        const email = checkedEmail(call.query.email, "?email");
        const { account } = call.caller;
        if (account === OPERATOR) {
          const found = await findUser({ log, vault }, email);
          if (found === undefined) throw notFound();
          return await shown(found);
        }
        // Others' addresses are not even looked up: no time tells that they exist.
        const own = userOf(account);
        const user = own === undefined ? undefined : await showUser({ log, vault }, own);
        if (user?.email !== email) throw notFound();
        return user;
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/me`,
        id: "getOwnUser",
        tag: tags.users,
        summary: "Get the user who calls",
        description:
          "The user in whose account the call is made. A user of the auth server who calls for the first time is recorded, with their e-mail address if the token says that it is verified and nobody else has it.",
        scope: "users:read",
        without_terms: true,
        responses: FOUND,
        errors: [userProblems.user_required, userProblems.user_not_found],
      },
      async (call) => await shown(await own(call)),
    ),
    route(
      {
        method: "PATCH",
        path: `${ROUTE}/me`,
        id: "updateOwnUser",
        tag: tags.users,
        summary: "Change the user who calls",
        description:
          "What the request leaves out stays as it was; `null` removes something. For another e-mail address, use POST /api/v1/users/me/email.",
        scope: "users:write",
        body: UserUpdate,
        without_terms: true,
        responses: CHANGED,
        errors: [userProblems.user_required, userProblems.user_not_found, ...INVALID],
      },
      async (call) => await update(call, await own(call)),
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/me/email`,
        id: "requestEmailChange",
        tag: tags.users,
        summary: "Ask for another e-mail address",
        description: `For a user's own session. Mails a link to the new address, which is the user's once they confirm it, within an hour; until then nothing changes. The response is the same whether or not it is somebody's. At most ${EMAIL_CHANGES.quota} in 15 minutes, for one user and for one address.`,
        scope: "users:write",
        step_up: true,
        without_terms: true,
        body: EmailChange,
        responses: {
          202: { description: "A link is on its way.", schema: EmailChangeAccepted, example: { status: "accepted" } },
        },
        errors: [userProblems.user_required, userProblems.user_not_found, problems.invalid_email],
      },
      async (call) => {
        const email = checkedEmail(call.body.email, "/email");
        const user_id = await ownSession(call);
        await countChange(user_id, email);
        const command = { type: "request_email_change", change_id: Bun.randomUUIDv7(), email } as const;
        const handled = await commandUser(log, { user_id, command, meta: metaOf(call) });
        if (!handled.ok) throw problemOf(handled.refusal);
        call.recorded(handled.position);
        return { status: "accepted" };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/me/email/confirm`,
        id: "confirmEmailChange",
        tag: tags.users,
        summary: "Confirm another e-mail address",
        description:
          "For the session of the user who asked for it, with the token of the mailed link: the address is theirs from then on, and their former one is told by mail and becomes free. Of many who try at once, one succeeds.",
        scope: "users:write",
        without_terms: true,
        body: EmailConfirmation,
        responses: CHANGED,
        errors: [
          userProblems.user_required,
          userProblems.user_not_found,
          userProblems.email_taken,
          userProblems.email_link_expired,
        ],
      },
      async (call) => {
        const user_id = await ownSession(call);
        const change_id = await changeOfToken(vault, call.body.token);
        if (change_id === undefined)
          throw new Problem(userProblems.email_link_expired, "This is no link of this service.");
        const confirming = { user_id, change_id, now: Date.now(), meta: metaOf(call) };
        return await changed(call, user_id, await confirmEmailChange({ log, vault }, confirming));
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/me/exports`,
        id: "exportOwnUser",
        tag: tags.users,
        summary: "Export everything held about the user who calls",
        description:
          "For a user's own session; operators do it for a user whose account they act for. Writes a zip file of JSON: the user as they are now, their organisations, open invitations for their address, and every event of their account or about them, opened, by what it is about, up to Levqor-Position. The file is stored nowhere, and that it was written is on record. If it cannot be completed, the connection is broken off.",
        scope: "users:read",
        step_up: true,
        without_terms: true,
        responses: {
          200: {
            description: "The file: user.json, organisations.json, invitations.json, and events/<category>.json.",
            content_type: "application/zip",
            example: "PK…",
          },
        },
        errors: [
          userProblems.user_required,
          userProblems.user_not_found,
          problems.too_many_streams,
          problems.read_model_behind,
        ],
      },
      async (call) => {
        const user_id = await ownSession(call);
        const handled = await commandUser(log, { user_id, command: { type: "export" }, meta: metaOf(call) });
        if (!handled.ok) throw problemOf(handled.refusal);
        const position = handled.position as number;
        await readAt(
          projector,
          { names: EXPORT_READS, position, wait_ms: timing?.read_model_wait_ms },
          () => sql`select from levqor_read.user_streams limit 1`,
        );
        return await download(call, {
          logger,
          signal,
          slots: exports,
          source: (stop) => exportOf({ log, vault, sql, user_id, position, stop }),
          file_name: `levqor-user-${position}.zip`,
          content_type: "application/zip",
          position,
        });
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/me/erasure`,
        id: "eraseOwnUser",
        tag: tags.users,
        summary: "Erase the user who calls",
        description:
          "For a user's own session; operators do it for a user whose account they act for. From then on all sessions, tokens and keys of the user are rejected. What they have ends: keys, schedules, unfinished jobs, memberships. Then the keys with which their personal data is encrypted are destroyed, and it cannot be read any more: in the log, in read models, in any backup of them. That goes on by itself, whatever fails meanwhile, and cannot be undone. Keep the erasure_id: the certificate is read with it.",
        scope: "users:write",
        step_up: true,
        without_terms: true,
        responses: {
          202: { description: "The erasure is recorded, and goes on by itself.", schema: Erasure, example: BEGUN },
        },
        errors: [userProblems.user_required, userProblems.user_not_found, userProblems.owns_organisations],
      },
      async (call) => {
        const user_id = await ownSession(call);
        await checkOrganisations(call.caller.account);
        const command = { type: "request_erasure", erasure_id: crypto.randomUUID() } as const;
        const handled = await commandUser(log, { user_id, command, meta: metaOf(call) });
        if (!handled.ok) throw problemOf(handled.refusal);
        call.recorded(handled.position);
        return await erasureOf(user_id);
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/erasures/:erasure_id",
        id: "getErasure",
        tag: tags.users,
        summary: "Get the certificate of a user's erasure",
        description:
          "Needs no key: whoever has the id asked for the erasure. It contains nothing personal, and says what was destroyed, what stays, and why.",
        params: { erasure_id: erasureIdParam },
        responses: { 200: { description: "The erasure, as far as it has come.", schema: Erasure, example: ERASED } },
        errors: [problems.read_model_behind],
      },
      async (call) => {
        const { erasure_id } = call.params;
        const position = await log.head();
        const [row] = await readAt(
          projector,
          { names: ["erasures"], position, wait_ms: timing?.read_model_wait_ms },
          () => sql<ErasureRow[]>`select * from levqor_read.erasures where erasure_id = ${erasure_id}`,
        );
        if (!row) throw new Problem(userProblems.erasure_not_found, "No erasure has this id.");
        return certificate(row);
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:user_id`,
        id: "getUser",
        tag: tags.users,
        summary: "Get a user",
        description: "Read from the log itself, and never older than an earlier response. Users see themselves alone.",
        scope: "users:read",
        params: { user_id: userIdParam },
        responses: FOUND,
        errors: [userProblems.user_not_found],
      },
      async (call) => await shown(reached(call)),
    ),
    route(
      {
        method: "PATCH",
        path: `${ROUTE}/:user_id`,
        id: "updateUser",
        tag: tags.users,
        summary: "Change a user",
        description:
          "What the request leaves out stays as it was; `null` removes something. Only the operator changes an e-mail address.",
        scope: "users:write",
        params: { user_id: userIdParam },
        body: UserUpdate,
        examples: {
          profile: { summary: "Change what is known", value: PROFILE },
          address: { summary: "Change the address, as the operator", value: { email: "ada@example.org" } },
        },
        responses: CHANGED,
        errors: [userProblems.user_not_found, userProblems.email_taken, problems.invalid_email, ...INVALID],
      },
      async (call) => await update(call, reached(call)),
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:user_id/suspend`,
        id: "suspendUser",
        tag: tags.users,
        summary: "Suspend a user",
        description:
          "For the operator. Within a second, every process rejects the user's sessions, the auth server's tokens for them, and the keys of their account, and ends their streams, sockets and waiting claims. A user of the auth server who was never recorded is recorded by this.",
        scope: "users:write",
        params: { user_id: userIdParam },
        body: UserSuspend,
        body_optional: true,
        responses: CHANGED,
        errors: [userProblems.operator_required, userProblems.user_not_found],
      },
      async (call) => await standing(call, { type: "suspend", ...call.body }),
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:user_id/resume`,
        id: "resumeUser",
        tag: tags.users,
        summary: "Lift a user's suspension",
        description: "For the operator. What the user had is valid again, unless it has ended otherwise.",
        scope: "users:write",
        params: { user_id: userIdParam },
        responses: CHANGED,
        errors: [userProblems.operator_required, userProblems.user_not_found],
      },
      async (call) => await standing(call, { type: "resume" }),
    ),
  ];

  /** Throws the problem `user_not_found`. */
  async function shown(userId: string): Promise<User> {
    const user = await showUser({ log, vault }, userId);
    if (!user) throw notFound();
    return user;
  }

  /** Throws the problem `owns_organisations` if others would be left without an owner. */
  async function checkOrganisations(member: string): Promise<void> {
    const position = await log.head();
    const [one] = await readAt(
      projector,
      { names: ["org_members"], position, wait_ms: timing?.read_model_wait_ms },
      () => sql<{ org_id: string }[]>`
        select org_id from levqor_read.org_members
        where org_id in (select org_id from levqor_read.org_members where member = ${member} and role = 'owner')
        group by org_id having count(*) > 1 and count(*) filter (where role = 'owner') = 1
        limit 1`,
    );
    if (!one) return;
    const detail = `The user is the only owner of the organisation ${one.org_id}, which has other members.`;
    throw new Problem(userProblems.owns_organisations, detail);
  }

  /** The erasure that was requested of a user, from the log itself. Throws the problem `user_not_found`. */
  async function erasureOf(user_id: string): Promise<Erasure> {
    let row: ErasureRow | null = null;
    for (const event of (await log.readStream(userStream(user_id))).map(decode)) {
      if (event.type !== "user.erasure_requested" && event.type !== "user.erased") continue;
      row = erasures.evolve(row, event, userAccount(user_id));
    }
    if (!row) throw notFound();
    return certificate(row);
  }

  /** The user in whose account the call is made; one of the auth server is recorded. Throws the problem `user_required`. */
  async function own(call: UserCall): Promise<string> {
    const { account, actor, verified_email } = call.caller;
    const user_id = userOf(account);
    if (user_id === undefined) throw userRequired();
    if (actor === account) await ensureUser({ log, vault }, { user_id, verified_email, meta: metaOf(call) });
    return user_id;
  }

  /** The same, for what a key of the account does not do. Throws the problem `user_required`. */
  async function ownSession(call: UserCall): Promise<string> {
    const { operator, actor, account } = call.caller;
    if (!operator && actor !== account) throw userRequired();
    return await own(call);
  }

  async function update(call: UserCall<unknown, UserUpdate>, user_id: string) {
    const { caller, body } = call;
    if (body.email !== undefined && caller.account !== OPERATOR) {
      const message =
        "must be left out: ask for another address with POST /api/v1/users/me/email, which mails a link there";
      throw invalid([{ pointer: "/email", message }]);
    }
    const profile = checkedProfile(body);
    return await changed(call, user_id, await changeUser({ log, vault }, { user_id, profile, meta: metaOf(call) }));
  }

  async function changed(call: UserCall, user_id: string, outcome: Changed) {
    if (!outcome.ok) throw outcome.reason === "email_taken" ? emailTaken() : problemOf(outcome.refusal);
    call.recorded(outcome.position);
    return { updated: true, user: await shown(user_id) };
  }

  /** Throws the problem `rate_limited` if the user asked too often, or somebody for the address. */
  async function countChange(user_id: string, email: string): Promise<void> {
    const limit = { policy: "email-change", ...EMAIL_CHANGES };
    const address = await vault.pseudonym({ kind: "email_change_limit", value: email });
    const limits = [userAccount(user_id), address].map((scope) => ({ ...limit, scope }));
    const wait_s = Math.ceil(await admitRarely(sql, limits));
    if (wait_s === 0) return;
    const detail = `At most ${EMAIL_CHANGES.quota} changes within 15 minutes are accepted of one user, and for one address; the next in ${wait_s} s.`;
    throw new Problem(problems.rate_limited, detail, {
      retry_after_s: wait_s,
      members: { violated_policies: ["email-change"] },
    });
  }

  /** Suspends a user, or lifts that. */
  async function standing(call: UserCall<{ readonly user_id: string }>, command: UserCommand) {
    requireOperator(call.caller);
    const { user_id } = call.params;
    const handled = await commandUser(log, { user_id, command, meta: metaOf(call) });
    if (!handled.ok) throw problemOf(handled.refusal);
    call.recorded(handled.position);
    return { updated: true, user: await shown(user_id) };
  }
}

type UserCall<Params = unknown, Body = unknown> = Call<Params, unknown, Body, Caller>;

function metaOf({ caller, cause }: UserCall): UserMeta {
  return { actor: caller.actor, ...cause };
}

/** The user whom a call names, if the caller may see them. Throws the problem `user_not_found`. */
function reached({ caller: { account }, params: { user_id } }: UserCall<{ readonly user_id: string }>): string {
  if (account !== OPERATOR && account !== userAccount(user_id)) throw notFound();
  return user_id;
}

function requireOperator({ account }: Caller): void {
  if (account === OPERATOR) return;
  throw new Problem(userProblems.operator_required, "The call can be made in the operator's account alone.");
}

function userRequired(): Problem {
  return new Problem(userProblems.user_required, "The call is not made in a user's own account.");
}

function problemOf({ code, message }: Pick<UserRejection, "code" | "message">): Problem {
  if (code === "change_expired") return new Problem(userProblems.email_link_expired, message);
  return code === "user_erased" ? new Problem(problems.user_erased, message) : notFound();
}

function notFound(): Problem {
  return new Problem(userProblems.user_not_found, "The caller can see no such user.");
}

function emailTaken(): Problem {
  return new Problem(userProblems.email_taken, "The e-mail address is another user's.");
}
