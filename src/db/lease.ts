/**
 * Leases: one holder per name, across all processes that share the database.
 *
 * A process has one loop per pool for all its leases: one statement renews those that it has and tries to take those
 * that it wants, whether there is one or a hundred. If others have a wanted lease, the response says for how long, so
 * that a dead holder's lease is taken as soon as it has expired.
 *
 * All times are the database's. The holder also measures with its own monotonic clock from **before** each renewal was
 * sent, so it gives the lease up before anyone else can take it, even if it was frozen or cut off.
 *
 * There can be two holders for a moment if the clocks diverge: the database's clock is set forward, or the holder's
 * machine sleeps, which stops its monotonic clock. A crash of Postgres also ends all leases, because their table is
 * unlogged: a process that worked from what the crash discarded starts again from what is there. The first holder then
 * learns of it with its next renewal: within a third of the time to live, while awake. If the database's clock is set
 * back, a dead holder's lease lasts longer by as much; a living one renews and notices nothing. So what a lease guards
 * must be fenced: besides, no lease can stop a write that is already on its way.
 */
import { pause } from "../async/mod.ts";
import type { Sql } from "./connect.ts";

export interface LeaseOptions {
  readonly sql: Sql;
  /** The name of the lease, for example `relay`. */
  readonly name: string;
  /** The holder: unique for each running process. */
  readonly holder: string;
  /** Gives the lease up, or stops waiting for it. */
  readonly signal: AbortSignal;
  /** After this time without a renewal others may take it; 4000 by default. */
  readonly ttl_ms?: number;
}

const TTL_MS = 4_000;
/** The interval of attempts to take another holder's lease, unless it expires before. */
const POLL_MS = 500;
/** The minimum interval of attempts, however soon a lease expires. */
const LEAST_POLL_MS = 5;
/** How long giving up a lease may take. */
const RELEASE_MS = 1_000;
/**
 * The maximum number of concurrent statements of the loop: a connection may be unresponsive, and the next statement
 * uses another.
 */
const MAX_UNANSWERED = 3;

/**
 * Waits for the lease, runs `work` while holding it, and gives it up when `work` has ended, so that a successor can
 * take over at once. `held` fires when the lease is lost or `signal` fires: `work` must then stop. Returns what `work`
 * returned, or `undefined` if `signal` fired before the lease was taken. Faults of the database while waiting are
 * thrown; while the lease is held they are retried until it expires.
 */
