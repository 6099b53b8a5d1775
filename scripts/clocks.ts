/**
 * Runs tests with a shifted clock, so that a minute, a day or a year ends while they run, or the zone's clock changes:
 *
 *     bun run clocks [--moment NAME | --spread] [FILES]
 *
 * Tests, service and Postgres read the same clock (libfaketime; only on Linux); timers are not affected. Exit codes: 0
 * all passed, or there is no libfaketime; 1 a test failed; 2 wrong use.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readArguments, runScript, UsageError } from "./arguments.ts";
import { findFaketime } from "./torture/clock.ts";

const ROOT = join(import.meta.dir, "..");

/**
 * Those of the test files that use `Date.now`, `new Date(`, `now()` or a `date`, themselves or in the code they test,
 * whose outcome it may change: they depend on the current minute, day or year, or compare two clocks (service and
 * Postgres, or two processes). Not those that set each time themselves, measure durations, or only need a distant end,
 * nor slow ones whose guarantees others of these check (`jobs/attempts`, `rate/limiter`, `schedules/scheduler`): with
 * `--spread` all of them should take less than a minute.
 */
const FILES = [
  "tests/access/tokens_test.ts",
  "tests/features/jobs/job_control_test.ts",
  "tests/features/jobs/jobs_test.ts",
  "tests/features/keys/keys_test.ts",
  "tests/features/service/marketing_test.ts",
  "tests/features/service/ops_test.ts",
  "tests/http/door/rate_limit_test.ts",
  "tests/features/schedules/schedules_test.ts",
  "tests/features/status/status_page_test.ts",
  "tests/features/status/uptime_test.ts",
  "tests/features/summary/mail_test.ts",
  "tests/features/summary/summary_test.ts",
  "tests/features/workers/workers_test.ts",
  "tests/key_replicas_test.ts",
  "tests/rate_limits_test.ts",
  "tests/support/clock_test.ts",
  "tests/web/content_test.ts",
  "tests/web/site_test.ts",
];

/** When tests begin, and in which zone: something ends some seconds later, while a test is running. */
const MOMENTS: Readonly<Record<string, readonly [at: string, zone: string]>> = {
  minute_end: ["2027-06-15T12:29:52Z", "UTC"],
  year_end: ["2026-12-31T23:59:52Z", "UTC"],
  leap_day: ["2028-02-28T23:59:52Z", "America/St_Johns"],
  clock_forward: ["2027-03-28T00:59:52Z", "Europe/Berlin"],
  clock_back: ["2026-11-01T05:59:52Z", "America/New_York"],
  day_ahead: ["2027-05-31T09:59:52Z", "Pacific/Kiritimati"],
};

const HELP = `Usage: bun run clocks [--moment NAME | --spread] [FILES]

  --moment NAME   only this moment: ${Object.keys(MOMENTS).join(", ")}
  --spread        each file at one moment, in rotation; the assignment changes daily
  FILES           these test files; by default those that depend on the present
`;

/**
 * Files per run of `bun test`: all begin at once, so that what ends does so during each, and share a Postgres with
 * their clock.
 */
const TOGETHER = 3;

/** How many such runs at once. */
const RUNS = 2;

interface Request {
  readonly files: readonly string[];
  /** The moment for the file at this index. */
  moments(index: number): readonly string[];
}

function parseRequest(args: readonly string[]): Request | "help" {
  const options = {
    moment: { type: "string" },
    spread: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values, positionals: files } = readArguments(args, { options, allowPositionals: true });
  if (values.help) return "help";
  const { moment, spread } = values;
  const names = Object.keys(MOMENTS);
  if (moment !== undefined && spread) throw new UsageError("Use either --moment or --spread");
  if (moment !== undefined && !names.includes(moment)) {
    throw new UsageError(`--moment must be one of ${names.join(", ")}, not "${moment}"`);
  }
  const missing = files.find((file) => !existsSync(join(ROOT, file)));
  if (missing !== undefined) throw new UsageError(`There is no file "${missing}"`);
  const today = Math.floor(Date.now() / 86_400_000);
  return {
    files: files.length > 0 ? files : FILES,
    moments: (index) => {
      if (moment !== undefined) return [moment];
      return spread ? [names[(index + today) % names.length] as string] : names;
    },
  };
}

