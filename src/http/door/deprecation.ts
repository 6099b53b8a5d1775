/** Deprecated calls: announced in every response (RFC 9745, RFC 8594), and in the API document. */

export interface Deprecation {
  /** The day on which it was deprecated, for example `2027-01-01`. */
  readonly since: string;
  /** The day from which it may be removed. */
  readonly sunset?: string;
  /** Path of the page that says what to use instead. */
  readonly documentation: string;
}

type Headers = Readonly<Record<string, string>>;

export function deprecationHeaders({ since, sunset, documentation }: Deprecation): Headers {
  return {
    deprecation: `@${Date.parse(since) / 1000}`,
    link: `<${documentation}>; rel="deprecation"; type="text/html"`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
  };
}

/** For readers of the document. */
export function deprecationNote({ since, sunset, documentation }: Deprecation): string {
  const end = sunset === undefined ? "" : `, and may be removed after ${sunset}`;
  return `Deprecated since ${since}${end}: [what to use instead](${documentation}).`;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly hooks?: { readonly detail?: object };
}

/** The headers of a deprecated route's responses. The routes are read on first use. */
export function deprecations(routes: () => readonly Route[]): (method: string, path?: string) => Headers | undefined {
  let known: Map<string, Headers> | undefined;
  return (method, path) => {
    known ??= new Map(
      routes().flatMap(({ method, path, hooks }) => {
        const declared = (hooks?.detail as { "x-deprecation"?: Deprecation } | undefined)?.["x-deprecation"];
        return declared ? [[`${method} ${path}`, deprecationHeaders(declared)]] : [];
      }),
    );
    if (known.size === 0) return undefined;
    return known.get(`${method === "HEAD" ? "GET" : method} ${path}`);
  };
}
