/** Finds the route that handles a request. */

interface Route {
  readonly method: string;
  readonly path: string;
}

export interface RouteTable {
  /** The pattern of the matching route, for example `/api/v1/status/:job_id`; `undefined` if none matches. */
  routeOf(method: string, path: string): string | undefined;
  /** Which methods are supported at a path; none at an unknown path. */
  methodsOf(path: string): readonly string[];
}

interface Entry extends Route {
  readonly pattern: RegExp;
}

/**
 * Finds routes as the router does, so that code that must know one before the router runs (limits, traces) does not
 * compare paths itself: a trailing slash makes no difference, case and percent-encoding do; literal segments go before
 * `:names`, and those before `*`. The routes are read on first use, when all of them are known.
 */
export function routeTable(routes: () => readonly Route[]): RouteTable {
  let entries: readonly Entry[] | undefined;
  /** By method and path, for literal ones, which are the most frequent. */
  const exact = new Map<string, string>();
  const read = () => {
    entries = routes()
      .map((route) => ({ ...route, pattern: toPattern(route.path) }))
      .toSorted((a, b) => vagueness(a.path) - vagueness(b.path));
    for (const { method, path } of entries) if (vagueness(path) === 0) exact.set(`${method} ${path}`, path);
    return entries;
  };
  return {
    routeOf(asked, path) {
      const all = entries ?? read();
      const method = asked === "HEAD" ? "GET" : asked;
      return (
        exact.get(`${method} ${path}`) ?? all.find((entry) => entry.method === method && entry.pattern.test(path))?.path
      );
    },
    methodsOf(path) {
      const methods = new Set<string>();
      for (const { pattern, method } of entries ?? read()) if (pattern.test(path)) methods.add(method);
      if (methods.has("GET")) methods.add("HEAD");
      if (methods.size > 0) methods.add("OPTIONS");
      return [...methods].sort();
    },
  };
}

/** 0: entirely literal; 1: some segments are `:names`; 2: the rest is open. */
function vagueness(path: string): number {
  if (path.includes("*")) return 2;
  return path.includes(":") ? 1 : 0;
}

/** `/jobs/:job_id` matches any single segment there, `*` matches the rest. */
function toPattern(path: string): RegExp {
  const source = path
    .replace(/\/$/, "")
    .split("/")
    .map((segment) => (segment === "*" ? ".*" : segment.startsWith(":") ? "[^/]+" : RegExp.escape(segment)))
    .join("/");
  return new RegExp(`^${source}/?$`);
}
