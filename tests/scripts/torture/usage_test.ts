import { expect, test } from "bun:test";
import { runScript } from "../support.ts";

const torture = (...args: string[]) => runScript("torture.ts", args);

test("--help explains its use", async () => {
  expect(await torture("--help")).toMatchObject({ code: 0, error: "", out: expect.stringContaining("--seed S") });
});

test("wrong use is rejected with code 2 and the value", async () => {
  const cases = [
    [["--minutes", "0"], '--minutes must be a number above 0, up to 600, not "0"'],
    [["--minutes", "-1"], '--minutes must be a number above 0, up to 600, not "-1"'],
    [["--minutes", "601"], '--minutes must be a number above 0, up to 600, not "601"'],
    [["--seed", "4294967296"], 'up to 4294967295, not "4294967296"'],
    [["--seed", "x"], 'up to 4294967295, not "x"'],
    [["--hours", "1"], "--hours"],
  ] as const;
  for (const [args, message] of cases) {
    expect(await torture(...args)).toMatchObject({ code: 2, out: "", error: expect.stringContaining(message) });
  }
});
