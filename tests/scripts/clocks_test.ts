import { expect, test } from "bun:test";
import { findFaketime } from "../../scripts/torture/clock.ts";
import { runScript } from "./support.ts";

const clocks = (...args: string[]) => runScript("clocks.ts", args);

test("--help explains its use, and lists the moments", async () => {
  expect(await clocks("--help")).toMatchObject({
    code: 0,
    error: "",
    out: expect.stringMatching(/--moment NAME .*leap_day/),
  });
});

test("wrong use is rejected with code 2 and the value", async () => {
  const cases = [
    [["--moment", "noon"], 'not "noon"'],
    [["--moment", "toString"], 'not "toString"'],
    [["--moment", "leap_day", "--spread"], "Use either --moment or --spread"],
    [["--minutes", "1"], "--minutes"],
    [["tests/none_test.ts"], 'There is no file "tests/none_test.ts"'],
  ] as const;
  for (const [args, message] of cases) {
    expect(await clocks(...args)).toMatchObject({ code: 2, out: "", error: expect.stringContaining(message) });
  }
});

test.skipIf(!findFaketime())(
  "tests, the service that they start, and Postgres read the clock that was set",
  async () => {
    const { out, code } = await clocks("--moment", "leap_day", "tests/support/clock_test.ts");
    expect({ out, code }).toEqual({ out: expect.stringContaining("▶ leap_day: tests/support/clock_test.ts"), code: 0 });
  },
  60_000,
);
