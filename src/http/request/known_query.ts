/**
 * Which query parameters a call knows: any other is refused, whatever the call, since it may be a misspelt one. So is a
 * URL that is no text: decoders put U+FFFD where octets are no UTF-8, and another thing would be looked for.
 */
import { Elysia } from "elysia";
import { excerpt } from "../../json/mod.ts";
import { contextOf, queryOf } from "../context.ts";
import { Problem } from "../problem.ts";
import { invalid } from "./validation.ts";

/** In characters: of a name that a refusal tells. */
const MAX_NAME_LENGTH = 64;

interface Route {
  readonly method: string;
  readonly path: string;
  readonly hooks?: { readonly detail?: object };
}

/** What the API document has of a call. */
interface Documented {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly in?: string; readonly name?: string }[];
  readonly security?: readonly unknown[];
  readonly "x-any-query"?: boolean;
}

interface Call {
  readonly names: ReadonlySet<string>;
  readonly open: boolean;
}

/**
 * Refuses what the API document does not name, before the handler has its turn; pages, which are not in the document, and
 * what says so may be asked for with anything. The routes are read at the first question.
 */
export function knownQuery(routes: () => readonly Route[]) {
  let known: Map<string, Call> | undefined;
  return new Elysia({ name: "levqor/known-query" }).onBeforeHandle({ as: "global" }, ({ request, route }) => {
    const query = queryOf(request);
    const [path = ""] = request.url.split("?", 1);
    if (query === "" && isUtf8(path)) return;
    known ??= new Map(routes().flatMap(callOf));
    const call = known.get(`${request.method === "HEAD" ? "GET" : request.method} ${route}`);
    // Who may not call at all is told so first.
    if (!call || (!call.open && contextOf(request).identity?.kind !== "known")) return;
    for (const name of new URLSearchParams(query).keys()) {
      if (!call.names.has(name)) throw invalid([{ pointer: `?${name}`, message: "is not known here" }]);
    }
    if (!isUtf8(path)) throw malformed("The path");
    const broken = query.split("&").find((part) => !isUtf8(part));
    if (broken === undefined) return;
    const [name = ""] = new URLSearchParams(broken).keys();
    throw malformed(`?${excerpt(name, MAX_NAME_LENGTH)}`);
  });
}

/** Whether all octets that are percent-encoded are. */
function isUtf8(part: string): boolean {
  try {
    for (const [octets] of part.matchAll(/(?:%[0-9a-f]{2})+/gi)) decodeURIComponent(octets);
    return true;
  } catch {
    return false;
  }
}

function malformed(what: string): Problem {
  return new Problem("malformed_url", `${what} is not UTF-8 when it is percent-decoded.`);
}

function callOf({ method, path, hooks }: Route): [string, Call][] {
  const { operationId, parameters = [], security = [], "x-any-query": anyQuery }: Documented = hooks?.detail ?? {};
  if (operationId === undefined || anyQuery) return [];
  const names = parameters.flatMap(({ in: place, name }) => (place === "query" && name !== undefined ? [name] : []));
  return [[`${method} ${path}`, { names: new Set(names), open: security.length === 0 }]];
}
