import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFaketime, startClock } from "../../../scripts/torture/clock.ts";
import { Supervised } from "../../../scripts/torture/supervised.ts";
import { eventually } from "../../support/service.ts";

let folder: string;
let lines: string[];
let running: Supervised[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "levqor-supervised-"));
  for (const name of ["logs", "pids"]) mkdirSync(join(folder, name));
  lines = [];
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop("SIGKILL", 0)));
  rmSync(folder, { recursive: true, force: true });
});

/** A process that runs `script`. */
function supervise(script: string, wrap = (command: string[]) => command): Supervised {
  const supervised = new Supervised({
    name: "one",
    folder,
    ready: /^up$/,
    on_line: (line) => lines.push(line),
    command: () => ({ cmd: wrap([process.execPath, "-e", script]), env: { PATH: process.env.PATH ?? "" } }),
  });
  running.push(supervised);
  supervised.start();
  return supervised;
}

const LIVES = `console.log("up"); setInterval(() => console.log("beat"), 20)`;

test("a killed process is restarted, and its exit is known to be ours", async () => {
  const one = supervise(LIVES);
  await one.up(10_000);
  const { pid } = one;
  one.signal("SIGKILL");
  await eventually(() => one.isReady && one.pid !== pid);
  expect(one.exits).toMatchObject([{ name: "one", how: "SIGKILL", sent: "SIGKILL", was_ready: true }]);
  expect(readFileSync(join(folder, "pids", "one"), "utf8")).toBe(`${one.pid}\n`);
});

test("a process that exits by itself is distinguished from one that we ended", async () => {
  const one = supervise(`console.log("up"); setTimeout(() => process.exit(3), 50)`);
  await eventually(() => one.exits.length > 0);
  expect(one.exits[0]).toMatchObject({ how: "exit code 3", code: 3, sent: undefined, was_ready: true });
});

test("a process that does not start says so in time, and is known never to have been up", async () => {
  const one = supervise("process.exit(1)");
  await expect(one.up(500)).rejects.toThrow("one did not start within 1 s");
  expect(one.exits[0]).toMatchObject({ code: 1, was_ready: false });
});

test("a frozen process says nothing until it is thawed", async () => {
  const one = supervise(LIVES);
  await one.up(10_000);
  const { promise: over, resolve: letGo } = Promise.withResolvers<void>();
  const frozen = one.freeze(over);
  await Bun.sleep(300); // what it said before is on its way
  const said = lines.length;
  await Bun.sleep(300);
  expect(lines.length).toBe(said);
  letGo();
  await frozen;
  await eventually(() => lines.length > said);
});

test("a stopped process stays down, and its log stays", async () => {
  const one = supervise(`process.on("SIGTERM", () => process.exit(0)); ${LIVES}`);
  await one.up(10_000);
  expect(await one.stop("SIGTERM", 10_000)).toBe(0);
  await Bun.sleep(600);
  expect(one.pid).toBeUndefined();
  expect(readFileSync(join(folder, "logs", "one.log"), "utf8")).toStartWith("up\n");
});

const library = findFaketime();

test.skipIf(library === undefined)(
  "a clock that is set moves a program's wall clock and not its monotonic one",
  async () => {
    const clock = startClock(library as string, join(folder, "clock"));
    const say = `console.log("up"); setInterval(() => console.log(Date.now() + " " + performance.now()), 20)`;
    const one = supervise(say, clock.wrap);
    const latest = () => lines.at(-1)?.split(" ").map(Number) as [number, number];
    await eventually(() => lines.length > 5);
    const [wall, monotonic] = latest();
    clock.set(-100);
    await eventually(() => latest()[0] < wall);
    expect(wall - latest()[0]).toBeWithin(80_000, 100_001);
    expect(latest()[1] - monotonic).toBeWithin(0, 20_000);
    clock.set(0);
    await eventually(() => latest()[0] > wall);
    const { pid = 0 } = one;
    await one.stop("SIGKILL", 0);
    clock.forget(pid);
  },
);
