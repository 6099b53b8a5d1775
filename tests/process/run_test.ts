/** A process that is told to stop while it starts. */
import { expect, test } from "bun:test";
import { join } from "node:path";

const RUN = join(import.meta.dir, "../../src/process/run.ts");

test("a service that is told to stop while it starts, and starts all the same, is not said to be ready", async () => {
  const program = `
    import { run } from ${JSON.stringify(RUN)};
    await run({
      plain_faults: [],
      async start(_, { signal }) {
        await Bun.sleep(0);
        const told = new Promise((resolve) => signal.addEventListener("abort", resolve));
        process.kill(process.pid, "SIGTERM");
        await told;
        return { url: undefined, stop: async () => {} };
      },
    });`;
  const service = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
  const lines = (await new Response(service.stdout).text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["Stopping", "Stopped"]);
  expect(await service.exited).toBe(0);
});
