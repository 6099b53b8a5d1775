/**
 * Records when each issued key was last used, in the database: at most once a minute per key, with one statement for
 * all keys.
 */
import type { Logger } from "pino";
import { toTime } from "../../events/time.ts";
import { every, type Repeating } from "../async/mod.ts";
import type { Sql } from "../db/mod.ts";

/** A key's use is written at most this often. */
const RESOLUTION_MS = 60_000;
/** How soon a use is written if there was none for a while. */
const WRITE_MS = 5_000;

export interface KeyUsesOptions {
  readonly sql: Sql;
  readonly logger: Pick<Logger, "warn">;
}

export class KeyUses {
  readonly #options: KeyUsesOptions;
  /** By key, in milliseconds since 1970: the last use, if it is not written yet. */
  readonly #used = new Map<string, number>();
  readonly #written = new Map<string, number>();
  readonly #writing: Repeating;

  constructor(options: KeyUsesOptions) {
    this.#options = options;
    const on_fault = (error: unknown) =>
      options.logger.warn({ err: error }, "Cannot record when keys were used; retrying");
    this.#writing = every(WRITE_MS, () => this.#write(RESOLUTION_MS), { later: true, on_fault });
  }

  note(keyId: string, now: number): void {
    this.#used.set(keyId, now);
  }

  /** Writes what is not written yet. */
  async stop(): Promise<void> {
    await this.#writing.stop();
    await this.#write(0).catch((error) =>
      this.#options.logger.warn({ err: error }, "Cannot record when keys were used last"),
    );
  }

  /** What could not be written is written the next time. */
  async #write(every_ms: number): Promise<void> {
    const due = [...this.#used].filter(([key_id, used]) => used - (this.#written.get(key_id) ?? 0) >= every_ms);
    if (due.length === 0) return;
    const rows = due.map(([key_id, used]) => ({ key_id, last_used_at: toTime(used) }));
    await this.#options.sql`
      insert into levqor_ops.key_uses (key_id, last_used_at)
      select key_id, last_used_at
      from json_to_recordset(${JSON.stringify(rows)}::json) as used (key_id uuid, last_used_at timestamptz)
      order by key_id
      on conflict (key_id) do update set last_used_at = excluded.last_used_at
      where key_uses.last_used_at < excluded.last_used_at`;
    for (const [key_id, used] of due) {
      this.#written.set(key_id, used);
      // Used again while it was written.
      if (this.#used.get(key_id) === used) this.#used.delete(key_id);
    }
  }
}
