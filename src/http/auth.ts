/** Identifies the caller: a request's credential, and whether its holder may make the call. */

import { OPERATOR } from "../../events/account.ts";
import { looksLikeSystemWorkflow, SYSTEM_WORKFLOW_PREFIX } from "../../events/workflow.ts";
import {
  type Access,
  type Caller,
  type Identity,
  isOperatorScope,
  isRecent,
  type LockoutReason,
  mayDo,
  reachOf,
  type Scope,
} from "../access/mod.ts";
import { type Runs, type Within, within } from "../domain/reach.ts";
import { STEP_UP_MS } from "../domain/session.ts";
import { type NamedJob, readHistory } from "../jobs/commands.ts";
import type { EventLog } from "../log/types.ts";
import { contextOf } from "./context.ts";
import { Problem } from "./problem.ts";
import { problems } from "./problems.ts";
import { credentialOf } from "./request/credential.ts";
import { jobNotFound } from "./request/job_id.ts";
import { type Cookies, isFromOwnPage } from "./request/session_cookie.ts";
import { invalid } from "./request/validation.ts";

export interface Auth {
  /** False in development mode, when no key is configured and every call is accepted. */
  readonly required: boolean;
  /** Who makes a request; the door identifies them once, and stores the result in the request's context. */
  identify(request: Request, mayVerify: () => boolean): Identity | Promise<Identity>;
  /** The caller, who must have the scope. Throws the problems `unauthorized`, `insufficient_scope` and `unavailable`. */
  require(request: Request, scope: Scope): Caller;
  /**
   * Checks that the terms were accepted, if the caller must have: throws or rejects with the problems `terms_not_accepted` and
   * `unavailable`.
   */
  requireTerms(caller: Caller): undefined | Promise<void>;
  /**
   * Requires that a session's user signed in recently. Keys pass: see `isRecent`. Throws the problem `step_up_required`.
   */
  requireRecent(caller: Caller): void;
  /**
   * Requires that what a cookie identifies the caller of comes from a page of this service. Throws the problem
   * `origin_refused`.
   */
  requireOwnPage(request: Request): void;
  /**
   * The job that a call names, within the caller's reach. Throws the problem `job_not_found` if it is beyond it: before
   * anything else is checked.
   */
  reachedJob(caller: Caller, job_id: string): Promise<NamedJob>;
  /** All actors that count as one party with a caller. Throws the problem `unavailable`. */
  partyOf(caller: Caller): Promise<ReadonlySet<string>>;
}

/**
 * What the caller names and may run: the workflow, and everything that its own steps use. Throws the problems
 * `workflow_not_allowed`, and `validation_failed` if the workflow, named at `pointer`, is the service's own.
 */
export function checkPermitted<What extends Runs>(caller: Caller, what: What, pointer = "/workflow"): Within<What> {
  if (looksLikeSystemWorkflow(what.workflow)) {
    const message = `must not begin with "${SYSTEM_WORKFLOW_PREFIX}", or a look-alike spelling of it: workflows of such names are the service's own`;
    throw invalid([{ pointer, message }]);
  }
  const found = within(reachOf(caller), what);
  if ("beyond" in found) {
    throw new Problem(problems.workflow_not_allowed, `The key may not run ${JSON.stringify(found.beyond)}.`);
  }
  return found;
}

/** Throws the problem `workflow_not_allowed` for a caller who is limited to some workflows; `why`: a clause. */
export function requireWhole({ workflows }: Caller, why: string): void {
  if (workflows === "all") return;
  throw new Problem(problems.workflow_not_allowed, `The key is limited to some workflows; ${why}.`);
}

/** The caller of a request, if known: it has a valid key, or the service requires none. */
export function knownCaller(request: Request): Caller | undefined {
  const { identity } = contextOf(request);
  return identity?.kind === "known" ? identity.caller : undefined;
}

/** The session of the browser that makes a request, and whose it is; `undefined`: its cookie is not of a valid one. */
export function sessionBefore(request: Request): { session_id: string; user: string } | undefined {
  const caller = contextOf(request).has_session_cookie ? knownCaller(request) : undefined;
  const session_id = caller?.session?.id;
  return caller && typeof session_id === "string" ? { session_id, user: caller.actor } : undefined;
}

export interface AuthOptions {
  readonly access: Access;
  readonly log: Pick<EventLog, "readStream" | "readFirst">;
  readonly cookies: Pick<Cookies, "session">;
  /** The service's public URL, if configured. */
  readonly public_url?: string | undefined;
}

