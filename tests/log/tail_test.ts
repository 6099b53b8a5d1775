/** Readers that tail the log while several processes write it: none may ever skip or reorder an event. */
import { expect, test } from "bun:test";
import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { testDatabase } from "../support/postgres.ts";

const WRITERS = 3;
const READERS = 2;
const WRITE_MS = 2_500;

test("no reader skips or reorders an event while several processes append", async () => {
  const database = await testDatabase();
  const script = new URL("../support/log_writer.ts", import.meta.url).pathname;
  const writers = Array.from({ length: WRITERS }, () =>
    Bun.spawn([process.execPath, script, database.url, String(WRITE_MS)], { stdout: "pipe", stderr: "inherit" }),
  );
  let writing = true;
  const log = openLog({ url: database.url, read_connections: READERS });
  const polls: { position: number; count: number }[] = [];

  const tail = async () => {
    let after = 0;
    let count = 0;
    while (true) {
      const done = !writing;
      const events = await log.readRange(after, 3_000);
      for (const event of events) {
        if (event.position <= after) throw new Error(`position ${event.position} came after ${after}`);
        after = event.position;
        count++;
      }
      polls.push({ position: after, count });
      if (done && events.length === 0) return { position: after, count };
      if (events.length === 0) await Bun.sleep(1);
    }
  };
  const tails = Array.from({ length: READERS }, tail);
  const acknowledged = await Promise.all(
    writers.map(async (writer) => Number(await new Response(writer.stdout).text())),
  );
  writing = false;
  const ends = await Promise.all(tails);

  // Recount: at every poll a reader had seen as many events as there are up to its position.
  const sql = connect(database.url, { max: 1 });
  const [truth] = await sql<[{ count: number; last: number }]>`
    select count(*) as count, max(position) as last from levqor_log.events`;
  const total = acknowledged.reduce((sum, count) => sum + count, 0);
  expect(total).toBeGreaterThan(1_000);
  expect(truth).toEqual({ count: total, last: total });
  for (const end of ends) expect(end).toEqual({ position: total, count: total });
  expect(polls.length).toBeGreaterThan(10);
  const recounts = await sql<{ position: number; count: number }[]>`
    select p.position, (select count(*) from levqor_log.events e where e.position <= p.position) as count
    from (select distinct unnest(${polls.slice(0, 200).map((poll) => poll.position)}::bigint[]) as position) p`;
  const recounted = new Map(recounts.map(({ position, count }) => [position, count]));
  for (const poll of polls.slice(0, 200)) expect(recounted.get(poll.position)).toBe(poll.count);
  for (const poll of polls) expect(poll.count).toBe(poll.position);

  await sql.end();
  await log.close();
  await database.drop();
}, 30_000);
