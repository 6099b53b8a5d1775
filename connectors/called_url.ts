/**
 * A URL is called as it is written. URL parsers accept more than that: they drop surrounding white space and line
 * breaks, turn `\` into `/`, remove `.` and `..` from paths, read `2130706433` as an address, and map other characters
 * to those of host names. Then the recorded URL would not be the one that is called, and a value inserted into a URL
 * could redirect it. Such URLs are rejected; the differences that remain are percent-encoding, the host's case, the
 * scheme's default port, and a fragment, which is never sent.
 */
import { excerpt } from "../src/json/mod.ts";

/** In characters; no host name is longer. */
const MAX_HOST_LENGTH = 253;

/** Why the URL would not be called as it is written, as the predicate of a sentence; `undefined` if it would. */
export function urlFault(url: string): string | undefined {
  const [blank] = /[\s\p{Cc}]/u.exec(url) ?? [];
  if (blank !== undefined) return `has ${nameOf(blank)}; write it as ${encodeURIComponent(blank)}, or leave it out`;
  if (!url.isWellFormed()) return "has an unpaired surrogate (half of a UTF-16 character); leave it out";
  if (!/^https?:\/\/[^/?#]/i.test(url)) return "does not start with http:// or https:// and a host";
  const [upToPath = ""] = url.split(/[?#]/, 1);
  if (upToPath.includes("\\")) return "has a backslash; write it as %5C, or as / where it separates";
  const [, dots] = /\/((?:\.|%2e){1,2})(?=\/|$)/i.exec(upToPath) ?? [];
  if (dots !== undefined) return `has the path segment ${dots}, which refers to another path; write that path`;
  const parsed = URL.parse(url);
  return parsed ? hostFault(upToPath, parsed) : undefined;
}

function hostFault(upToPath: string, { hostname }: URL): string | undefined {
  const [, host = "", colon, port = ""] = /^[^/]*\/\/(?:[^/]*@)?(\[[^\]/]*\]|[^:/]*)(:)?([^/]*)/.exec(upToPath) ?? [];
  if (host.toLowerCase() !== hostname) {
    return `has a host that would be called as ${excerpt(hostname, MAX_HOST_LENGTH)}; write that name or address`;
  }
  if (colon !== undefined && port === "") return "has a colon without a port; leave it out";
  if (/^0./.test(port)) return "has a port that starts with 0; leave the 0 out";
}

function nameOf(character: string): string {
  if (character === " ") return "a space";
  return `white space or a control character (U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")})`;
}
