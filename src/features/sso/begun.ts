/**
 * A sign-in that a browser began. All that has to come back with it is in its cookie, and whatever the provider is sent is computed
 * from that with a key of the vault: so a visit that leads to nothing leaves nothing behind, and no other browser can finish it.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { SSO_MS } from "../../domain/sso.ts";
import type { Vault } from "../../vault/mod.ts";

type Pseudonyms = Pick<Vault, "pseudonym">;

/** Where it goes: another connection is another provider, or has another secret. */
interface Target {
  readonly org_id: string;
  readonly connection_id: string;
}

export interface Begun {
  readonly sign_in_id: string;
  /** Where to go afterwards. */
  readonly next: string;
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
}

/** By its base64url it fits into a cookie with the rest, which browsers keep up to 4,096 bytes. */
export const NEXT_MAX = 1_024;

/** Id, the browser's secret, where to go, and the HMAC of all three and the target. */
const COOKIE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})\.([\w-]{0,4096})\.([0-9a-f]{64})$/;

/** Begins a sign-in; `cookie`: what the browser keeps. */
export async function begin(
  vault: Pseudonyms,
  { next, ...target }: Target & { readonly next: string },
): Promise<Begun & { readonly cookie: string }> {
  const sign_in_id = Bun.randomUUIDv7();
  const secret = randomBytes(32).toString("base64url");
  const mac = await macOf(vault, { ...target, sign_in_id, secret, next });
  const cookie = `${sign_in_id}.${secret}.${Buffer.from(next).toString("base64url")}.${mac}`;
  return { ...(await computed(vault, { sign_in_id, secret })), next, cookie };
}

/** What a browser began; `undefined`: nothing here, or more than ten minutes ago. */
export async function readBegun(
  vault: Pseudonyms,
  { cookie, now, ...target }: Target & { readonly cookie: string | null; readonly now: number },
): Promise<Begun | undefined> {
  const [, sign_in_id, secret, encoded, mac] = COOKIE.exec(cookie ?? "") ?? [];
  if (sign_in_id === undefined || secret === undefined || encoded === undefined || mac === undefined) return undefined;
  const next = Buffer.from(encoded, "base64url").toString();
  if (!isSame(mac, await macOf(vault, { ...target, sign_in_id, secret, next }))) return undefined;
  const age_ms = now - Number.parseInt(sign_in_id.replace("-", "").slice(0, 12), 16);
  if (age_ms >= SSO_MS) return undefined;
  return { ...(await computed(vault, { sign_in_id, secret })), next };
}

interface Secret {
  readonly sign_in_id: string;
  readonly secret: string;
}

function macOf(vault: Pseudonyms, parts: Target & Secret & { readonly next: string }): Promise<string> {
  const { org_id, connection_id, sign_in_id, secret, next } = parts;
  return vault.pseudonym({ kind: "sso_cookie", value: [org_id, connection_id, sign_in_id, secret, next].join("\0") });
}

async function computed(vault: Pseudonyms, { sign_in_id, secret }: Secret) {
  const of = (kind: string) => vault.pseudonym({ kind, value: `${sign_in_id}\0${secret}` });
  const [state, nonce, verifier] = await Promise.all([of("sso_state"), of("sso_nonce"), of("sso_verifier")]);
  return { sign_in_id, state, nonce, verifier };
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
