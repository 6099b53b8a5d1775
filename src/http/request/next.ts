/** Where somebody goes after signing in: nowhere that whoever wrote the link could choose freely. */

const BASE = "https://here.invalid";

/**
 * A path of this service, or a URL whose origin is listed, in the form that a browser makes of it; `undefined`: it may lead
 * elsewhere.
 */
export function safeNext(text: string, origins: readonly string[]): string | undefined {
  // Browsers drop some characters and take a backslash for a slash; here nobody needs either.
  if (/[\p{Cc}\s\\]/u.test(text)) return undefined;
  const url = URL.parse(text, BASE);
  if (url?.username !== "" || url.password !== "") return undefined;
  if (!text.startsWith("/")) return origins.includes(url.origin) ? url.href : undefined;
  const next = url.pathname + url.search + url.hash;
  return url.origin === BASE && !/^\/[/\\]/.test(decoded(url.pathname)) ? next : undefined;
}

/** However often it was encoded: whatever decodes it once more must not read another host. */
function decoded(path: string): string {
  let text = path;
  for (let last = ""; text !== last; ) {
    last = text;
    text = text.replace(/%(25|2f|5c|09|0a|0d)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    text = text.replace(/[\t\n\r]/g, "");
  }
  return text;
}
