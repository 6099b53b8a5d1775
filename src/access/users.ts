/**
 * Reads users from the log, and runs commands on them.
 *
 * An address is whose the vault's blind index says it is: it is claimed first, and recorded then. What is interrupted in
 * between is completed by the next upsert of the address, which finds whose it is.
 */
import type { EventMeta } from "../../events/envelope.ts";
import { decode } from "../../events/mod.ts";
import { type UserProfile, userAccount, userOf, userStream } from "../../events/user.ts";
import {
  confirmedBy,
  type EmailProof,
  SIGN_IN_ACTOR,
  type UserCommand,
  type UserRejection,
  type UserState,
  userDecider,
} from "../domain/user.ts";
import { type Append, type EventLog, type Handled, handle } from "../log/mod.ts";

/** Whose an address is: the vault's blind index. */
interface AddressIndex {
  claim(address: Address, subject: string): Promise<Claim>;
  find(address: Address): Promise<string | undefined>;
  release(address: Address, subject: string): Promise<boolean>;
  /** Loads what is going to seal for a subject, while something else is done. */
  prepare(subject: string, kind: "profile"): void;
}

interface Address {
  readonly kind: string;
  readonly value: string;
}

type Claim =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "taken"; readonly subject: string }
  | { readonly ok: false; readonly reason: "erased" };

export interface UserParts {
  readonly log: EventLog;
  readonly vault: AddressIndex;
}

/** Who acts, and what caused it. */
export type UserMeta = Pick<EventMeta, "actor" | "request_id" | "traceparent">;

/** A user as they are in the log now; `undefined` if there is none. */
export async function readUser(log: Pick<EventLog, "readStream">, userId: string): Promise<UserState | undefined> {
  const events = await log.readStream(userStream(userId));
  return events.length === 0 ? undefined : events.map(decode).reduce(userDecider.evolve, userDecider.initial);
}

/** The user who has an address, in its one spelling. */
export async function findUser({ log, vault }: UserParts, email: string): Promise<string | undefined> {
  const subject = await vault.find(address(email));
  const userId = subject === undefined ? undefined : userOf(subject);
  if (userId === undefined) return undefined;
  // Claimed, but not recorded yet, or given up.
  return (await readUser(log, userId))?.profile.email === email ? userId : undefined;
}

/** Runs a command on one user. Throws what `log.append` throws. */
export function commandUser(
  log: EventLog,
  { user_id, command, meta }: { user_id: string; command: UserCommand; meta: UserMeta },
): Promise<Handled<UserState, UserRejection>> {
  const account = userAccount(user_id);
  return handle(log, {
    stream_id: userStream(user_id),
    decider: userDecider,
    command,
    meta: { ...meta, account, subject: account, correlation_id: user_id },
  });
}

export interface Upserted {
  readonly user_id: string;
  readonly created: boolean;
  /** Of what was recorded; `undefined`: nothing had to be. */
  readonly position: number | undefined;
}

/** Creates the user who has an address, or updates them, unless they are about to be erased. Throws what `log.append` and the vault throw. */
export async function upsertUser(
  parts: UserParts,
  { profile, meta }: { profile: Partial<UserProfile> & { readonly email: string }; meta: UserMeta },
): Promise<Upserted | { readonly refusal: UserRejection }> {
  const { log, vault } = parts;
  const { email } = profile;
  // A former address of somebody's is released at most once by each who meets it.
  while (true) {
    const owner = await claimed(vault, { email, subject: userAccount(Bun.randomUUIDv7()) });
    vault.prepare(owner, "profile");
    const user_id = userOf(owner);
    if (user_id === undefined) throw new Error("Cannot upsert a user: their address is not a user's");
    const command = { type: "upsert", profile, claims: meta.actor !== SIGN_IN_ACTOR } as const;
    const handled = await commandUser(log, { user_id, command, meta });
    if (!handled.ok) {
      if (handled.refusal.code !== "address_given_up") return { refusal: handled.refusal };
      await vault.release(address(email), owner);
      continue;
    }
    const before = handled.state.profile.email;
    if (before !== null) await settle(parts, { user_id, before, email });
    const created = handled.events[0]?.type === "user.created";
    return { user_id, created, position: handled.position };
  }
}

/** Whose an address is now: the subject's, unless it was somebody else's. */
async function claimed(
  vault: UserParts["vault"],
  { email, subject }: { email: string; subject: string },
): Promise<string> {
  const claim = await vault.claim(address(email), subject);
  if (claim.ok) return subject;
  if (claim.reason === "erased") throw new Error(`Cannot claim an address for ${subject}: they were erased`);
  return claim.subject;
}

/**
 * Claims an address for a user who has shown that it is theirs. Whoever is on record only because somebody typed it into a form
 * gives it up: otherwise anybody could keep others from their own address. `false`: it is another user's.
 */
async function isClaimedFor(
  { log, vault }: UserParts,
  { user_id, email, meta }: { user_id: string; email: string; meta: UserMeta },
): Promise<boolean> {
  const subject = userAccount(user_id);
  while (true) {
    const owner = await claimed(vault, { email, subject });
    if (owner === subject) return true;
    const other = userOf(owner);
    if (other === undefined) return false;
    const yielded = await commandUser(log, {
      user_id: other,
      command: { type: "yield_address", email },
      // So they stay unclaimed, and are forgotten in time.
      meta: { ...meta, actor: SIGN_IN_ACTOR },
    });
    const isFree = yielded.ok ? yielded.events.length > 0 : yielded.refusal.code === "address_given_up";
    if (!isFree) return false;
    await vault.release(address(email), owner);
  }
}

