/**
 * Leases: one holder for each name, across all processes that share the database.
 *
 * All times are the database's. The holder also measures with its own monotonic clock from **before** each
 * renewal was sent, so it gives the lease up before anyone else can take it, even when it was frozen or cut off.
 *
 * There can be two holders for a moment where the clocks part: the database's clock is set forward, or the holder's
 * machine sleeps, in which its monotonic clock stands still. The first of them then learns of it with its next
 * renewal: within a third of the time to live, awake. A database's clock that is set back keeps the lease of a dead
 * holder for as much longer; a living one renews and notices nothing. So what a lease guards must be fenced: besides,
 * no lease can stop a write that is already on its way.
 */
import { pause } from "../async/mod.ts";
import type { Sql } from "./connect.ts";

export interface LeaseOptions {
  readonly sql: Sql;
  /** What is held, for example `relay`. */
  readonly name: string;
  /** Who holds it: unique for each process that runs. */
  readonly holder: string;
  /** Gives the lease up, or stops waiting for it. */
  readonly signal: AbortSignal;
  /** After this time without a renewal others may take it; 4000 by default. */
  readonly ttl_ms?: number;
}

const TTL_MS = 4_000;
/** Between two attempts to take a lease that another holds. */
const POLL_MS = 250;
/** How long giving up a lease may take. */
const RELEASE_MS = 1_000;

/**
 * Waits for the lease, runs `work` while holding it, and gives it up when `work` has ended, so that a successor
 * takes over at once. `held` fires when the lease is lost or `signal` fires: `work` must then stop. Returns what
 * `work` returned, or `undefined` if `signal` fired before the lease was had. Faults of the database while waiting
 * are thrown; while the lease is held they are retried until it has run out.
 */
export async function holdLease<T>(
  options: LeaseOptions,
  work: (held: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { sql, name, signal, ttl_ms = TTL_MS } = options;
  // Of this term alone: what an earlier one of the same holder left under way must not renew or release it.
  const holder = `${options.holder}/${crypto.randomUUID()}`;
  let confirmed = await acquire({ ...options, holder }, ttl_ms);
  if (confirmed === undefined) return undefined;

  const lost = new AbortController();
  const done = new AbortController();
  const held = AbortSignal.any([signal, lost.signal]);
  const loses = (reason: string) => lost.abort(new Error(`Lost the lease ${name}: ${reason}`));

  // A timer of its own: a renewal may hang for as long as its connection does.
  let expiry: Timer | undefined;
  const watch = () => {
    clearTimeout(expiry);
    const left = (confirmed as number) + ttl_ms - performance.now();
    if (left <= 0) loses(`not renewed for ${ttl_ms} ms`);
    else expiry = setTimeout(watch, left);
  };
  watch();

  const renewal = (async () => {
    const over = AbortSignal.any([done.signal, lost.signal]);
    while (await pause(ttl_ms / 3, over)) {
      const sent = performance.now();
      try {
        const renewed = await sql`
          update levqor_ops.leases
          set expires_at = clock_timestamp() + ${ttl_ms} * interval '1 ms'
          where name = ${name} and holder = ${holder} and expires_at > clock_timestamp()`;
        if (renewed.count === 0) return loses("another holder may have it");
        confirmed = sent;
        watch();
      } catch {
        // Unreachable for now. The next round tries again; `watch` gives up when the time has run out.
      }
    }
  })();

  try {
    return signal.aborted ? undefined : await work(held);
  } finally {
    done.abort();
    // Not waited for long where the database does not answer: a lease that is not given up runs out.
    const patience = new AbortController();
    const released = renewal.then(() => release(sql, name, holder)).catch(() => {});
    await Promise.race([released, pause(RELEASE_MS, patience.signal)]);
    patience.abort();
    clearTimeout(expiry);
  }
}

/** Removes all leases: only where it is certain that every holder is dead, as under the lock of the data folder. */
export async function clearLeases(sql: Sql): Promise<void> {
  await sql`delete from levqor_ops.leases`;
}

/** Polls until the lease is ours. Returns the monotonic time before the statement that took it was sent. */
async function acquire(options: LeaseOptions, ttl_ms: number): Promise<number | undefined> {
  const { sql, name, holder, signal } = options;
  while (!signal.aborted) {
    const sent = performance.now();
    const taken = await sql`
      insert into levqor_ops.leases as lease (name, holder, expires_at)
      values (${name}, ${holder}, clock_timestamp() + ${ttl_ms} * interval '1 ms')
      on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
      where lease.expires_at <= clock_timestamp()`;
    if (taken.count === 1) return sent;
    await pause(POLL_MS, signal);
  }
  return undefined;
}

async function release(sql: Sql, name: string, holder: string): Promise<void> {
  await sql`delete from levqor_ops.leases where name = ${name} and holder = ${holder}`;
}
