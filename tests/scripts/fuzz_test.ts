import { expect, test } from "bun:test";
import { runScript } from "./support.ts";

const fuzz = (...args: string[]) => runScript("fuzz.ts", args);

test("--help explains its use, and lists the targets", async () => {
  expect(await fuzz("--help")).toMatchObject({
    code: 0,
    error: "",
    out: expect.stringMatching(/--target NAME .*json/),
  });
});

test("wrong use is rejected with code 2 and the value", async () => {
  const cases = [
    [["--seconds", "0"], '--seconds must be a number above 0, up to 86400, not "0"'],
    [["--seconds", "-1"], '--seconds must be a number above 0, up to 86400, not "-1"'],
    [["--seed", "-1"], '--seed must be a whole number up to 2147483647, not "-1"'],
    [["--seed", "2147483648"], 'up to 2147483647, not "2147483648"'],
    [["--target", "yaml"], 'not "yaml"'],
    [["--minutes", "1"], "--minutes"],
  ] as const;
  for (const [args, message] of cases) {
    expect(await fuzz(...args)).toMatchObject({ code: 2, out: "", error: expect.stringContaining(message) });
  }
});

test("it runs a target for the given time, and reports the number of inputs and the seed", async () => {
  const { out, code } = await fuzz("--seconds", "1", "--target", "json", "--seed", "42");
  expect({ out, code }).toEqual({ out: expect.stringMatching(/^json: \d+ inputs in \d+\.\d s, seed 42\n$/), code: 0 });
});