interface Settling {
  readonly user_id: string;
  readonly before: string | null;
  readonly email: string | null;
}

/** Sees to it, after a change of address, that the index says what is recorded: others may have changed it back meanwhile. */
async function settle(parts: UserParts, { user_id, before, email }: Settling): Promise<void> {
  if (before === email) return;
  if (email !== null) await parts.vault.claim(address(email), userAccount(user_id));
  if (before !== null) await free(parts, { user_id, email: before });
}

/** Frees an address, unless the user has it by now. */
async function free({ log, vault }: UserParts, { user_id, email }: { user_id: string; email: string }): Promise<void> {
  const subject = userAccount(user_id);
  await vault.release(address(email), subject);
  if ((await readUser(log, user_id))?.profile.email === email) await vault.claim(address(email), subject);
}

/** `position`: of what was recorded; `undefined`: nothing had to be. */
export type Changed =
  | { readonly ok: true; readonly position: number | undefined }
  | { readonly ok: false; readonly reason: "email_taken" }
  | { readonly ok: false; readonly reason: "refused"; readonly refusal: UserRejection };

/**
 * Changes what is known of a user. A new address is claimed first, and the former one is free only afterwards: so neither is
 * anybody else's in between. Throws what `log.append` and the vault throw.
 */
export async function changeUser(
  parts: UserParts,
  { user_id, profile, meta }: { user_id: string; profile: Partial<UserProfile>; meta: UserMeta },
): Promise<Changed> {
  const { log } = parts;
  const { email } = profile;
  if (email !== undefined && email !== null) {
    // Somebody who does not exist, or is erased, gets no address; the command says so below.
    const status = (await readUser(log, user_id))?.status;
    const exists = status === "active" || status === "suspended";
    if (exists && !(await isClaimedFor(parts, { user_id, email, meta }))) return { ok: false, reason: "email_taken" };
  }
  const changed = await commandUser(log, { user_id, command: { type: "update", profile }, meta });
  if (!changed.ok) return { ok: false, reason: "refused", refusal: changed.refusal };
  const before = changed.state.profile.email;
  if (email !== undefined) await settle(parts, { user_id, before, email });
  return { ok: true, position: changed.position };
}

/**
 * Makes the address that a user asked for theirs: whoever has it used the link. It is claimed first, as with
 * {@link changeUser}. Throws what `log.append` and the vault throw.
 */
export async function confirmEmailChange(
  parts: UserParts,
  { user_id, meta, ...link }: { user_id: string; change_id: string; now: number; meta: UserMeta },
): Promise<Changed> {
  const { log } = parts;
  const user = await readUser(log, user_id);
  const email = user && confirmedBy(link, user);
  const isActive = user?.status === "active" || user?.status === "suspended";
  const isClaimed = email !== undefined && isActive;
  if (isClaimed && !(await isClaimedFor(parts, { user_id, email, meta }))) return { ok: false, reason: "email_taken" };
  const command = { type: "confirm_email_change", ...link } as const;
  const confirmed = await commandUser(log, { user_id, command, meta });
  if (!confirmed.ok) {
    // The link was used, or replaced, in the meantime.
    if (isClaimed && (await readUser(log, user_id))?.profile.email !== email) await free(parts, { user_id, email });
    return { ok: false, reason: "refused", refusal: confirmed.refusal };
  }
  const before = confirmed.state.profile.email;
  await settle(parts, { user_id, before, email: email ?? null });
  return { ok: true, position: confirmed.position };
}

/** What is appended to a user's stream if their address was not verified before, and this proves it. */
export async function emailVerification(
  log: Pick<EventLog, "readStream">,
  { user, proof }: { user: string; proof: EmailProof },
): Promise<Pick<Append, "stream_id" | "expected_version" | "events">[]> {
  const stream_id = userStream(userOf(user) as string);
  const known = await log.readStream(stream_id);
  const state = known.map(decode).reduce(userDecider.evolve, userDecider.initial);
  const events = userDecider.decide({ type: "verify_email", proof }, state);
  return "rejected" in events || events.length === 0 ? [] : [{ stream_id, expected_version: known.length, events }];
}

/**
 * Records a user of the auth server, with their address if it is verified and nobody else's, unless they are on record.
 * Throws what `log.append` and the vault throw.
 */
export async function ensureUser(
  parts: UserParts,
  { user_id, verified_email, meta }: { user_id: string; verified_email: string | undefined; meta: UserMeta },
): Promise<void> {
  const { log } = parts;
  if (await isRecorded(log, user_id)) return;
  const isTheirs =
    verified_email !== undefined && (await isClaimedFor(parts, { user_id, email: verified_email, meta }));
  const profile = isTheirs ? { email: verified_email } : {};
  await commandUser(log, { user_id, command: { type: "create", profile, verified: isTheirs }, meta });
}

async function isRecorded(log: EventLog, userId: string): Promise<boolean> {
  return (await log.readFirst([userStream(userId)])).size > 0;
}

function address(email: string) {
  return { kind: "email", value: email };
}
