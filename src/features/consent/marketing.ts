/** Consent to marketing mail: asked for, confirmed, withdrawn, and looked at again whenever such a mail is sent. */
import { randomUUID } from "node:crypto";
import { type MarketingRequested, optInSubject, type WithdrawalWay } from "../../../events/consent.ts";
import type { DocumentVersion } from "../../../events/document.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { decode, metaOf } from "../../../events/mod.ts";
import { ERASED_CLASSES } from "../../../events/user.ts";
import type { ConsentRejection } from "../../domain/consent.ts";
import { type EventLog, pagesOf } from "../../log/mod.ts";
import type { Mail } from "../../mail/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { type Consenting, commandHolder, type Origin, readConsents } from "./commands.ts";
import { type Holder, holderOfAddress, latestAddress, streamOf, subjectOf, userWith } from "./holders.ts";
import { readConfirmationToken, unsubscribeToken } from "./tokens.ts";

interface Parts {
  readonly log: EventLog;
  readonly vault: Vault;
}

type Meta = Pick<EventMeta, "actor" | "request_id" | "traceparent">;

/**
 * Asks the address to confirm, unless it was asked a short time ago or often enough; who has it makes no difference. Returns
 * whether it is asked.
 */
export async function requestMarketing(
  { log, vault }: Parts,
  { address, notice, meta }: { address: string; notice: DocumentVersion; meta: Meta },
): Promise<Consenting> {
  const holder = await holderOfAddress(vault, address);
  return await commandHolder(log, {
    holder,
    command: { type: "request_marketing", address, notice, now: Date.now() },
    meta,
    subject: optInSubject(randomUUID()),
  });
}

export type Confirmed =
  | { readonly ok: true; readonly position: number | undefined }
  | { readonly ok: false; readonly code: "confirmation_unknown" | ConsentRejection["code"]; readonly message: string };

/** Gives consent for whoever has the address now. */
export async function confirmMarketing(
  { log, vault }: Parts,
  { token, origin, meta }: { token: string; origin: Origin; meta: Meta },
): Promise<Confirmed> {
  const named = await readConfirmationToken(vault, token);
  const requested = named && { holder: { kind: "address", id: named.id } as const, version: named.version };
  const [event] = requested
    ? await log.readStream(streamOf(requested.holder), { after_version: requested.version - 1, limit: 1 })
    : [];
  if (!requested || event?.type !== "consent.marketing_requested") {
    return { ok: false, code: "confirmation_unknown", message: "The link is not one that was mailed." };
  }
  const { data, recorded_at } = decode(event);
  const { address, notice } = data as { address: string | null } & Pick<MarketingRequested, "notice">;
  if (address === null) {
    return {
      ok: false,
      code: "confirmation_expired",
      message: "The address was forgotten meanwhile. Ask for another.",
    };
  }
  const holder = (await userWith(vault, address)) ?? requested.holder;
  const handled = await commandHolder(log, {
    holder,
    command: {
      type: "confirm_marketing",
      address,
      notice,
      request: { stream_id: event.stream_id, version: event.version },
      requested_at: recorded_at,
      now: Date.now(),
      ...origin,
    },
    meta,
  });
  return handled.ok ? { ok: true, position: handled.position } : { ok: false, ...handled.refusal };
}

/** Ends marketing mail to somebody: to the address, and to the user who has it. Returns the position of what was recorded. */
export async function withdrawMarketing(
  { log, vault }: Parts,
  { holder, by, meta }: { holder: Holder; by: WithdrawalWay; meta: Meta },
): Promise<number | undefined> {
  const withdraw = async (from: Holder) => {
    const handled = await commandHolder(log, { holder: from, command: { type: "withdraw_marketing", by }, meta });
    return handled.ok ? handled.position : undefined;
  };
  const position = await withdraw(holder);
  const address = await latestAddress(log, holder);
  if (address === undefined) return position;
  const other = holder.kind === "user" ? await holderOfAddress(vault, address) : await userWith(vault, address);
  if (!other || (await readConsents(log, streamOf(other))).marketing.status !== "given") return position;
  return (await withdraw(other)) ?? position;
}

/**
 * Whether an address may be sent marketing mail now: what the user who has it said last decides, or else what was said for
 * the address.
 */
export async function mayMail(
  { log, vault }: Parts,
  { holder, address }: { holder: Holder; address: string },
): Promise<boolean> {
  const user = await userWith(vault, address);
  for (const asked of [user, holder]) {
    if (!asked) continue;
    const { status } = (await readConsents(log, streamOf(asked))).marketing;
    if (status !== "none") return status === "given";
  }
  return false;
}

/**
 * Forgets the addresses of a user's requests, which are subjects of their own. Those that the user confirmed lead to them, and to
 * the others for the same address.
 */
export async function forgetRequests({ log, vault }: Parts, user: Holder): Promise<number> {
  const subjects = new Set<string>();
  for (const { stream_id } of (await readConsents(log, streamOf(user))).marketing.confirmed) {
    for await (const page of pagesOf(log, { stream_id })) {
      for (const event of page) {
        const { subject } = metaOf(event);
        if (event.type === "consent.marketing_requested" && subject !== undefined) subjects.add(subject);
      }
    }
  }
  if (subjects.size > 0) await vault.destroy([...subjects], ERASED_CLASSES);
  return subjects.size;
}

/** Where links in mails lead: the service's public URL, without a trailing slash. */
export type Linking = Parts & { readonly base_url: string };

/**
 * What makes a mail to somebody marketing: to whom it goes, the link that ends it, and the question to be asked right before it is
 * handed over. `undefined`: there is no consent, or the address was erased.
 */
export async function marketingTo(
  parts: Linking,
  holder: Holder,
): Promise<
  (Required<Pick<Mail, "to" | "person" | "marketing">> & { mayStillSend: () => Promise<boolean> }) | undefined
> {
  const to = await latestAddress(parts.log, holder);
  if (to === undefined || !(await mayMail(parts, { holder, address: to }))) return undefined;
  const unsubscribe_url = `${parts.base_url}/unsubscribe/${await unsubscribeToken(parts.vault, holder)}`;
  const person = subjectOf(holder);
  return { to, person, marketing: { unsubscribe_url }, mayStillSend: () => mayMail(parts, { holder, address: to }) };
}
