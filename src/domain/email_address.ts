/** E-mail addresses, in the one spelling by which a person is found. */

/** The longest address in bytes of UTF-8, as RFC 5321 limits a path. */
export const EMAIL_BYTES_MAX = 254;
const LOCAL_BYTES_MAX = 64;
/** Longer texts are not looked at: a decomposed spelling of the longest address fits. */
const TEXT_MAX = 1_024;

/** An atom of RFC 5321 and RFC 6531: without quotation marks, spaces and control characters. */
const ATOM = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+$/u;
/** What may be in a domain before IDNA maps it; `URL` would take anything else for a port, a path or a password. */
const DOMAIN = /^[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61-]+$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * An address in the spelling that all spellings of it share: NFC, trimmed, in lower case, and the domain as IDNA
 * encodes it. Dots and what follows a plus stay: whether they matter is for the address's own domain to say. `undefined`
 * if it is no address: also quoted local parts, address literals, and domains of one label.
 */
export function normalisedEmail(text: string): string | undefined {
  if (text.length > TEXT_MAX) return undefined;
  const spelling = text.trim().normalize("NFC");
  const at = spelling.lastIndexOf("@");
  const local = spelling.slice(0, Math.max(0, at)).toLowerCase().normalize("NFC");
  const domain = asciiDomain(spelling.slice(at + 1));
  if (domain === undefined || !local.split(".").every((atom) => ATOM.test(atom))) return undefined;
  const address = `${local}@${domain}`;
  const isShort = Buffer.byteLength(local) <= LOCAL_BYTES_MAX && Buffer.byteLength(address) <= EMAIL_BYTES_MAX;
  return isShort ? address : undefined;
}

/** The domain of an address in its one spelling. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf("@") + 1);
}

/** A domain in lower case, other scripts in Punycode; `undefined` if it is no domain of two labels or more. */
export function asciiDomain(domain: string): string | undefined {
  if (!DOMAIN.test(domain)) return undefined;
  const ascii = URL.parse(`http://${domain}/`)?.hostname;
  const labels = ascii?.split(".") ?? [];
  const isDomain =
    labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
  return isDomain ? ascii : undefined;
}
