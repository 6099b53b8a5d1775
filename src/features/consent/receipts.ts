/**
 * Receipts: what somebody agreed to and when, signed, to be verified by anybody, offline, at any time. What is signed says nothing
 * about the person but names the event's hash; since an erasure changes no event, a receipt is the same before and after it.
 *
 * The key is derived from one of the vault's: every process has it, a replaced master key leaves it as it is, and nobody has to
 * keep another secret.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from "node:crypto";
import type { MarketingConfirmed, MarketingRequested, TermsAccepted } from "../../../events/consent.ts";
import { consentStream } from "../../../events/consent.ts";
import type { DocumentName, DocumentVersion } from "../../../events/document.ts";
import { decode, eventId, type KnownEvent, MAX_VERSION } from "../../../events/mod.ts";
import type { EventLog } from "../../log/mod.ts";
import type { Vault } from "../../vault/mod.ts";

/** A private key of Ed25519 in PKCS #8, before its 32 bytes. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
/** Another number is another key. */
const KEY_NUMBER = "1";

interface Payload {
  readonly format: "levqor-consent-receipt/1";
  /** The id of the event. */
  readonly consent: string;
  /** The event's type. */
  readonly what: string;
  /** What was agreed to. */
  readonly documents: readonly ({ readonly document: DocumentName } & DocumentVersion)[];
  /** RFC 3339, UTC. */
  readonly recorded_at: string;
  /** In the log. */
  readonly position: number;
  /** SHA-256 of the event's data as it is recorded, in hex: it has the personal parts, encrypted. */
  readonly event_sha256: string;
}

export interface ReceiptKey {
  readonly key_id: string;
  readonly algorithm: "Ed25519";
  /** PEM. */
  readonly public_key: string;
}

export interface Receipt {
  readonly payload: Payload;
  /** The bytes that are signed, which are the payload's, in base64. */
  readonly signed: string;
  /** In base64. */
  readonly signature: string;
  readonly key: ReceiptKey;
}

interface Parts {
  readonly log: Pick<EventLog, "readStream" | "readRange">;
  readonly vault: Pick<Vault, "pseudonym">;
}

/** The receipt of an event in somebody's stream of consents; `undefined`: there is no such event. */
export async function receiptOf(
  { log, vault }: Parts,
  { holder, version }: { holder: string; version: number },
): Promise<Receipt | undefined> {
  if (version > MAX_VERSION) return undefined;
  const [found] = await log.readStream(consentStream(holder), { after_version: version - 1, limit: 1 });
  // As it is recorded: a stream's personal parts are opened.
  const [recorded] = found ? await log.readRange(found.position - 1, 1) : [];
  if (!recorded) return undefined;
  const payload: Payload = {
    format: "levqor-consent-receipt/1",
    consent: eventId(recorded),
    what: recorded.type,
    documents: documentsOf(decode(recorded)),
    recorded_at: recorded.recorded_at,
    position: recorded.position,
    event_sha256: hash("sha256", recorded.data_json),
  };
  const bytes = Buffer.from(JSON.stringify(payload));
  const private_key = await privateKey(vault);
  return {
    payload,
    signed: bytes.toString("base64"),
    signature: sign(null, bytes, private_key).toString("base64"),
    key: publicKeyOf(private_key),
  };
}

/** The key with which receipts are verified. */
export async function receiptKey(vault: Parts["vault"]): Promise<ReceiptKey> {
  return publicKeyOf(await privateKey(vault));
}

async function privateKey(vault: Parts["vault"]): Promise<KeyObject> {
  const seed = Buffer.from(await vault.pseudonym({ kind: "receipt_key", value: KEY_NUMBER }), "hex");
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
}

function publicKeyOf(private_key: KeyObject): ReceiptKey {
  const key = createPublicKey(private_key);
  const key_id = hash("sha256", key.export({ format: "der", type: "spki" }), "hex").slice(0, 16);
  return { key_id, algorithm: "Ed25519", public_key: key.export({ format: "pem", type: "spki" }).toString() };
}

function documentsOf({ type, data }: KnownEvent): Payload["documents"] {
  switch (type) {
    case "consent.terms_accepted": {
      const { terms, privacy } = data as TermsAccepted;
      return [
        { document: "terms", ...terms },
        { document: "privacy", ...privacy },
      ];
    }
    case "consent.marketing_requested":
    case "consent.marketing_confirmed":
      return [{ document: "marketing", ...(data as MarketingRequested | MarketingConfirmed).notice }];
    default:
      return [];
  }
}
