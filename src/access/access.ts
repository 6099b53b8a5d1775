/** Finds out who has a credential. */
import { timingSafeEqual } from "node:crypto";
import { OPERATOR } from "../../events/account.ts";
import type { Environment } from "../../events/key.ts";
import { actingFor, type Caller, type Identity, isCustomersAccount } from "./caller.ts";
import { digestPrefix, KeyRing, type KeyRingOptions } from "./key_ring.ts";
import { digestOf, environmentOf, isSessionSecret, looksLikeKey, looksLikeSession } from "./key_text.ts";
import { KeyUses, type KeyUsesOptions } from "./key_uses.ts";
import { Lockouts } from "./lockouts.ts";
import { Memberships } from "./memberships.ts";
import { ROLE_SCOPES } from "./roles.ts";
import { Sessions, type SessionsOptions } from "./sessions.ts";
import { Terms, type TermsOptions } from "./terms.ts";
import { type IdentifyToken, looksLikeToken } from "./tokens.ts";

export interface Access {
  /** False in development mode, without keys and tokens, when everybody may do everything. */
  readonly required: boolean;
  /** The environment for which issued keys are created and accepted. */
  readonly environment: Environment;
  /**
   * Who has the credential, which is the text of a key or a token; `null`: there is none. A promise if it must wait;
   * never throws. `mayVerify` is called before a token that was not seen before is verified.
   */
  identify(credential: string | null, mayVerify?: () => boolean): Identity | Promise<Identity>;
  /**
   * The caller as they act for an account that they name: the operator's own keys for any customer's, for support; users for
   * their organisations', within their roles; all others for their own. A promise if it must wait; never throws.
   */
  actFor(caller: Caller, account: string): Identity | Promise<Identity>;
  /**
   * All actors that count as one party with a caller, as events name them: the caller, whoever issued or rotated their
   * key, and the keys that one of these issued or rotated; but two keys do not become one party just because an
   * operator issued both. Throws if the log is unavailable.
   */
  partyOf(caller: Caller): Promise<ReadonlySet<string>>;
  /**
   * The version of the terms that a caller must accept first; `undefined`: none. A promise if it must wait, which rejects if the
   * log is unavailable.
   */
  termsRequired(caller: Caller): number | undefined | Promise<number | undefined>;
  /** The ids of a user's valid sessions, in order of their beginning. Throws if the log is unavailable. */
  sessionsOf(user: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface AccessOptions extends KeyRingOptions, KeyUsesOptions, SessionsOptions, TermsOptions {
  /** The operator's own keys, which may do everything; without keys and tokens, everybody may. */
  readonly keys: readonly string[];
  /** Absent: no tokens are accepted. */
  readonly token?: IdentifyToken;
  readonly production: boolean;
  readonly logger: KeyRingOptions["logger"] & KeyUsesOptions["logger"] & SessionsOptions["logger"];
  readonly log: SessionsOptions["log"];
}

const NONE: Identity = { kind: "none" };
const UNKNOWN: Identity = { kind: "refused", reason: "The key is unknown." };
const DAMAGED: Identity = {
  kind: "refused",
  reason: "The key is damaged: its checksum, the last 6 characters, is wrong. Was it copied completely?",
};
const NO_SESSION: Identity = { kind: "refused", reason: "The session is unknown. Sign in again." };
const DAMAGED_SESSION: Identity = { kind: "refused", reason: "The session's secret is damaged." };

/** In development mode, a caller without an issued key. */
const ANYONE: Identity = {
  kind: "known",
  caller: {
    actor: "anonymous",
    identity: "anonymous",
    account: OPERATOR,
    counted_as: "anonymous",
    scopes: "all",
    workflows: "all",
    tier: null,
    operator: true,
    expires_at: null,
  },
};

/** The tier of the operator's own keys. */
const OPERATOR_TIER = "enterprise";

/** Knows the operator's keys at once, and issued ones as soon as it has read them from the log. */
export function startAccess({ keys, token, production, ...options }: AccessOptions): Access {
  const operators = new Map(keys.map((key) => [digestPrefix(digestOf(key)), operator(digestOf(key))]));
  const uses = new KeyUses(options);
  const memberships = new Memberships(options);
  const terms = new Terms(options, memberships);
  const lockouts = new Lockouts(options);
  const ring = new KeyRing(options, (key_id, now) => uses.note(key_id, now));
  const sessions = new Sessions(options);
  const environment = production ? "live" : "test";
  const required = keys.length > 0 || token !== undefined;
  const [noKey, noneOfOurs] = required ? [NONE, UNKNOWN] : [ANYONE, ANYONE];

  const identify: Access["identify"] = (credential, mayVerify) => {
    if (credential === null) return noKey;
    const digest = digestOf(credential);
    const found = operators.get(digestPrefix(digest));
    if (found && timingSafeEqual(found.digest, digest)) return found.identity;
    if (looksLikeSession(credential)) {
      const session = sessions.find(digest);
      if (session) return session;
      if (!isSessionSecret(credential)) return DAMAGED_SESSION;
      return latest(sessions, () => sessions.find(digest) ?? NO_SESSION);
    }
    if (!looksLikeKey(credential)) {
      return token && looksLikeToken(credential) ? token(credential, mayVerify) : noneOfOurs;
    }
    return ring.find(digest) ?? refusal(credential, environment) ?? latest(ring, () => ring.find(digest) ?? UNKNOWN);
  };

  return {
    required,
    environment,
    identify(credential, mayVerify) {
      const found = identify(credential, mayVerify);
      return found instanceof Promise ? found.then((identity) => lockouts.check(identity)) : lockouts.check(found);
    },
    actFor(caller, account) {
      if (account === caller.account) return { kind: "known", caller };
      if (!isCustomersAccount(account)) return { kind: "not_allowed", caller };
      if (caller.operator) return { kind: "known", caller: actingFor(caller, account) };
      const asMember = () => memberOf(caller, account, memberships);
      if (!caller.actor.startsWith("user:") || !account.startsWith("org:")) return { kind: "not_allowed", caller };
      // A membership that another process has just recorded counts, too.
      return asMember() ?? latest(memberships, () => asMember() ?? { kind: "not_allowed", caller });
    },
    async partyOf({ actor }) {
      // A key that another process has just issued counts, too.
      await ring.caughtUp();
      return ring.partyOf(actor);
    },
    termsRequired: (caller) => terms.required(caller),
    async sessionsOf(user) {
      await sessions.caughtUp();
      return sessions.of(user);
    },
    async stop() {
      await ring.stop();
      await sessions.stop();
      await terms.stop();
      await memberships.stop();
      await lockouts.stop();
      await uses.stop();
    },
  };
}

/** For what is not known here: it may be so new that it was not read yet. */
async function latest(from: { caughtUp(): Promise<void> }, find: () => Identity): Promise<Identity> {
  try {
    await from.caughtUp();
  } catch (error) {
    return { kind: "undecided", cause: error };
  }
  return find();
}

/** A user as a member of an organisation; `undefined`: they are none. */
function memberOf(caller: Caller, account: string, memberships: Memberships): Identity | undefined {
  const membership = memberships.find(account.slice("org:".length), caller.actor);
  if (!membership) return undefined;
  const { role } = membership;
  const scopes = ROLE_SCOPES[role];
  const ended = [...(caller.ended ?? []), membership.ended];
  return { kind: "known", caller: actingFor(caller, account, { scopes, counted_as: account, ended }) };
}

/** Why a text that looks like one of our keys can never be accepted here, whatever the log contains. */
function refusal(credential: string, environment: Environment): Identity | undefined {
  const made_for = environmentOf(credential);
  if (made_for === undefined) return DAMAGED;
  if (made_for === environment) return undefined;
  return { kind: "refused", reason: `The key is a ${made_for} key; this service accepts ${environment} keys.` };
}

function operator(digest: Buffer): { digest: Buffer; identity: Identity } {
  const identity = digest.toString("hex");
  const caller: Caller = {
    actor: `key:${identity.slice(0, 8)}`,
    identity,
    account: OPERATOR,
    counted_as: identity,
    scopes: "all",
    workflows: "all",
    tier: OPERATOR_TIER,
    operator: true,
    expires_at: null,
  };
  return { digest, identity: { kind: "known", caller } };
}
