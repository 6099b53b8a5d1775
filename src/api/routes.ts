/** Which methods a path takes. */

interface Route {
  readonly method: string;
  readonly path: string;
}

/**
 * Answers for each path which methods are served there; none for a path that is not served. The routes
 * are read at the first question, when all of them are known.
 */
export function methodsByPath(routes: () => readonly Route[]): (path: string) => readonly string[] {
  let patterns: { pattern: RegExp; method: string }[] | undefined;
  return (path) => {
    patterns ??= routes().map((route) => ({ pattern: toPattern(route.path), method: route.method }));
    const methods = new Set<string>();
    for (const { pattern, method } of patterns) if (pattern.test(path)) methods.add(method);
    if (methods.has("GET")) methods.add("HEAD");
    if (methods.size > 0) methods.add("OPTIONS");
    return [...methods].sort();
  };
}

/** `/jobs/:job_id` takes any one segment there, `*` takes the rest. */
function toPattern(path: string): RegExp {
  const source = path
    .split("/")
    .map((segment) => (segment === "*" ? ".*" : segment.startsWith(":") ? "[^/]+" : RegExp.escape(segment)))
    .join("/");
  return new RegExp(`^${source}/?$`);
}
