/**
 * A URL is called as it is written. Parsers take more than that: they drop white space at the ends and line ends within,
 * turn `\` into `/`, and take `.` and `..` out of paths; they read `2130706433` as an address, and other characters as
 * those that hosts are made of. What was recorded would not be what is called, and a value that was put into a URL could
 * move it elsewhere. So such a URL is refused; what is left is percent-encoding, the host's case, the scheme's own port,
 * and a fragment, which is never sent.
 */
import { excerpt } from "../src/json/mod.ts";

/** In characters; no name of a host is longer. */
const MAX_HOST_LENGTH = 253;

/** Why the URL is not called as it is written, as the rest of a sentence about it; `undefined` where it is. */
export function writtenOtherwise(url: string): string | undefined {
  const [blank] = /[\s\p{Cc}]/u.exec(url) ?? [];
  if (blank !== undefined) return `has ${nameOf(blank)}; write it as ${encodeURIComponent(blank)}, or leave it out`;
  if (!url.isWellFormed()) return "has half of a character that UTF-16 writes in two; leave it out";
  if (!/^https?:\/\/[^/?#]/i.test(url)) return "does not begin with http:// or https:// and a host";
  const [upToPath = ""] = url.split(/[?#]/, 1);
  if (upToPath.includes("\\")) return "has a backslash; write it as %5C, or as / where it separates";
  const [, dots] = /\/((?:\.|%2e){1,2})(?=\/|$)/i.exec(upToPath) ?? [];
  if (dots !== undefined) return `has the path segment ${dots}, which stands for another path; write that path`;
  const parsed = URL.parse(url);
  return parsed ? hostWrittenOtherwise(upToPath, parsed) : undefined;
}

function hostWrittenOtherwise(upToPath: string, { hostname }: URL): string | undefined {
  const [, host = "", colon, port = ""] = /^[^/]*\/\/(?:[^/]*@)?(\[[^\]/]*\]|[^:/]*)(:)?([^/]*)/.exec(upToPath) ?? [];
  if (host.toLowerCase() !== hostname) {
    return `names a host that is called as ${excerpt(hostname, MAX_HOST_LENGTH)}; write that name or address`;
  }
  if (colon !== undefined && port === "") return "has a colon without a port; leave it out";
  if (/^0./.test(port)) return "has a port that begins with 0; leave the 0 out";
}

function nameOf(character: string): string {
  if (character === " ") return "a space";
  return `white space or a control character (U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")})`;
}
