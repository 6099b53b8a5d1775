import type { Sql } from "./connect.ts";

/** The database's clock, which all processes share: milliseconds since 1970. */
export async function databaseNow(sql: Sql): Promise<number> {
  const [row] = await sql<[{ now: number }]>`
    select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now`;
  return row.now;
}
