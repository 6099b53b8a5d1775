import { expect, test } from "bun:test";

const SCRIPT = Bun.fileURLToPath(import.meta.resolve("../../bench/mod.ts"));

async function bench(...args: string[]) {
  const child = Bun.spawn([process.execPath, SCRIPT, ...args], { stdout: "pipe", stderr: "pipe" });
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, error, code };
}

test("--help lists the benchmarks, and an unknown one is refused", async () => {
  expect(await bench("--help")).toEqual({ out: expect.stringContaining("teller, at_rest"), error: "", code: 0 });
  const unknown = await bench("--quick", "nothing");
  expect([unknown.out, unknown.error, unknown.code]).toEqual([
    "",
    expect.stringMatching(/^Cannot run nothing: there is no such benchmark\n\nUsage: /),
    2,
  ]);
});
