/** How a process's parts are stopped. */
import { expect, test } from "bun:test";
import { Stops } from "../../src/process/stops.ts";

const quiet = { warn: () => {} };

test("parts stop newest first, one after another, each once, and get the reason", async () => {
  const stops = new Stops(quiet);
  const stopped: string[] = [];
  const part = (name: string) =>
    stops.add(name, async (reason) => {
      stopped.push(`${name} begins: ${reason}`);
      await Bun.sleep(1);
      stopped.push(`${name} ends`);
    });
  part("log");
  part("bus");
  await stops.stop("SIGTERM");
  await stops.stop("SIGTERM");
  expect(stopped).toEqual(["bus begins: SIGTERM", "bus ends", "log begins: SIGTERM", "log ends"]);
});

test("a part that is slow to stop is named in the log, and waited for", async () => {
  const warned: unknown[] = [];
  const stops = new Stops({ warn: (...said: unknown[]) => void warned.push(said) }, { slow_ms: 5 });
  const told = Promise.withResolvers<void>();
  stops.add("quick", () => {});
  stops.add("slow", async () => {
    while (warned.length === 0) await Bun.sleep(1);
    told.resolve();
  });
  await stops.stop("SIGTERM");
  await told.promise;
  expect(warned).toEqual([[{ part: "slow" }, "Still waiting for a part to stop"]]);
});

test("what a part throws while it stops is rethrown", async () => {
  const stops = new Stops(quiet);
  stops.add("broken", () => Promise.reject(new Error("It is gone")));
  await expect(stops.stop("SIGTERM")).rejects.toThrow("It is gone");
});
