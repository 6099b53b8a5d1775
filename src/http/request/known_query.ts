/**
 * The query parameters of each call: any other is rejected, because it may be misspelt. So is a URL that is not UTF-8:
 * decoders replace invalid octets by U+FFFD, and something else would be looked up.
 */
import type { TObject } from "@sinclair/typebox";
import { excerpt } from "../../json/mod.ts";
import { queryOf } from "../context.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import { invalid } from "./validation.ts";

/** In characters: of a name in an error. */
const MAX_NAME_LENGTH = 64;

/** The names of a call's parameters; `true`: it accepts anything. */
export type KnownQuery = ReadonlySet<string> | true;

export function knownQuery(query: TObject | undefined): ReadonlySet<string> {
  return new Set(Object.keys(query?.properties ?? {}));
}

/** Throws the problems `validation_failed` and `malformed_url`. */
export function checkUrl(request: Request, known: KnownQuery): void {
  if (known === true) return;
  const query = queryOf(request);
  const [path = ""] = request.url.split("?", 1);
  if (query === "" && isUtf8(path)) return;
  for (const name of new URLSearchParams(query).keys()) {
    if (!known.has(name)) throw invalid([{ pointer: `?${name}`, message: "is not supported here" }]);
  }
  if (!isUtf8(path)) throw malformed("The path");
  const broken = query.split("&").find((part) => !isUtf8(part));
  if (broken === undefined) return;
  const [name = ""] = new URLSearchParams(broken).keys();
  throw malformed(`?${excerpt(name, MAX_NAME_LENGTH)}`);
}

/** Whether all percent-encoded octets are valid. */
function isUtf8(part: string): boolean {
  if (!part.includes("%")) return true;
  try {
    for (const [octets] of part.matchAll(/(?:%[0-9a-f]{2})+/gi)) decodeURIComponent(octets);
    return true;
  } catch {
    return false;
  }
}

function malformed(what: string): Problem {
  return new Problem(problems.malformed_url, `${what} is not UTF-8 after percent-decoding.`);
}
