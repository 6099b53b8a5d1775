/** Sessions: seeing those of one's own, and ending them. */
import type { SessionEnd } from "../../../events/session.ts";
import type { Caller } from "../../access/mod.ts";
import { endSession } from "../../access/session_ends.ts";
import type { ApiParts } from "../../http/api.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { idParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { signInProblems } from "./problems.ts";
import {
  EXAMPLE_SESSION_ID,
  Session,
  SessionEnded,
  SessionId,
  SessionList,
  SessionsEnded,
  SignedOut,
} from "./schemas.ts";
import { readSessions } from "./sessions.ts";

const ROUTE = "/auth/sessions";

const sessionIdParam = idParam({
  schema: SessionId,
  what: "session",
  invalid: signInProblems.invalid_session_id,
  missing: signInProblems.session_not_found,
});

const [EXAMPLE] = Session.examples as [object];

export function sessionRoutes({ access, cookies, log }: Pick<ApiParts, "access" | "cookies" | "log">) {
  return [
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listSessions",
        tag: tags.sessions,
        summary: "List one's sessions, latest first",
        description:
          "The valid sessions of the user whose account the call acts for, at most 50; of other accounts there are none. Never older than an earlier response.",
        scope: "sessions:read",
        without_terms: true,
        responses: {
          200: { description: "The sessions.", schema: SessionList, example: { data: [EXAMPLE] } },
        },
      },
      async ({ caller }) => {
        const sessions = await readSessions(log, await sessionsOf(caller));
        return {
          data: sessions
            .map((session) => ({ ...session, current: session.session_id === caller.session?.id }))
            .reverse(),
        };
      },
    ),
    route(
      {
        method: "DELETE",
        path: `${ROUTE}/:session_id`,
        id: "endSession",
        tag: tags.sessions,
        summary: "End a session",
        description:
          "It is rejected from then on, in every process within a second, and its open streams and sockets are closed.",
        scope: "sessions:write",
        without_terms: true,
        params: { session_id: sessionIdParam },
        responses: {
          200: {
            description: "The session has ended.",
            schema: SessionEnded,
            example: { session_id: EXAMPLE_SESSION_ID, status: "ended" },
          },
        },
      },
      async (call) => {
        const { session_id } = call.params;
        if (!(await sessionsOf(call.caller)).includes(session_id)) {
          throw new Problem(signInProblems.session_not_found, "No valid session of the account has this id.");
        }
        call.recorded(await end(call, session_id, "revoked"));
        return { session_id, status: "ended" };
      },
    ),
    route(
      {
        method: "DELETE",
        path: ROUTE,
        id: "endOtherSessions",
        tag: tags.sessions,
        summary: "End all other sessions",
        description: "All sessions of the user whose account the call acts for, except the one that asks.",
        scope: "sessions:write",
        without_terms: true,
        records: "many",
        responses: { 200: { description: "They have ended.", schema: SessionsEnded, example: { ended: 2 } } },
      },
      async (call) => {
        const others = (await sessionsOf(call.caller)).filter((id) => id !== call.caller.session?.id);
        for (const session_id of others) await end(call, session_id, "revoked");
        return { ended: others.length };
      },
    ),
    route(
      {
        method: "POST",
        path: "/auth/sign-out",
        id: "signOut",
        tag: tags.sessions,
        summary: "Sign out",
        description:
          "Ends the session that asks, if there is one, and removes its cookie. Sessions of other auth servers end there.",
        responses: {
          200: { description: "There is no session.", schema: SignedOut, example: { status: "signed_out" } },
        },
      },
      async (call) => {
        const { caller } = call;
        const session_id = caller?.session?.id;
        if (caller && typeof session_id === "string") {
          call.recorded(await end({ caller, cause: call.cause }, session_id, "signed_out"));
        }
        call.set.headers["set-cookie"] = cookies.session.write({ value: "", max_age_s: 0 });
        return { status: "signed_out" };
      },
    ),
  ];

  /** The valid sessions of the user whose account the caller acts for. */
  async function sessionsOf({ account }: Caller): Promise<readonly string[]> {
    return account.startsWith("user:") ? await access.sessionsOf(account) : [];
  }

  /** Ends a session of the account; returns the position at which that is recorded. */
  async function end(
    { caller, cause }: Pick<Call<unknown, unknown, unknown, Caller>, "caller" | "cause">,
    session_id: string,
    reason: SessionEnd,
  ): Promise<number | undefined> {
    const user = reason === "signed_out" ? caller.actor : caller.account;
    const ended = await endSession(log, { session_id, user, reason, meta: { actor: caller.actor, ...cause } });
    return ended.ok ? ended.position : undefined;
  }
}
