/** Signs in whom an organisation's provider vouches for. */
import type { EventMeta } from "../../../events/envelope.ts";
import { decode } from "../../../events/mod.ts";
import { orgAccount, orgStream } from "../../../events/org.ts";
import { type SessionStarted, sessionStream } from "../../../events/session.ts";
import { type SsoConfigured, ssoLinkStream, ssoSignInStream } from "../../../events/sso.ts";
import { userAccount, userOf } from "../../../events/user.ts";
import { newSessionSecret } from "../../access/mod.ts";
import { changeUser, emailVerification, findUser, readUser, upsertUser } from "../../access/users.ts";
import { firstDecision } from "../../domain/decider.ts";
import { domainOf, normalisedEmail } from "../../domain/email_address.ts";
import { orgDecider } from "../../domain/org.ts";
import { sessionDecider } from "../../domain/session.ts";
import { evolveLinks, type SsoLinks } from "../../domain/sso.ts";
import type { UserRejection } from "../../domain/user.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import type { Append, EventLog } from "../../log/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { ssoProblems } from "./problems.ts";
import type { SignedInThere } from "./provider.ts";

type Cause = Pick<EventMeta, "request_id" | "traceparent">;

export interface Parts {
  readonly log: EventLog;
  readonly vault: Pick<Vault, "claim" | "find" | "prepare" | "release">;
}

/** What a new member may do: read. Whoever may do more is given another role. */
const ROLE = "viewer";

/** Nobody is signed in yet. */
const ACTOR = "system:sso";

/** Whoever is about to be recorded is no member of anything. */
const NOBODY = userAccount("00000000-0000-0000-0000-000000000000");

interface Returning {
  readonly org_id: string;
  readonly sign_in_id: string;
  readonly cause: Cause;
}

/** Records that a browser came back; `false`: one did before. */
export async function recordReturn(log: EventLog, { org_id, sign_in_id, cause }: Returning): Promise<boolean> {
  const { ok } = await log.append({
    stream_id: ssoSignInStream(sign_in_id),
    expected_version: 0,
    events: [{ type: "sso_sign_in.returned", data: { org_id } }],
    meta: { ...cause, actor: ACTOR, account: orgAccount(org_id), correlation_id: sign_in_id },
  });
  return ok;
}

/** Records that whoever came back is not signed in: for the organisation's administrators. */
export async function recordRefusal(
  log: EventLog,
  { org_id, sign_in_id, code, cause }: Returning & { readonly code: string },
): Promise<void> {
  await log.append({
    stream_id: ssoSignInStream(sign_in_id),
    expected_version: 1,
    events: [{ type: "sso_sign_in.refused", data: { org_id, code } }],
    meta: { ...cause, actor: ACTOR, account: orgAccount(org_id), correlation_id: sign_in_id },
  });
}

interface Person extends Returning {
  readonly connection: SsoConfigured;
  readonly person: SignedInThere;
  readonly from: Pick<SessionStarted, "ip" | "user_agent">;
}

export interface SignedIn {
  readonly user: string;
  /** The session's secret. */
  readonly secret: string;
}

/**
 * Starts a session of the user whom the provider means, in one commit with their membership and their link to the provider's
 * subject; whoever is nobody yet becomes a user. Throws the problems that say why not, and what the log and the vault throw.
 */
export async function signIn(parts: Parts, signing: Person): Promise<SignedIn> {
  const { log, vault } = parts;
  const { org_id, sign_in_id, connection, person, from, cause } = signing;
  const { sub } = person;
  const email = vouchedAddress(person, connection);
  const identity = { org_id, issuer: connection.issuer, sub };
  while (true) {
    const user_id = await userOfIdentity(parts, { identity, email, connection, cause });
    const user = userAccount(user_id);
    await requireActive(log, user_id);
    const { links, version } = await readLinks(log, user_id);
    const link = links.get(org_id);
    const isNew = link?.sub !== sub || link.issuer !== connection.issuer;
    // Before it is recorded: whoever finds it meanwhile looks at the record, and does not rely on it.
    if (isNew) await claimIdentity(parts, { identity, user });
    const session_id = Bun.randomUUIDv7();
    const { text: secret, hash } = newSessionSecret();
    const about = { ...cause, actor: user, account: user };
    const appended = await log.appendAll([
      {
        stream_id: ssoSignInStream(sign_in_id),
        expected_version: 1,
        events: [{ type: "sso_sign_in.succeeded", data: { org_id, user, session_id } }],
        meta: { ...about, correlation_id: sign_in_id },
      },
      {
        stream_id: sessionStream(session_id),
        expected_version: 0,
        events: firstDecision(sessionDecider, { type: "start", user, hash, method: "sso", ...from }),
        meta: { ...about, subject: user, correlation_id: session_id, causation_id: ssoSignInStream(sign_in_id) },
      },
      ...(isNew
        ? [
            {
              stream_id: ssoLinkStream(user_id),
              expected_version: version,
              events: [{ type: "sso_link.linked", data: identity }],
              meta: { ...about, subject: user, correlation_id: user_id },
            },
          ]
        : []),
      ...(await emailVerification(log, { user, proof: { email } })).map((append) => ({
        ...append,
        meta: { ...about, subject: user, correlation_id: user_id },
      })),
      ...(await joining(log, { org_id, user, meta: { ...cause, actor: user } })),
    ]);
    if (!appended.ok) continue;
    if (isNew && link) await vault.release(indexed({ org_id, ...link }), user);
    return { user, secret };
  }
}