/** Resolves to the exit code. */
async function run({ files, moments }: Request): Promise<number> {
  const found = findFaketime();
  if (!found) {
    console.log("Skipped: libfaketime is not installed (sh scripts/libfaketime.sh installs it)");
    return 0;
  }
  const failed: string[] = [];
  const waiting = batches({ files, moments });
  try {
    await Promise.all(
      Array.from({ length: RUNS }, async () => {
        for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
          const { passed, said } = await runBatch(batch, found);
          const title = `${batch.moment}: ${batch.files.join(" ")}`;
          console.log(`\n▶ ${title}\n${said}`);
          if (!passed) failed.push(title);
        }
      }),
    );
  } finally {
    forget();
  }
  for (const one of failed) console.log(`✗ ${one}`);
  return failed.length > 0 ? 1 : 0;
}

/** Files that run at a moment, at once. */
interface Batch {
  readonly moment: string;
  readonly files: readonly string[];
}

function batches({ files, moments }: Request): Batch[] {
  return Object.keys(MOMENTS).flatMap((moment) => {
    const own = files.filter((_, index) => moments(index).includes(moment));
    return Array.from({ length: Math.ceil(own.length / TOGETHER) }, (_, i) => ({
      moment,
      files: own.slice(i * TOGETHER, (i + 1) * TOGETHER),
    }));
  });
}

/** Runs the files with the clock of their moment; returns the output once all is over, so that no two runs mix. */
async function runBatch({ moment, files }: Batch, faketime: string): Promise<{ passed: boolean; said: string }> {
  const [at, zone] = MOMENTS[moment] as readonly [string, string];
  const folder = mkdtempSync(join(tmpdir(), "levqor-clocks-"));
  try {
    // Here the user that Postgres runs as can read it.
    const library = join(folder, basename(faketime));
    copyFileSync(faketime, library);
    const offset = Math.round((Date.parse(at) - Date.now()) / 1000);
    const settings = {
      LD_PRELOAD: library,
      FAKETIME: `${offset < 0 ? "-" : "+"}${Math.abs(offset)}`,
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
    const setpriv = Bun.which("setpriv");
    if (setpriv) writeShim(join(folder, "setpriv"), { setpriv, settings });
    const output = join(folder, "output");
    const writer = openSync(output, "a");
    const run = Bun.spawn([process.execPath, "test", `--parallel=${files.length}`, "--parallel-delay=0", ...files], {
      cwd: ROOT,
      env: { ...process.env, ...settings, PATH: `${folder}:${process.env.PATH}`, TZ: zone },
      stdio: ["ignore", writer, writer],
    });
    closeSync(writer);
    const code = await run.exited;
    return { passed: code === 0, said: readFileSync(output, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The embedded Postgres is started by `setpriv`, with a separate environment. The replacement here sets the clock after
 * the user has changed: what libfaketime shares among processes belongs to one user.
 */
function writeShim(path: string, { setpriv, settings }: { setpriv: string; settings: Record<string, string> }): void {
  const set = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(
    path,
    `#!/bin/sh
flags=
while :; do
  case $1 in
    --pdeathsig) flags="$flags $1 $2"; shift 2 ;;
    -*) flags="$flags $1"; shift ;;
    *) break ;;
  esac
done
unset LD_PRELOAD
exec ${setpriv} $flags /usr/bin/env ${set.join(" ")} "$@"
`,
  );
  chmodSync(join(path, ".."), 0o755);
  chmodSync(path, 0o755);
}

/** Removes what exited processes left in shared memory. */
function forget(): void {
  for (const name of readdirSync("/dev/shm")) {
    const pid = /^(?:faketime_shm_|sem\.faketime_sem_)(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join("/dev/shm", name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

await runScript({ help: HELP, parse: parseRequest, run });
