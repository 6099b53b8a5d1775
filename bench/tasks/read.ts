/** The minimum work of any rebuild: read the log's text columns, in order, and parse them. */
import { connect } from "../../src/db/mod.ts";
import { argument, report } from "../support/child.ts";
import { cpuShares } from "../support/cpu.ts";
import type { RebuildArgument, RebuildResult } from "./rebuild.ts";

export type ReadResult = Omit<RebuildResult, "memory">;

/** Measured: larger parts are no faster. */
const PART = 5_000;

const { url, events, postgres_pid } = argument<RebuildArgument>();
const sql = connect(url, { max: 1 });
await sql`select 1`;

function read(after: number) {
  return sql<{ data: string; meta: string }[]>`
    select position, stream_id, version, type, schema_version, data, meta, recorded_at
    from levqor_log.events where position > ${after} and position <= ${after + PART} order by position`.execute();
}

async function readAll(): Promise<void> {
  let parsed = 0;
  // The next part is read while this one is parsed.
  for (let part = read(0), after = 0; parsed < events; ) {
    const rows = await part;
    if (rows.length === 0) throw new Error(`Cannot read ${events} events: the log ends at ${parsed}`);
    after += PART;
    part = read(after);
    for (const row of rows) {
      JSON.parse(row.data);
      JSON.parse(row.meta);
    }
    parsed += rows.length;
  }
}

const start = performance.now();
const { shares } = await cpuShares({ process: process.pid, postgres: postgres_pid }, readAll);
report({ seconds: (performance.now() - start) / 1000, shares } satisfies ReadResult);
process.exit(0);
