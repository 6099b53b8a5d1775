/**
 * How often something may happen within a long period, such as a mail to one address. It is counted in the database, with one
 * query each time, so that it holds for all processes together; other limits are for what happens too often for that.
 */
import type { Sql } from "../db/mod.ts";

/** A limit on what happens under one scope. */
export interface RareLimit {
  /** A name of its own, with one period. */
  readonly policy: string;
  /** Whom or what it counts. It is stored, so it must name nobody. */
  readonly scope: string;
  /** How often, at least 1. */
  readonly quota: number;
  readonly period_s: number;
}

/** Counts one under all limits, or under none if one of them has no room. Resolves to 0, or to the seconds until there is. */
export async function admitRarely(sql: Sql, limits: readonly RareLimit[]): Promise<number> {
  const [row] = await sql<[{ wait: number }]>`
    select levqor_ops.admit_rare(
      ${limits.map(({ policy }) => policy)},
      ${limits.map(({ scope }) => scope)},
      ${limits.map(({ quota }) => String(quota))}::text[]::integer[],
      ${limits.map(({ period_s }) => `${period_s} seconds`)}::text[]::interval[]
    ) as wait`;
  return row.wait;
}
