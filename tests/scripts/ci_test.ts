// Slow: each case runs the whole script, and what it stops gets seconds to end.
/** `.ci/run`: whatever happens to it, its last line says how many passed and how many failed. */
import { expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/service.ts";

const SCRIPT = join(import.meta.dir, "../../.ci/run");

/** A project with nothing but `.ci/run` and what it calls; removed at the end of its scope. */
function newProject() {
  const house = mkdtempSync(join(tmpdir(), "levqor-ci-"));
  // A name that every unquoted use falls apart on.
  const project = join(house, "it's an $odd `name`");
  mkdirSync(join(project, ".ci"), { recursive: true });
  cpSync(SCRIPT, join(project, ".ci/run"));

  function program(path: string, body: string) {
    const file = join(project, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  }
  program("scripts/setup.sh", "exit 0");

  return {
    house,
    program,

    /** Stands where npm is looked for: what it does at `npm run check`, `npm test`, and each of the long runs. */
    npm({
      check = "exit 0",
      tests = "",
      clocks = "exit 0",
      fuzz = "exit 0",
      requests = "exit 0",
      torture = "exit 0",
    }: Stages) {
      program(
        "bin/npm",
        `case "$*" in\n"run --silent check") ${check} ;;\ntest) ${tests} ;;\n"test -- "*) ${requests} ;;\n*clocks*) ${clocks} ;;\n*fuzz*) ${fuzz} ;;\n*torture*) ${torture} ;;\nesac`,
      );
    },

    start(before = "") {
      const run = Bun.spawn(["/bin/bash", "-c", `${before} exec "$0/.ci/run"`, project], {
        env: { ...process.env, PATH: `${join(project, "bin")}:${process.env.PATH}` },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      const said = new Response(run.stdout).text();
      return {
        run,
        async end() {
          const text = await said;
          return { code: await run.exited, last: text.trimEnd().split("\n").at(-1), text };
        },
      };
    },

    [Symbol.dispose]: () => rmSync(house, { recursive: true, force: true }),
  };
}

interface Stages {
  readonly check?: string;
  readonly tests?: string;
  readonly clocks?: string;
  readonly fuzz?: string;
  readonly requests?: string;
  readonly torture?: string;
}

const summary = (pass: number, fail: number) => `printf ' ${pass} pass\\n ${fail} fail\\n' >&2`;

test.concurrent("counts the tests, and each of the long runs as one", async () => {
  using project = newProject();
  project.npm({ tests: summary(12, 0) });
  const { code, last, text } = await project.start().end();
  expect({ code, last }).toEqual({ code: 0, last: "16 passed, 0 failed" });
  for (const stage of ["set-up", "gate", "tests", "long-runs"])
    expect(text).toMatch(new RegExp(`^${RegExp.escape(stage)} +\\d+ s$`, "m"));
});

test.concurrent("skipped parts are reported before the last line", async () => {
  using project = newProject();
  project.npm({ tests: `printf ' 3 pass\\n 2 skip\\n 0 fail\\n'` });
  const { code, last, text } = await project.start().end();
  expect({ code, last }).toEqual({ code: 0, last: "7 passed, 0 failed" });
  expect(text).toContain("\n2 skipped\n");
});

const failures: ReadonlyArray<[what: string, npm: Stages, last: string]> = [
  ["a gate that fails", { check: "exit 1", tests: summary(5, 0) }, "9 passed, 1 failed"],
  ["tests that fail", { tests: `${summary(5, 2)}; exit 1` }, "9 passed, 2 failed"],
  ["tests that end without a summary", { tests: "echo '(pass) one'; kill -9 $$" }, "5 passed, 1 failed"],
  ["no tests at all", { tests: "exit 0" }, "4 passed, 1 failed"],
  ["a clock that tests mind", { tests: summary(5, 0), clocks: "exit 1" }, "8 passed, 1 failed"],
  ["fuzzing that finds something", { tests: summary(5, 0), fuzz: "exit 1" }, "8 passed, 1 failed"],
  ["requests that find something", { tests: summary(5, 0), requests: "exit 1" }, "8 passed, 1 failed"],
  ["a torture that fails", { tests: summary(5, 0), torture: "exit 3" }, "8 passed, 1 failed"],
];
test.concurrent.each(failures)("%s: it continues, says so and fails", async (_, stages, expected) => {
  using project = newProject();
  project.npm(stages);
  const { code, last } = await project.start().end();
  expect({ code, last }).toEqual({ code: 1, last: expected });
});

test.concurrent("a failing set-up is one failure", async () => {
  using project = newProject();
  project.npm({ tests: summary(5, 0) });
  project.program("scripts/setup.sh", "exit 1");
  expect(await project.start().end()).toMatchObject({ code: 1, last: "9 passed, 1 failed" });
});

test.concurrent.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "stopped by %s, it ends what it runs and says so",
  async (signal) => {
    using project = newProject();
    const started = join(project.house, "started");
    project.npm({ tests: `echo '(pass) one'; echo '(pass) two'; echo $$ >'${started}'; sleep 61` });
    const { run, end } = project.start();
    const ended = end();
    await eventually(() => existsSync(started) && readFileSync(started, "utf8"));
    const pid = Number(readFileSync(started, "utf8"));
    // What it said has passed the pipe.
    await Bun.sleep(500);
    run.kill(signal);
    const { code, last } = await ended;
    expect({ code, last }).toEqual({ code: 1, last: "2 passed, 1 failed" });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  },
);

test.concurrent("a process that outlives the tests and holds their output does not hold it up", async () => {
  using project = newProject();
  project.npm({ tests: `sleep 20 & ${summary(5, 0)}` });
  const began = performance.now();
  expect(await project.start().end()).toMatchObject({ code: 0, last: "9 passed, 0 failed" });
  expect(performance.now() - began).toBeLessThan(15_000);
});

test.concurrent("it needs no standard input, and says so if there is no room for its files", async () => {
  using project = newProject();
  project.npm({ tests: summary(5, 0) });
  expect(await project.start("exec 0<&-;").end()).toMatchObject({ code: 0, last: "9 passed, 0 failed" });
  expect(await project.start("export TMPDIR=/nowhere;").end()).toMatchObject({ code: 1, last: "0 passed, 1 failed" });
});
