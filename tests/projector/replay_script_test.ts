// Slow: each of twenty cases runs the script in a process, most on a database with its own log.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { decode } from "../../events/mod.ts";
import { metrics } from "../../projections/metrics.ts";
import { jobs, type Projection, projections } from "../../projections/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { rebuild } from "../../src/projector/mod.ts";
import { type House, openHouse, rowsOf, until } from "./support.ts";

const SCRIPT = join(import.meta.dir, "../../scripts/replay.ts");
let house: House;

function start(args: readonly string[], env: Record<string, string>) {
  return Bun.spawn([process.execPath, SCRIPT, ...args], {
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function outcome(script: ReturnType<typeof start>) {
  const [out, err] = await Promise.all([new Response(script.stdout).text(), new Response(script.stderr).text()]);
  return { code: await script.exited, out, err };
}

describe("on a log of three jobs", () => {
  beforeEach(async () => {
    house = await openHouse();
    for (const workflow of ["one", "two", "three"]) {
      const stream_id = `job-${crypto.randomUUID()}`;
      const events = [{ type: "job.submitted", data: { workflow, payload: {} } }];
      const meta = { actor: "test", correlation_id: stream_id };
      await house.log.append({ stream_id, expected_version: 0, events, meta });
    }
  });
  afterEach(() => house[Symbol.asyncDispose]());

  const startHere = (...args: string[]) => start(args, { DATABASE_URL: house.url });
  const replay = (...args: string[]) => outcome(startHere(...args));

  test("replay rebuilds every read model, and --verify finds them equal", async () => {
    const built = await replay();
    expect(built).toMatchObject({ code: 0, err: "" });
    expect(built.out).toMatch(
      new RegExp(
        `^✓ jobs v${jobs.version}: rebuilt up to position 3, and live \\(.* s\\)\n✓ metrics v${metrics.version}: rebuilt`,
      ),
    );
    const verified = await replay("--verify");
    expect(verified).toMatchObject({ code: 0, err: "" });
    expect(verified.out).toMatch(
      new RegExp(
        `^✓ jobs v${jobs.version}: compared at position 3: 3 rows, all equal .*\n✓ metrics v${metrics.version}: .* 1 rows, all equal`,
      ),
    );
  });

  test("--verify names the rows that differ and their columns, not their contents; exit code 1", async () => {
    for (const projection of projections) await rebuild({ ...house, projection });
    await house.sql.unsafe(`update levqor_read.jobs_v${jobs.version} set workflow = 'forged' where workflow = 'one'`);
    await house.sql.unsafe(`delete from levqor_read.jobs_v${jobs.version} where workflow = 'two'`);
    const [forged] = await house.sql`select job_id from levqor_read.jobs where workflow = 'forged'`;
    const { code, out } = await replay("--verify");
    expect(code).toBe(1);
    expect(out).toStartWith(`✗ jobs v${jobs.version}: compared at position 3: 2 of 3 rows differ`);
    expect(out).toContain(`  ${forged?.job_id}: differs in workflow\n`);
    expect(out).toContain(": missing in the live table\n");
    expect(out).not.toContain("forged");
    expect(out).toContain(`✓ metrics v${metrics.version}`);

    expect((await replay("--projection", "jobs")).code).toBe(0);
    expect((await replay("--verify")).code).toBe(0);
  });

  test("--until shows the past in a separate table", async () => {
    const { code, out } = await replay("--until", "2", "--projection", "jobs");
    expect(code).toBe(0);
    expect(out).toContain("2 rows at position 2 in levqor_read.jobs_at_2");
    expect(await rowsOf(house.sql, "levqor_read.jobs_at_2")).toHaveLength(2);
  });

  test("--at prints the rows as they were at a position, one JSON object per line, and leaves nothing behind", async () => {
    const before = await relations();
    const { code, out, err } = await replay("--at", "2", "--projection", "jobs");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const rows = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map(({ workflow }) => workflow).sort()).toEqual(["one", "two"]);
    expect(rows[0]).toMatchObject({ status: "queued", attempt: 0, due_at: null });
    expect(await relations()).toEqual(before);

    const [, second] = rows;
    const one = await replay("--at", "3", "--projection", "jobs", "--key", second.job_id.toUpperCase());
    expect(one).toEqual({ code: 0, out: `${JSON.stringify(second)}\n`, err: "" });
    const none = await replay("--at", "3", "--projection", "jobs", "--key", crypto.randomUUID());
    expect(none).toEqual({
      code: 1,
      out: "",
      err: `jobs v${jobs.version}: there is no row with this key at position 3\n`,
    });
    expect(await replay("--at", "0", "--projection", "jobs")).toEqual({ code: 0, out: "", err: "" });
    const late = await replay("--at", "4", "--projection", "jobs");
    expect(late).toEqual({ code: 1, out: "", err: "Cannot show jobs at 4: the log ends at 3\n" });
  });

  test("--resume resumes a read model at the event that stopped it, or with --skip past it, and records it", async () => {
    const stop = async () => {
      for (const projection of projections) await rebuild({ ...house, projection });
      await house.sql`update levqor_ops.projections set poison_position = 2, poison_message = 'x' where name = 'jobs'`;
    };
    await stop();
    expect(await replay("--resume", "jobs", "--skip", "3", "--reason", "No.")).toMatchObject({
      code: 1,
      out: `✗ jobs v${jobs.version}: nothing was done: the event at position 2 stops it\n`,
    });
    expect(await replay("--resume", "jobs")).toMatchObject({
      code: 0,
      out: `✓ jobs v${jobs.version}: resumed at the event at position 2\n`,
      err: "",
    });
    expect(await replay("--resume", "jobs")).toMatchObject({
      code: 1,
      out: `✗ jobs v${jobs.version}: nothing was done: no event stops it\n`,
    });
    await stop();
    expect(await replay("--resume", "jobs", "--skip", "2", "--reason", "Its workflow is gone.")).toMatchObject({
      code: 0,
    });
    const decided = (await house.log.readStream("projection-jobs")).map(decode);
    const data = {
      projection: "jobs",
      version: jobs.version,
      position: 2,
      event_id: expect.stringMatching(/^job-.*@1$/),
    };
    expect(decided.map((event) => event.data)).toEqual([
      { ...data, skip: false },
      { ...data, skip: true, reason: "Its workflow is gone." },
    ]);
    expect(decided[1]?.meta.actor).toBe("system:replay");
    // From now on every rebuild passes over it.
    expect((await replay("--projection", "jobs")).code).toBe(0);
    expect(await rowsOf(house.sql, "levqor_read.jobs")).toHaveLength(2);
    expect((await replay("--verify", "--projection", "jobs")).code).toBe(0);
  });

  test("an interrupt ends it", async () => {
    // Someone else is rebuilding: the script waits.
    await house.sql`insert into levqor_ops.leases values ('rebuild:jobs', 'someone', now() + interval '1 hour')`;
    const script = startHere("--projection", "jobs");
    await until(async () => (await backends("application_name = 'levqor-replay'")) > 0);
    script.kill("SIGINT");
    expect(await script.exited).toBe(130);
    expect(await new Response(script.stderr).text()).toBe("Interrupted: nothing was changed\n");
  });

  test("a rebuild that is killed at the last moment has changed nothing", async () => {
    const projection = jobs as unknown as Projection;
    await rebuild({ ...house, projection });
    // The new table waits for this reader of the old one before it takes its place.
    const reader = connect(house.url, { max: 1 });
    await reader`begin`;
    await reader`select 1 from levqor_read.jobs`;
    const script = startHere("--projection", "jobs");
    await until(async () => (await backends("wait_event_type = 'Lock' and query like 'drop view%'")) > 0);
    script.kill("SIGKILL");
    await script.exited;
    await house.sql`select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'`;
    await reader`commit`;
    await reader.end();
    expect(await rowsOf(house.sql, "levqor_read.jobs")).toHaveLength(3);
    // As if the dead script's lease had run out.
    await house.sql`delete from levqor_ops.leases`;
    expect((await replay("--projection", "jobs")).code).toBe(0);
    expect((await replay("--verify", "--projection", "jobs")).code).toBe(0);
  });
});

test.each([
  [["--at", "now", "--projection", "jobs"], '--at must be a position of the log, not "now"'],
  [["--at", "1"], "--at needs one --projection NAME"],
  [["--at", "1", "--projection", "jbos"], 'Did you mean "jobs"?'],
  [["--at", "1", "--projection", "jobs", "--verify"], "--at can only be combined with --projection NAME and --key KEY"],
  [["--at", "1", "--projection", "jobs", "--key", "42"], "--key does not fit jobs: expected a UUID"],
  [["--projection", "jobs", "--key", "42"], "--key needs --at POSITION"],
  [["--projection", "jbos"], 'There is no projection "jbos"; use one of jobs, metrics'],
  [["--until", "now"], '--until must be a position of the log, not "now"'],
  [["--until", "1", "--verify"], "--verify compares with the live tables"],
  [["--resume", "jbos"], 'There is no projection "jbos"'],
  [["--resume", "jobs", "--skip", "2"], "--skip and --reason need each other"],
  [["--resume", "jobs", "--skip", "two", "--reason", "No."], '--skip must be a position of the log, not "two"'],
  [["--skip", "2", "--reason", "No."], "--skip and --reason need --resume NAME"],
  [["--resume", "jobs", "--verify"], "--resume can only be combined with --skip and --reason"],
  [["--verfy"], "Unknown option '--verfy'"],
])("wrong use is reported, with exit code 2: %p", async (args, message) => {
  const { code, out, err } = await outcome(start(args, {}));
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(message);
});

async function relations(): Promise<unknown[]> {
  return [...(await house.sql`select oid, relname from pg_class where relkind in ('r', 'v') order by oid`)];
}

async function backends(condition: string): Promise<number> {
  const [row] = await house.sql.unsafe(`select count(*)::int as count from pg_stat_activity where ${condition}`);
  return row?.count;
}
