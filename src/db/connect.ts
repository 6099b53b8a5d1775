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

/** Opens a pool; connections are made when they are first needed. */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  return postgres(url, {
    max: options.max ?? 10,
    connect_timeout: 10,
    // Seconds. The client's own goes up to 20, and queries wait meanwhile without a word.
    backoff: (retries) => Math.min(0.05 * 2 ** retries, 1),
    onnotice: () => {},
    connection: {
      application_name: options.application_name ?? "levqor",
      TimeZone: "UTC",
      DateStyle: "ISO, YMD",
    },
    types: {
      json: { to: 114, from: [114], serialize: (value: string) => value, parse: (text: string) => text },
      timestamptz: { to: 1184, from: [1184], serialize: (value: string) => value, parse: toRfc3339 },
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
    },
  }) as unknown as Sql;
}

/** Postgres says `2026-01-02 03:04:05.678901+00`; the session's time zone is UTC. */
function toRfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;
}
