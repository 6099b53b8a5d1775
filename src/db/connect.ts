/** Connections to Postgres. */
import postgres from "postgres";
import { type TimeoutOptions, withTimeout } from "./with_timeout.ts";

/** Their `json` columns and timestamps come back as text: JSON unparsed, times as RFC 3339 UTC. */
type Types = { json: string; timestamptz: string };

/** The client; {@link Sql} is the part of it that may be used. */
type Client = postgres.Sql<Types>;

/** A pool, or one session: statements with a time limit, as {@link connect} and {@link withSession} set it. */
export interface Sql extends Pick<Client, "unsafe" | "begin" | "end"> {
  <Rows extends readonly (object | undefined)[] = postgres.Row[]>(
    statement: TemplateStringsArray,
    ...parameters: readonly postgres.ParameterOrFragment<Types[keyof Types]>[]
  ): postgres.PendingQuery<Rows>;
}

export interface ConnectOptions {
  /** The maximum number of connections; 10 by default. */
  readonly max?: number;
  /** Shown in `pg_stat_activity`. */
  readonly application_name?: string;
  /** How long connecting may take; 10 s by default. */
  readonly connect_timeout_ms?: number;
  /** A statement without a response after this long fails with `NoAnswerError`; 30 s by default. */
  readonly answer_timeout_ms?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;

interface Pool {
  readonly url: string;
  readonly options: ConnectOptions;
  closed: number;
}

const pools = new WeakMap<Sql, Pool>();

/**
 * How many of a pool's connections have been closed. When Postgres crashes it closes all, and may have lost what was
 * committed asynchronously: what was read of that before must be read again.
 */
export function closedConnections(pool: Sql): number {
  return pools.get(pool)?.closed ?? 0;
}

/**
 * Opens a pool; connections are made when they are first needed. If a statement times out, all connections of the pool
 * are replaced: what they are doing continues, with its own time limit.
 *
 * The limit does not apply to the client's `begin`: see `inTransaction`.
 */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  const { answer_timeout_ms: ms = ANSWER_TIMEOUT_MS } = options;
  const pool: Pool = { url, options, closed: 0 };
  const openCounted = () => open(url, options, () => pool.closed++);
  let client = openCounted();
  const retired = new Map<Client, Timer>();
  const retire = (silent: Client) => {
    if (silent !== client) return;
    client = openCounted();
    const end = () => {
      retired.delete(silent);
      void silent.end({ timeout: 0 });
    };
    retired.set(silent, setTimeout(end, ms));
  };
  const end: Sql["end"] = async (how) => {
    for (const timer of retired.values()) clearTimeout(timer);
    await Promise.all([client, ...retired.keys()].map((each) => each.end(how)));
  };
  const sql = Object.assign(
    statements(() => client, { ms, on_silence: retire }),
    { end },
  );
  pools.set(sql, pool);
  return sql;
}

export type SessionOptions = Pick<ConnectOptions, "answer_timeout_ms">;

/**
 * Runs `body` on a separate connection beside the pool's: what it sets and locks for its session affects nobody else.
 * It replaces the client's `reserve()`, which never resolves if it has to open a connection without fetching types. If
 * a statement times out, the session ends.
 */
export async function withSession<T>(
  pool: Sql,
  body: (session: Sql, limit: TimeoutOptions) => Promise<T>,
  sessionOptions: SessionOptions = {},
): Promise<T> {
  const { url, options } = pools.get(pool) as Pool;
  const { answer_timeout_ms: ms = ANSWER_TIMEOUT_MS, ...own } = { ...options, ...sessionOptions, max: 1 };
  const client = open(url, own);
  const limit = { ms, on_silence: () => void client.end({ timeout: 0 }) };
  try {
    return await body(
      statements(() => client, limit),
      limit,
    );
  } finally {
    await client.end({ timeout: 1 });
  }
}

/** Runs statements on the client that is current when they are made, each with its time limit. */
function statements(
  current: () => Client,
  { ms, on_silence }: { ms: number; on_silence: (client: Client) => void },
): Sql {
  const limit = <S extends Promise<unknown>>(client: Client, statement: S) =>
    withTimeout(statement, { ms, on_silence: () => on_silence(client) });
  const sql = <Rows extends readonly (object | undefined)[]>(...statement: Parameters<Sql>) => {
    const client = current();
    return limit(client, client<Rows>(...statement));
  };
  const unsafe = (...statement: Parameters<Client["unsafe"]>) => {
    const client = current();
    return limit(client, client.unsafe(...statement));
  };
  const begin = (...transaction: Parameters<Client["begin"]>) => current().begin(...transaction);
  const end = (...how: Parameters<Client["end"]>) => current().end(...how);
  return Object.assign(sql, { unsafe, begin, end }) as Sql;
}

function open(url: string, options: ConnectOptions, onclose: () => void = () => {}): Client {
  return postgres(url, {
    max: options.max ?? 10,
    // Seconds.
    connect_timeout: (options.connect_timeout_ms ?? CONNECT_TIMEOUT_MS) / 1000,
    // The client would ask each new connection for the array types, and if it breaks meanwhile nobody catches the
    // rejection: the process would end. The array types in use are listed below instead.
    fetch_types: false,
    // Seconds. The client's own delays go up to 20, and queries wait silently meanwhile.
    backoff: (retries) => Math.min(0.05 * 2 ** retries, 1),
    onnotice: () => {},
    onclose,
    connection: {
      application_name: options.application_name ?? "levqor",
      TimeZone: "UTC",
      DateStyle: "ISO, YMD",
      // A statement that waits for a lock must see what its holder committed, whatever the database's own default is.
      default_transaction_isolation: "read committed",
    },
    types: {
      json: { to: 114, from: [114], serialize: (value: string) => value, parse: (text: string) => text },
      timestamptz: { to: 1184, from: [1184], serialize: (value: string) => value, parse: toRfc3339 },
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
      texts: { to: 1009, from: [1009], serialize: arrayOf, parse: refuseArray },
      bigints: { to: 1016, from: [1016], serialize: arrayOf, parse: numbersOf },
    },
  }) as unknown as Client;
}

/** Postgres says `2026-01-02 03:04:05.678901+00`; the session's time zone is UTC. */
function toRfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;
}

/** `{"a","b\"c"}`: an array as Postgres reads it. */
function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.map((value) => `"${String(value).replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
}

/** `{1,2}`, without nulls. */
function numbersOf(text: string): number[] {
  return text === "{}" ? [] : text.slice(1, -1).split(",").map(Number);
}

function refuseArray(): never {
  throw new TypeError("Cannot read a text[] column: select it as JSON");
}
