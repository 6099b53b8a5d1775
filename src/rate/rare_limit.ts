/**
 * How often something may happen within a long period, such as a mail to one address. It is counted in the database, with one
 * query each time, so that it holds for all processes together; other limits are for what happens too often for that.
 */
import type { Sql } from "../db/mod.ts";

export interface RareLimitOptions {
  readonly sql: Sql;
  /** A name of its own. */
  readonly policy: string;
  /** How often, under each scope. */
  readonly quota: number;
  readonly period_s: number;
}

export class RareLimit {
  readonly #options: RareLimitOptions;

  constructor(options: RareLimitOptions) {
    this.#options = options;
  }

  /**
   * Counts one under all scopes, or under none if one of them has no room. The scopes are stored, so they must name nobody.
   * Resolves to 0, or to the seconds until there is room.
   */
  async admit(scopes: readonly string[]): Promise<number> {
    const { sql, policy, quota, period_s } = this.#options;
    const [row] = await sql<[{ wait: number }]>`
      select levqor_ops.admit_rare(${policy}, ${scopes as string[]}, ${quota}, make_interval(secs => ${period_s})) as wait`;
    return row.wait;
  }
}
