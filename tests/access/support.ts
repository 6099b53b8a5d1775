import { type Access, startAccess } from "../../src/access/mod.ts";
import { type Bus, inProcessBus } from "../../src/bus/mod.ts";
import type { Sql } from "../../src/db/mod.ts";
import type { EventLog } from "../../src/log/mod.ts";
import { silent } from "../jobs/support.ts";
import { openStore } from "../support/store.ts";

/** A log, and as many processes' access to it as a test needs. */
export interface AccessBench {
  /** Of its database. */
  url(): string;
  readonly log: EventLog;
  readonly sql: Sql;
  readonly bus: Bus;
  start(options?: Partial<Parameters<typeof startAccess>[0]>): Access;
  stop(): Promise<void>;
}

export async function accessBench(): Promise<AccessBench> {
  const store = await openStore();
  const { sql, log } = store;
  const bus = inProcessBus({ log });
  const started: Access[] = [];
  return {
    url: store.url,
    log,
    sql,
    bus,
    start(options) {
      const access = startAccess({ log, sql, bus, keys: [], production: true, logger: silent, ...options });
      started.push(access);
      return access;
    },
    async stop() {
      await Promise.all(started.map((access) => access.stop()));
      await bus.close();
      await store.close();
    },
  };
}