export async function holdLease<T>(
  { sql, name, holder, signal, ttl_ms = TTL_MS }: LeaseOptions,
  work: (held: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const leases = leasesOf(sql);
  const lease = new Lease({ name, holder, ttl_ms });
  if (!(await leases.acquire(lease, signal))) return undefined;
  try {
    return signal.aborted ? undefined : await work(AbortSignal.any([signal, lease.lost]));
  } finally {
    await leases.release(lease);
  }
}

/** Removes all leases: only if it is certain that every holder is dead, as under the lock of the data folder. */
export async function clearLeases(sql: Sql): Promise<void> {
  await sql`delete from levqor_ops.leases`;
}

const loops = new WeakMap<Sql, Leases>();

function leasesOf(sql: Sql): Leases {
  let leases = loops.get(sql);
  if (!leases) {
    leases = new Leases(sql);
    loops.set(sql, leases);
  }
  return leases;
}

/** One request for a lease, and one term of it. */
class Lease {
  readonly name: string;
  /** Only of this term: a delayed statement of an earlier term of the same holder must not renew or release it. */
  readonly holder: string;
  readonly ttl_ms: number;
  readonly #answer = Promise.withResolvers<boolean>();
  readonly #lost = new AbortController();
  #expiry: Timer | undefined;
  /** When the last statement that took or renewed it was sent, by this process's monotonic clock. */
  #confirmed = 0;

  constructor({ name, holder, ttl_ms }: Required<Pick<LeaseOptions, "name" | "holder" | "ttl_ms">>) {
    this.name = name;
    this.holder = `${holder}/${crypto.randomUUID()}`;
    this.ttl_ms = ttl_ms;
  }

  /** Resolves to whether it was taken, and rejects if that could not be determined. */
  get answer(): Promise<boolean> {
    return this.#answer.promise;
  }

  /** Fires when it is no longer held, before another can have it. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  grant(): void {
    this.#answer.resolve(true);
  }

  deny(error?: unknown): void {
    if (error === undefined) this.#answer.resolve(false);
    else this.#answer.reject(error);
  }

  confirm(sent: number): void {
    this.#confirmed = Math.max(this.#confirmed, sent);
    this.#watch();
  }

  lose(reason: string): void {
    clearTimeout(this.#expiry);
    this.#lost.abort(new Error(`Lost the lease ${this.name}: ${reason}`));
  }

  end(): void {
    clearTimeout(this.#expiry);
  }

  /** Its own timer: a renewal may hang for as long as its connection does. */
  #watch(): void {
    clearTimeout(this.#expiry);
    const left = this.#confirmed + this.ttl_ms - performance.now();
    if (left <= 0) this.lose(`not renewed for ${this.ttl_ms} ms`);
    else this.#expiry = setTimeout(() => this.#watch(), left);
  }
}

/**
 * The response to a statement: a lease that is this process's now (`left_ms` is null), or for how long it is another's.
 */
interface Row {
  readonly holder: string;
  readonly left_ms: number | null;
}

/** All leases that one pool's users have and want. */
class Leases {
  readonly #sql: Sql;
  readonly #held = new Set<Lease>();
  /** By name, in order of arrival: a name is requested once, and not if it is held here. */
  readonly #wanted = new Map<string, Lease[]>();
  readonly #unanswered = new Set<Promise<void>>();
  #timer: Timer | undefined;
  /** When the timer fires, by the monotonic clock. */
  #due = Number.POSITIVE_INFINITY;
  #given: { readonly leases: Lease[]; readonly done: Promise<void> } | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Resolves to whether the lease is held: not if the signal fired before. Throws faults of the database. */
  async acquire(lease: Lease, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const line = this.#wanted.get(lease.name);
    if (line) line.push(lease);
    else this.#wanted.set(lease.name, [lease]);
    const abort = () => {
      if (this.#unwant(lease)) lease.deny();
    };
    signal.addEventListener("abort", abort, { once: true });
    // Those wanted in the same turn are requested together.
    this.#schedule(0);
    try {
      return await lease.answer;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Gives a lease up. Does not wait long if the database does not respond: a lease that is not given up expires. */
  async release(lease: Lease): Promise<void> {
    lease.end();
    this.#held.delete(lease);
    const patience = new AbortController();
    await Promise.race([this.#giveUp(lease), pause(RELEASE_MS, patience.signal)]);
    patience.abort();
    this.#schedule(this.#wanted.has(lease.name) ? 0 : this.#interval());
  }

  /** Those given up in the same turn go together. */
  #giveUp(lease: Lease): Promise<void> {
    if (this.#given) {
      this.#given.leases.push(lease);
      return this.#given.done;
    }
    const leases = [lease];
    const given = (async () => {
      await Promise.resolve();
      this.#given = undefined;
      // A statement under way could take it again.
      await Promise.all(this.#unanswered);
      await this.#remove(leases);
    })();
    this.#given = { leases, done: given };
    return given;
  }

  async #remove(leases: readonly Lease[]): Promise<void> {
    const names = leases.map(({ name }) => name);
    const holders = leases.map(({ holder }) => holder);
    await this.#sql`
      delete from levqor_ops.leases
      where name = any(${names}::text[]) and holder = any(${holders}::text[])`.catch(() => {});
  }

  #unwant(lease: Lease): boolean {
    const line = this.#wanted.get(lease.name) ?? [];
    const index = line.indexOf(lease);
    if (index < 0) return false;
    line.splice(index, 1);
    if (line.length === 0) this.#wanted.delete(lease.name);
    return true;
  }

  /** Milliseconds to the next statement if there is no hurry. */
  #interval(): number {
    let ms = this.#wanted.size > 0 ? POLL_MS : Number.POSITIVE_INFINITY;
    for (const { ttl_ms } of this.#held) ms = Math.min(ms, ttl_ms / 3);
    return ms;
  }

  /** Makes sure that the next statement is sent within `ms` milliseconds. */
  #schedule(ms: number): void {
    const due = performance.now() + ms;
    if (due >= this.#due || ms === Number.POSITIVE_INFINITY) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  #ask(): void {
    this.#due = Number.POSITIVE_INFINITY;
    const interval = this.#interval();
    this.#schedule(interval);
    if (interval === Number.POSITIVE_INFINITY || this.#unanswered.size >= MAX_UNANSWERED) return;
    const asking = this.#pulse().finally(() => this.#unanswered.delete(asking));
    this.#unanswered.add(asking);
  }

  /** Renews what is held and tries to take what is wanted, in one statement. Never rejects. */
  async #pulse(): Promise<void> {
    // A lost lease is not renewed, even if its work has not ended yet.
    for (const lease of this.#held) if (lease.lost.aborted) this.#held.delete(lease);
    const held = [...this.#held];
    const ours = new Set(held.map(({ name }) => name));
    const wanted = [...this.#wanted.values()].flatMap(([first]) => (first && !ours.has(first.name) ? [first] : []));
    const asked = [...held, ...wanted];
    if (asked.length === 0) return;
    const sent = performance.now();
    try {
      const rows = await this.#send(asked, held.length);
      const had = new Set<string>();
      let soonest = Number.POSITIVE_INFINITY;
      for (const { holder, left_ms } of rows) {
        if (left_ms === null) had.add(holder);
        else soonest = Math.min(soonest, left_ms);
      }
      for (const lease of held) if (this.#held.has(lease)) this.#renewed(lease, had.has(lease.holder), sent);
      const late = wanted.filter((lease) => had.has(lease.holder) && !this.#taken(lease, sent));
      if (late.length > 0) await this.#remove(late);
      this.#schedule(Math.max(LEAST_POLL_MS, soonest));
      this.#schedule(this.#interval());
    } catch (error) {
      // Held leases are retried in the next round; their own timers give them up when their time is up.
      for (const lease of wanted) if (this.#unwant(lease)) lease.deny(error);
    }
  }

  /** Rows in order of name, as in every process: then no two deadlock. */
  #send(asked: readonly Lease[], held: number): Promise<Row[]> {
    const names = asked.map(({ name }) => name);
    const holders = asked.map(({ holder }) => holder);
    const times = asked.map(({ ttl_ms }) => Math.ceil(ttl_ms));
    return this.#sql<Row[]>`
      with asked as (
        select name, holder, ttl_ms, nth <= ${held}::int as held
        from rows from (
          unnest(${names}::text[]), unnest(${holders}::text[]), unnest(${times}::bigint[])
        ) with ordinality as asked (name, holder, ttl_ms, nth)
      ), had as (
        insert into levqor_ops.leases as lease (name, holder, expires_at)
        select name, holder, clock_timestamp() + ttl_ms * interval '1 ms'
        from asked
        where case when held
          then exists (
            select from levqor_ops.leases as known
            where known.name = asked.name and known.holder = asked.holder and known.expires_at > clock_timestamp())
          else not exists (
            select from levqor_ops.leases as known
            where known.name = asked.name and known.holder <> asked.holder and known.expires_at > clock_timestamp())
          end
        order by name
        on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
        where lease.holder = excluded.holder or lease.expires_at <= clock_timestamp()
        returning lease.holder
      )
      select holder, null::float8 as left_ms from had
      union all
      select known.holder, (extract(epoch from known.expires_at - clock_timestamp()) * 1000)::float8
      from asked join levqor_ops.leases as known on known.name = asked.name and known.holder <> asked.holder
      where not held and known.expires_at > clock_timestamp()`;
  }

  #renewed(lease: Lease, had: boolean, sent: number): void {
    if (had) {
      lease.confirm(sent);
    } else {
      this.#held.delete(lease);
      lease.lose("another holder may have it, or Postgres crashed");
    }
  }

  /** Returns whether the lease is of use: not if it is no longer wanted. */
  #taken(lease: Lease, sent: number): boolean {
    if (this.#unwant(lease)) {
      this.#held.add(lease);
      lease.grant();
    } else if (!this.#held.has(lease)) {
      return false;
    }
    lease.confirm(sent);
    return true;
  }
}
