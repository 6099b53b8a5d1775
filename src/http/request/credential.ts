/**
 * The credential of a request, and where else in the request it occurs: what is recorded or logged must not contain it,
 * in whichever header, path or body a client put it by mistake.
 */

import { secretHeaders } from "../document/headers.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** By lower-case name. */
type Headers = Readonly<Record<string, string | undefined>>;

/** Precedes the base64url of a key: the list of protocols is the only WebSocket header that browsers can set. */
const KEY_PROTOCOL = "levqor.key.";
/** Other secrets that a request may contain. */
const SECRET_HEADERS = secretHeaders.map((name) => name.toLowerCase());
/** Anything shorter occurs in other texts by chance; configured keys are no shorter. */
const MIN_LENGTH = 16;
/** Keys, sessions' secrets and tokens as this service issues them, and JWTs, whoever's they are. */
const SECRET = /lv[ilr]_[\w-]{43}|lvs_[0-9A-Za-z]{38}|lvq_(?:live|test)_[0-9A-Za-z]{38}|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/;

/** What the request identifies its caller by: a key, a token, or something that is neither; `null`: nothing. */
export function credentialOf(headers: Headers): string | null {
  const key = headers["x-api-key"];
  if (key !== undefined) return key;
  const { authorization } = headers;
  if (authorization !== undefined) return /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
  const encoded = protocolKey(headers);
  return encoded === undefined ? null : decoded(encoded);
}

/**
 * Whether a text contains a credential: the request's own, from any of its headers, or something that looks like one.
 */
export function holdsCredential(text: string, headers: Headers): boolean {
  if (text.length < MIN_LENGTH) return false;
  return SECRET.test(text) || secretsOf(headers).some((secret) => overlaps(text, secret));
}

/** Like {@link holdsCredential}, for long texts, ignoring other people's credentials. */
function holdsOwnCredential(text: string, headers: Headers): boolean {
  return secretsOf(headers).some((secret) => secret.length >= MIN_LENGTH && text.includes(secret));
}

/** Whether a body contains a credential of its request, however its JSON is escaped: `value` is the parsed text. */
export function bodyHoldsCredential({ text, value }: { text: string; value: unknown }, headers: Headers): boolean {
  if (holdsOwnCredential(text, headers)) return true;
  // Without escapes a string's value is its text.
  return text.includes("\\") && holdsOwnCredential(JSON.stringify(value), headers);
}

/** Whether a URL contains a credential of its request, percent-encoded or not. */
export function urlHoldsCredential(url: string, headers: Headers): boolean {
  return holdsOwnCredential(url, headers) || (url.includes("%") && holdsOwnCredential(percentDecoded(url), headers));
}

/** Octet by octet, as keys are visible ASCII: a URL may contain invalid UTF-8. */
function percentDecoded(url: string): string {
  return url.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The problem `credential_exposed`. */
export function credentialExposed(where: "URL" | "body"): Problem {
  return new Problem(
    problems.credential_exposed,
    `The ${where} contains the key or token that authenticates the request.`,
  );
}

/** The secrets of sessions among cookies. */
const SESSIONS = /lvs_[0-9A-Za-z]{38}/g;

/** Everything in the headers that may be a credential, not only what counts. */
function secretsOf(headers: Headers): readonly string[] {
  const { "x-api-key": key, authorization, cookie } = headers;
  const encoded = protocolKey(headers);
  const secrets: string[] = [];
  if (key !== undefined) secrets.push(key);
  if (authorization !== undefined) secrets.push(authorization.replace(/^\S+ +/, ""));
  if (cookie !== undefined) secrets.push(...(cookie.match(SESSIONS) ?? []));
  for (const name of SECRET_HEADERS) if (headers[name] !== undefined) secrets.push(headers[name]);
  if (encoded !== undefined) secrets.push(encoded, decoded(encoded));
  return secrets;
}

/** In either direction: part of a key reveals too much, too. */
function overlaps(text: string, secret: string): boolean {
  return secret.length >= MIN_LENGTH && (text.includes(secret) || secret.includes(text));
}

function protocolKey({ "sec-websocket-protocol": offered }: Headers): string | undefined {
  if (offered === undefined) return undefined;
  const names = offered.split(",").map((name) => name.trim());
  return names.find((name) => name.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
}

function decoded(encoded: string): string {
  return Buffer.from(encoded, "base64url").toString("latin1");
}
