/** Also run under `bun run clocks`: `tests/scripts/clocks_test.ts`. */
import { expect, test } from "bun:test";
import { connect } from "../../src/db/mod.ts";
import { testDatabase } from "./postgres.ts";
import { startServiceProcess } from "./service.ts";

test("tests, the service that they start, and Postgres read the same clock", async () => {
  const database = await testDatabase();
  const sql = connect(database.url, { max: 1 });
  const service = await startServiceProcess({
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
  });
  try {
    const answer = await fetch(`${service.url}/health`);
    const logged = /"time":(?:"([^"]+)"|(\d+))/.exec(service.logged());
    const [{ now } = {}] = await sql`select extract(epoch from now())::float8 as now`;
    const read = {
      Postgres: (now as number) * 1000,
      log: logged?.[1] ? Date.parse(logged[1]) : Number(logged?.[2]),
      header: Date.parse(answer.headers.get("date") ?? ""),
    };
    // A clock that was set is days off.
    for (const [whose, time] of Object.entries(read))
      expect([whose, Math.abs(time - Date.now()) < 3_600_000]).toEqual([whose, true]);
  } finally {
    await service.stop();
    await sql.end();
    await database.drop();
  }
});
