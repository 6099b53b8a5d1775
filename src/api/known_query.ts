/** Which query parameters a call knows: any other is refused, whatever the call, since it may be a misspelt one. */
import { Elysia } from "elysia";
import { contextOf, queryOf } from "./context.ts";
import { invalid } from "./validation.ts";

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
    if (query === "") return;
    known ??= new Map(routes().flatMap(callOf));
    const call = known.get(`${request.method === "HEAD" ? "GET" : request.method} ${route}`);
    // Who may not call at all is told so first.
    if (!call || (!call.open && contextOf(request).identity?.kind !== "known")) return;
    for (const name of new URLSearchParams(query).keys()) {
      if (!call.names.has(name)) throw invalid([{ pointer: `?${name}`, message: "is not known here" }]);
    }
  });
}

function callOf({ method, path, hooks }: Route): [string, Call][] {
  const { operationId, parameters = [], security = [], "x-any-query": anyQuery }: Documented = hooks?.detail ?? {};
  if (operationId === undefined || anyQuery) return [];
  const names = parameters.flatMap(({ in: place, name }) => (place === "query" && name !== undefined ? [name] : []));
  return [[`${method} ${path}`, { names: new Set(names), open: security.length === 0 }]];
}