export function createAuth({ access, log, cookies, public_url }: AuthOptions): Auth {
  const auth: Auth = {
    required: access.required,
    identify(request, mayVerify) {
      const context = contextOf(request);
      const { headers } = context;
      let credential = credentialOf(headers);
      if (credential === null) {
        credential = cookies.session.read(headers);
        context.has_session_cookie = credential !== null;
      }
      const identity = access.identify(credential, mayVerify);
      const account = headers["levqor-account"];
      if (account === undefined) return identity;
      const act = (found: Identity) => (found.kind === "known" ? access.actFor(found.caller, account) : found);
      return identity instanceof Promise ? identity.then(act) : act(identity);
    },
    require(request, scope) {
      const { identity } = contextOf(request);
      if (!identity) throw new Error("Cannot identify the caller: the request did not come through the door");
      if (identity.kind === "none")
        throw unauthorized("The request has no key, neither in X-Api-Key nor as a Bearer token.");
      if (identity.kind === "refused") throw unauthorized(identity.reason);
      if (identity.kind === "unchecked") throw undecided("Too many tokens come from one address");
      if (identity.kind === "undecided") throw undecided(identity.cause);
      if (identity.kind === "not_allowed") throw notAllowed();
      if (identity.kind === "locked_out") throw lockedOut(identity.reason);
      const { caller } = identity;
      if (!mayDo(caller, scope)) throw insufficient(scope, caller);
      return caller;
    },
    requireTerms(caller) {
      const required = access.termsRequired(caller);
      if (!(required instanceof Promise)) return checkTerms(required, caller);
      return required.then(
        (version) => checkTerms(version, caller),
        (error) => {
          throw unavailable("Cannot determine at the moment whether the terms were accepted.", error);
        },
      );
    },
    requireRecent(caller) {
      if (isRecent(caller, Date.now())) return;
      const max_age = STEP_UP_MS / 1000;
      const detail = `The call needs a sign-in of the last ${max_age / 60} minutes. Sign in again, then repeat it.`;
      // RFC 9470.
      const challenge = `Bearer realm="levqor", error="insufficient_user_authentication", max_age="${max_age}"`;
      throw new Problem(problems.step_up_required, detail, { headers: { "www-authenticate": challenge } });
    },
    requireOwnPage(request) {
      const context = contextOf(request);
      if (!context.has_session_cookie || isFromOwnPage(context, public_url)) return;
      const detail =
        "With a session's cookie, only pages of this service may do this: the browser says so in Sec-Fetch-Site or Origin.";
      throw new Problem(problems.origin_refused, detail);
    },
    async reachedJob(caller, job_id) {
      const named = { job_id, reach: reachOf(caller) };
      if (await readHistory(log, { ...named, after_version: 0, limit: 1 })) return named;
      throw jobNotFound(job_id);
    },
    async partyOf(caller) {
      try {
        return await access.partyOf(caller);
      } catch (error) {
        throw unavailable("Cannot determine at the moment who acts for whom.", error);
      }
    },
  };
  return auth;
}

function lockedOut(reason: LockoutReason): Problem {
  if (reason === "suspended") return new Problem(problems.user_suspended, "The user is suspended.");
  return new Problem(
    problems.user_erased,
    "The user is erased, or about to be. Somebody who comes back gets another id.",
  );
}

function notAllowed(): Problem {
  const detail =
    "The key or session cannot act for the account in Levqor-Account. Leave the header out to act for its own.";
  return new Problem(problems.account_not_allowed, detail);
}

function unauthorized(detail: string): Problem {
  const headers = { "www-authenticate": 'ApiKey realm="levqor", Bearer realm="levqor"' };
  return new Problem(problems.unauthorized, detail, { headers });
}

/** Throws the problem `terms_not_accepted` if a version of the terms must be accepted first. */
function checkTerms(version: number | undefined, { actor }: Caller): undefined {
  if (version === undefined) return undefined;
  const detail = actor.startsWith("user:")
    ? `Version ${version} of the terms is in force, and must be accepted first: read it with GET /api/v1/terms, and accept it with POST /api/v1/terms, without Levqor-Account.`
    : `Version ${version} of the terms is in force. The user whose account the key belongs to, or an owner of the organisation, must accept it first, with a session of their own.`;
  throw new Problem(problems.terms_not_accepted, detail, { members: { terms_version: version } });
}

function undecided(cause: unknown): Problem {
  return unavailable("Cannot verify the key or token at the moment.", cause);
}

function unavailable(detail: string, cause: unknown): Problem {
  return new Problem(problems.unavailable, detail, { retry_after_s: 5, cause });
}

function insufficient(scope: Scope, caller: Caller): Problem {
  const detail =
    isOperatorScope(scope) && caller.account !== OPERATOR
      ? `The call needs the scope ${scope}, which only the operator's keys can have.`
      : `The call needs the scope ${scope}, which the caller does not have.`;
  return new Problem(problems.insufficient_scope, detail, {
    headers: { "www-authenticate": `Bearer realm="levqor", error="insufficient_scope", scope="${scope}"` },
    members: { required_scope: scope },
  });
}
