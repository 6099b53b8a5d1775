/** Connections to Postgres. */
import postgres from "postgres";

/** A pool whose `json` columns and timestamps come back as text: JSON unparsed, times as RFC 3339 UTC. */
export type Sql = postgres.Sql<{ json: string; timestamptz: string }>;

export interface ConnectOptions {
  /** Connections at most; 10 by default. */
  readonly max?: number;
  /** Shown in `pg_stat_activity`. */
  readonly application_name?: string;
}

/** How each pool was opened. */
const opened = new WeakMap<Sql, { url: string; options: ConnectOptions }>();

/** Opens a pool; connections are made when they are first needed. */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  const sql = open(url, options);
  opened.set(sql, { url, options });
  return sql;
}

/**
 * Runs `body` on a connection of its own beside the pool's: what it sets and locks for its session is nobody
 * else's. In place of the client's `reserve()`, which never resolves where it has to open a connection without
 * fetching types.
 */
export async function withSession<T>(pool: Sql, body: (session: Sql) => Promise<T>): Promise<T> {
  const { url, options } = opened.get(pool) as { url: string; options: ConnectOptions };
  const session = open(url, { ...options, max: 1 });
  try {
    return await body(session);
  } finally {
    await session.end({ timeout: 1 });
  }
}

function open(url: string, options: ConnectOptions): Sql {
  return postgres(url, {
    max: options.max ?? 10,
    connect_timeout: 10,
    // The client would ask each new connection for the array types, and if it breaks meanwhile nobody catches the
    // rejection: the process ends. The arrays in use are named below instead.
    fetch_types: false,
    // Seconds. The client's own goes up to 20, and queries wait meanwhile without a word.
    backoff: (retries) => Math.min(0.05 * 2 ** retries, 1),
    onnotice: () => {},
    connection: {
      application_name: options.application_name ?? "levqor",
      TimeZone: "UTC",
      DateStyle: "ISO, YMD",
      // What waits for a lock must see what its holder committed, whatever the database's own default is.
      default_transaction_isolation: "read committed",
    },
    types: {
      json: { to: 114, from: [114], serialize: (value: string) => value, parse: (text: string) => text },
      timestamptz: { to: 1184, from: [1184], serialize: (value: string) => value, parse: toRfc3339 },
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
      texts: { to: 1009, from: [1009], serialize: arrayOf, parse: refuseArray },
      bigints: {
        to: 1016,
        from: [1016],
        serialize: arrayOf,
        parse: (text: string) => JSON.parse(`[${text.slice(1, -1)}]`),
      },
    },
  }) as unknown as Sql;
}

/** Postgres says `2026-01-02 03:04:05.678901+00`; the session's time zone is UTC. */
function toRfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;
}

/** `{"a","b\"c"}`: an array as Postgres reads it. */
function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.map((value) => `"${String(value).replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
}

function refuseArray(): never {
  throw new TypeError("Cannot read a text[] column: select it as JSON");
}
