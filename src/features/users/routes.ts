/**
 * Users: recording them, finding them, and what they see of themselves. In the operator's account all users exist, in a
 * user's own the user alone, in an organisation's none.
 */
import { OPERATOR } from "../../../events/account.ts";
import { userAccount, userOf } from "../../../events/user.ts";
import type { Caller } from "../../access/mod.ts";
import type { UserCommand } from "../../domain/user.ts";
import type { ApiParts } from "../../http/api.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { checkedParam } from "../../http/request/params.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { changeUser, commandUser, ensureUser, findUser, type UserMeta, upsertUser } from "./commands.ts";
import { userProblems } from "./problems.ts";
import { checkedEmail, checkedProfile } from "./profile.ts";
import { showUser } from "./queries.ts";
import {
  EmailQuery,
  User,
  UserId,
  UserIsCreated,
  UserIsUpdated,
  UserSuspend,
  UserUpdate,
  UserUpsert,
} from "./schemas.ts";

const ROUTE = "/api/v1/users";

const userIdParam = checkedParam("user_id", UserId);

const [EXAMPLE] = User.examples as [object];
const [CREATED] = UserIsCreated.examples as [object];
const [UPDATED] = UserIsUpdated.examples as [object];
const FOUND = { 200: { description: "The user.", schema: User, example: EXAMPLE } } as const;
const CHANGED = {
  200: { description: "The user, as they are now.", schema: UserIsUpdated, example: UPDATED },
} as const;
const INVALID = [userProblems.unknown_locale, userProblems.unknown_currency, userProblems.meta_too_large];

export function userRoutes({ log, vault }: ApiParts) {
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
        errors: [userProblems.operator_required, userProblems.invalid_email, ...INVALID],
      },
      async (call) => {
        requireOperator(call.caller);
        const { email: _, ...profile } = checkedProfile(call.body);
        const wanted = { ...profile, email: checkedEmail(call.body.email, "/email") };
        const { user_id, created, position } = await upsertUser(
          { log, vault },
          { profile: wanted, meta: metaOf(call) },
        );
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
        errors: [userProblems.invalid_email, userProblems.user_not_found],
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
        const user = own === undefined ? undefined : await showUser(log, own);
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
        description: "What the request leaves out stays as it was; `null` removes something. The e-mail address stays.",
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
        responses: CHANGED,
        errors: [userProblems.user_not_found, userProblems.email_taken, userProblems.invalid_email, ...INVALID],
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
    const user = await showUser(log, userId);
    if (!user) throw notFound();
    return user;
  }

  /** The user in whose account the call is made; one of the auth server is recorded. Throws the problem `user_required`. */
  async function own(call: UserCall): Promise<string> {
    const { account, actor, verified_email } = call.caller;
    const user_id = userOf(account);
    if (user_id === undefined) throw userRequired();
    if (actor === account) await ensureUser({ log, vault }, { user_id, verified_email, meta: metaOf(call) });
    return user_id;
  }

  async function update(call: UserCall<unknown, UserUpdate>, user_id: string) {
    const { caller, body } = call;
    if (body.email !== undefined && caller.account !== OPERATOR) {
      const message = "must be left out: users cannot change their e-mail address yet, only the operator can";
      throw invalid([{ pointer: "/email", message }]);
    }
    const profile = checkedProfile(body);
    const changed = await changeUser({ log, vault }, { user_id, profile, meta: metaOf(call) });
    if (!changed.ok) throw changed.reason === "email_taken" ? emailTaken() : notFound();
    call.recorded(changed.position);
    return { updated: true, user: await shown(user_id) };
  }

  /** Suspends a user, or lifts that. */
  async function standing(call: UserCall<{ readonly user_id: string }>, command: UserCommand) {
    requireOperator(call.caller);
    const { user_id } = call.params;
    const handled = await commandUser(log, { user_id, command, meta: metaOf(call) });
    if (!handled.ok) throw notFound();
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

function notFound(): Problem {
  return new Problem(userProblems.user_not_found, "The caller can see no such user.");
}

function emailTaken(): Problem {
  return new Problem(userProblems.email_taken, "The e-mail address is another user's.");
}