/** The address that the provider vouches for, within the domain that counts. Throws the problems that say why there is none. */
function vouchedAddress({ verified_email }: SignedInThere, { domain }: SsoConfigured): string {
  const email = verified_email === null ? undefined : normalisedEmail(verified_email);
  if (email === undefined) {
    throw new Problem(ssoProblems.sso_email_unverified, "The provider says no e-mail address that is verified.");
  }
  if (domainOf(email) === domain) return email;
  throw new Problem(ssoProblems.sso_domain_mismatch, `The organisation has proven ${domain} alone.`);
}

interface Identity {
  readonly org_id: string;
  readonly issuer: string;
  readonly sub: string;
}

/** As the vault finds it: of one organisation, so that no other's provider can name the same. */
function indexed({ org_id, issuer, sub }: Identity) {
  return { kind: "sso_identity", value: [org_id, issuer, sub].join("\0") };
}

interface Asking {
  readonly identity: Identity;
  readonly email: string;
  readonly connection: SsoConfigured;
  readonly cause: Cause;
}

/**
 * The user whom a subject is: the one who was linked with it, or else the one who has the address, or a new one. A link outlasts a change
 * of address at the provider, which is then made here, too; and an address outlasts a change of subject: whoever has the mailbox
 * now is its user, as in signing in by mail. Throws the problems `sso_identity_conflict` and `user_erased`.
 */
async function userOfIdentity(parts: Parts, { identity, email, connection, cause }: Asking): Promise<string> {
  const meta = { ...cause, actor: ACTOR };
  const linked = await linkedUser(parts, identity);
  if (linked === undefined) {
    // Whoever could not join is not recorded.
    if ((await findUser(parts, email)) === undefined) await decideJoining(parts.log, identity.org_id, NOBODY);
    const upserted = await upsertUser(parts, { profile: { email }, meta });
    if ("refusal" in upserted) throw refused(upserted.refusal);
    return upserted.user_id;
  }
  const address = (await readUser(parts.log, linked))?.profile.email ?? null;
  if (address === email) return linked;
  // Whoever moved their account out of the domain is beyond the organisation's reach.
  if (address === null || domainOf(address) !== connection.domain) {
    throw new Problem(ssoProblems.sso_identity_conflict, `Your address here is outside ${connection.domain}.`);
  }
  const changed = await changeUser(parts, { user_id: linked, profile: { email }, meta });
  if (changed.ok) return linked;
  if (changed.reason === "refused") throw refused(changed.refusal);
  throw new Problem(ssoProblems.sso_identity_conflict, "Your address at the provider is another user's.");
}

/** The user who was last linked with a subject, as the log says; what the index says besides is left from before. */
async function linkedUser({ log, vault }: Parts, identity: Identity): Promise<string | undefined> {
  const user_id = userOf((await vault.find(indexed(identity))) ?? "");
  if (user_id === undefined) return undefined;
  const link = (await readLinks(log, user_id)).links.get(identity.org_id);
  return link?.sub === identity.sub && link.issuer === identity.issuer ? user_id : undefined;
}

async function claimIdentity(
  { vault }: Parts,
  { identity, user }: { identity: Identity; user: string },
): Promise<void> {
  while (true) {
    const claim = await vault.claim(indexed(identity), user);
    if (claim.ok) return;
    if (claim.reason === "erased") throw new Problem(problems.user_erased, "The user is erased, or about to be.");
    await vault.release(indexed(identity), claim.subject);
  }
}

async function readLinks(log: EventLog, userId: string): Promise<{ links: SsoLinks; version: number }> {
  const events = await log.readStream(ssoLinkStream(userId));
  return { links: events.map(decode).reduce(evolveLinks, new Map()), version: events.length };
}

/** Throws the problems `user_suspended` and `user_erased`. */
async function requireActive(log: EventLog, userId: string): Promise<void> {
  const status = (await readUser(log, userId))?.status;
  if (status === "suspended") throw new Problem(problems.user_suspended, "The user is suspended.");
  if (status === "active") return;
  throw new Problem(
    problems.user_erased,
    "The user is erased, or about to be. Somebody who comes back gets another id.",
  );
}

function refused({ message }: UserRejection): Problem {
  return new Problem(problems.user_erased, message);
}

/** Makes a user a member of an organisation, unless they are. Throws the problems `sso_org_full` and `sso_unavailable`. */
async function joining(
  log: EventLog,
  { org_id, user, meta }: { org_id: string; user: string; meta: Omit<EventMeta, "correlation_id"> },
) {
  const { events, version: expected_version } = await decideJoining(log, org_id, user);
  const account = orgAccount(org_id);
  return events.length === 0
    ? []
    : [{ stream_id: orgStream(org_id), expected_version, events, meta: { ...meta, account, correlation_id: org_id } }];
}

/** Throws the problems `sso_org_full` and `sso_unavailable`. */
async function decideJoining(
  log: EventLog,
  orgId: string,
  user: string,
): Promise<{ events: Append["events"]; version: number }> {
  const recorded = await log.readStream(orgStream(orgId));
  const state = recorded.map(decode).reduce(orgDecider.evolve, orgDecider.initial);
  const events = orgDecider.decide({ type: "join", member: user, role: ROLE, by: null }, state);
  if (!("rejected" in events)) return { events: events as Append["events"], version: recorded.length };
  if (events.code === "already_member") return { events: [], version: recorded.length };
  if (events.code === "too_many_members") throw new Problem(ssoProblems.sso_org_full, events.message);
  throw new Problem(ssoProblems.sso_unavailable, events.message);
}
