/** Which route a request meets. */

interface Route {
  readonly method: string;
  readonly path: string;
}

export interface RouteTable {
  /** The pattern of the route that answers, for example `/api/v1/status/:job_id`; `undefined` where none does. */
  routeOf(method: string, path: string): string | undefined;
  /** Which methods are served at a path; none at a path that is not served. */
  methodsOf(path: string): readonly string[];
}

interface Entry extends Route {
  readonly pattern: RegExp;
}

/**
 * Finds routes as the router does, so that whoever must know one before the router has looked (limits, traces) compares
 * no paths of its own: a slash at the end makes no difference, letters' case and percent-encoding do; what is spelled
 * out goes before `:names`, and those before `*`. The routes are read at the first question, when all of them are known.
 */
export function routeTable(routes: () => readonly Route[]): RouteTable {
  let entries: readonly Entry[] | undefined;
  /** By method and path: for those spelled out, which are asked for most. */
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

/** 0: every letter is spelled out; 1: some segments are `:names`; 2: the rest is open. */
function vagueness(path: string): number {
  if (path.includes("*")) return 2;
  return path.includes(":") ? 1 : 0;
}

/** `/jobs/:job_id` takes any one segment there, `*` takes the rest. */
function toPattern(path: string): RegExp {
  const source = path
    .replace(/\/$/, "")
    .split("/")
    .map((segment) => (segment === "*" ? ".*" : segment.startsWith(":") ? "[^/]+" : RegExp.escape(segment)))
    .join("/");
  return new RegExp(`^${source}/?$`);
}
