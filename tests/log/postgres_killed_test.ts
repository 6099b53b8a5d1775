/** `kill -9` of Postgres under load: nothing acknowledged is lost, nothing is recorded twice, nobody waits for ever. */
import { expect, test } from "bun:test";
import { type Append, AppendInDoubtError, type AppendResult, LogUnavailableError, openLog } from "../../src/log/mod.ts";
import { appendOf, faultsOf } from "../support/events.ts";
import { startTestPostgres, testFolder } from "../support/postgres.ts";

const KILLS = 3;

test("appends survive Postgres being killed under load", async () => {
  const postgres = await startTestPostgres(testFolder());
  const log = openLog({ url: postgres.url, append_timeout_ms: 20_000 });
  const answers: { append: Append; result: AppendResult | "in_doubt" | "unavailable" }[] = [];
  let running = true;
  const callers = Array.from({ length: 64 }, async (_, caller) => {
    for (let version = 0; running; version++) {
      const append = appendOf(`test-${caller}`, version);
      try {
        answers.push({ append, result: await log.append(append) });
      } catch (error) {
        if (error instanceof AppendInDoubtError) answers.push({ append, result: "in_doubt" });
        else if (error instanceof LogUnavailableError) answers.push({ append, result: "unavailable" });
        else throw error;
      }
    }
  });

  for (let kill = 0; kill < KILLS; kill++) {
    const { length } = answers;
    while (answers.length < length + 500) await Bun.sleep(10);
    const { pid } = postgres;
    process.kill(pid, "SIGKILL");
    while (postgres.pid === pid) await Bun.sleep(10);
  }
  const { length } = answers;
  while (answers.length < length + 500) await Bun.sleep(10);
  running = false;
  await Promise.all(callers);

  expect(answers.filter(({ result }) => typeof result !== "object" || !result.ok)).toEqual([]);
  expect(await faultsOf(log, answers)).toEqual([]);
  await log.close();
  await postgres.stop();
}, 60_000);
