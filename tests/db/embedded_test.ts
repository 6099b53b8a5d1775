// Slow: it creates, kills and repairs a Postgres in each test.
/** The embedded Postgres through everything that can happen to it and to its service. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identity } from "../../src/db/embedded/identity.ts";
import { connect, DataDirInUseError, DataDirUnusableError, type Embedded, startEmbedded } from "../../src/db/mod.ts";
import { testFolder } from "../support/postgres.ts";

const TIME = 60_000;

/** A folder after a first start, to be copied: that is much quicker. */
let made: string;
let dir: string;
let running: Embedded[];
beforeAll(async () => {
  made = testFolder();
  await (await startEmbedded({ dir: made, logger })).stop();
}, TIME);
beforeEach(() => {
  dir = testFolder();
  Bun.spawnSync(["cp", "-Rp", join(made, "postgres"), dir]);
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((embedded) => embedded.stop()));
}, TIME);

const said: string[] = [];
const note = (level: string) => (fields: unknown, message?: string) => {
  said.push(`${level} ${typeof fields === "string" ? fields : `${message} ${JSON.stringify(fields)}`}`);
};
const logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };

async function start(options: { dir?: string; settings?: Record<string, string> } = {}): Promise<Embedded> {
  const embedded = await startEmbedded({ dir, logger, ...options });
  running.push(embedded);
  return embedded;
}

async function stop(embedded: Embedded): Promise<void> {
  running.splice(running.indexOf(embedded), 1);
  await embedded.stop();
}

/** Runs one statement on a separate connection. */
async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const sql = connect(url, { max: 1 });
  try {
    return Array.from(await sql.unsafe(statement));
  } finally {
    await sql.end();
  }
}

/** A service in a separate process, on the same folder; resolves when it is up. */
async function startService(): Promise<{ kill(): Promise<void>; admin_url: string; pid: number; postgres: number }> {
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(join(import.meta.dir, "../../src/db/mod.ts"))});
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const { admin_url, pid } = await startEmbedded({ dir: ${JSON.stringify(dir)}, logger });
    console.log(JSON.stringify({ admin_url, postgres: pid }));
    setInterval(() => {}, 1000);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const { value } = await child.stdout.getReader().read();
  return {
    ...JSON.parse(new TextDecoder().decode(value)),
    pid: child.pid,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

async function untilAnswers(url: string): Promise<void> {
  for (const end = performance.now() + 20_000; ; await Bun.sleep(20)) {
    try {
      await query(url, "select 1");
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

describe("a start", () => {
  test(
    "creates the database, its roles and private passwords, with default durability",
    async () => {
      dir = testFolder();
      const { url, admin_url } = await start();
      const settings = await query(
        url,
        `select current_user::text as "user", current_database()::text as database,
              current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
              current_setting('full_page_writes') as full_page_writes, current_setting('server_encoding') as encoding,
              (select rolsuper or rolcreatedb or rolcreaterole from pg_roles where rolname = current_user) as mighty`,
      );
      expect(settings).toEqual([
        {
          user: "levqor",
          database: "levqor",
          fsync: "on",
          synchronous_commit: "on",
          full_page_writes: "on",
          encoding: "UTF8",
          mighty: false,
        },
      ]);
      expect(await query(admin_url, "select current_user::text as user")).toEqual([{ user: "levqor_admin" }]);
      expect(statSync(join(dir, "postgres/settings.json")).mode & 0o777).toBe(0o600);
      expect(statSync(join(dir, "postgres/data")).mode & 0o777).toBe(0o700);
      const stranger = new URL(url);
      stranger.password = "guess";
      await expect(query(stranger.href, "select 1")).rejects.toThrow("password authentication failed");
    },
    TIME,
  );

  test(
    "after a clean stop finds everything, on the same port",
    async () => {
      const first = await start();
      await query(first.admin_url, "create table kept as select 42 as n");
      await stop(first);
      expect(existsSync(join(dir, "postgres/data/postmaster.pid"))).toBe(false);
      const second = await start();
      expect(second.admin_url).toBe(first.admin_url);
      expect(await query(second.admin_url, "select n from kept")).toEqual([{ n: 42 }]);
    },
    TIME,
  );

  test(
    "uses another port if its own is in use by now",
    async () => {
      const first = await start();
      await stop(first);
      const port = Number(new URL(first.url).port);
      const thief = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
      const second = await start();
      expect(Number(new URL(second.url).port)).not.toBe(port);
      await query(second.url, "select 1");
      thief.stop(true);
    },
    TIME,
  );

  test(
    "is refused while another service uses the folder, and says which",
    async () => {
      await start();
      const second = startEmbedded({ dir, logger });
      await expect(second).rejects.toThrow(DataDirInUseError);
      await expect(second).rejects.toThrow(`Cannot use ${dir}: the service with pid ${process.pid} is using it.`);
    },
    TIME,
  );

  test(
    "ignores the leftovers of a start that was killed in initdb",
    async () => {
      dir = testFolder();
      await Bun.write(join(dir, "postgres.new/data/PG_VERSION"), "18\n");
      await Bun.write(join(dir, "postgres.new/settings.json"), "{}");
      const { url } = await start();
      await query(url, "select 1");
    },
    TIME,
  );

  test(
    "ignores a postmaster.pid whose pid is another process's by now",
    async () => {
      const first = await start();
      const pidFile = join(dir, "postgres/data/postmaster.pid");
      const lines = readFileSync(pidFile, "utf8").split("\n");
      await stop(first);
      const other = Bun.spawn(["sleep", "60"]);
      writeFileSync(pidFile, [String(other.pid), ...lines.slice(1)].join("\n"));
      const second = await start();
      await query(second.url, "select 1");
      expect(other.exitCode).toBeNull();
      other.kill();
    },
    TIME,
  );

  test(
    "reports Postgres's error when it cannot start, and releases the folder",
    async () => {
      await expect(startEmbedded({ dir, logger, settings: { shared_buffers: "nonsense" } })).rejects.toThrow(
        'invalid value for parameter "shared_buffers": "nonsense"',
      );
      await start();
    },
    TIME,
  );
});

describe("kill -9 of the service", () => {
  test(
    "keeps committed data, and the next start continues",
    async () => {
      const service = await startService();
      await query(service.admin_url, "create table kept as select generate_series(1, 1000) as n");
      await service.kill();
      const { admin_url } = await start();
      expect(await query(admin_url, "select count(*) as count from kept")).toEqual([{ count: 1000 }]);
    },
    TIME,
  );

  test(
    "and of its Postgres: the same",
    async () => {
      const service = await startService();
      await query(service.admin_url, "create table kept as select generate_series(1, 1000) as n");
      process.kill(service.postgres, "SIGKILL");
      await service.kill();
      const { admin_url } = await start();
      expect(await query(admin_url, "select count(*) as count from kept")).toEqual([{ count: 1000 }]);
    },
    TIME,
  );

  test(
    "while its Postgres lives on: the next start ends it",
    async () => {
      const first = await start();
      const { pid } = first;
      // What is left where the kernel does not tie Postgres to its service: its processes, and an unlocked folder.
      const orphan = orphanOf(dir);
      await stop(first);
      const left = orphan.start();
      await untilAnswers(first.url);
      const second = await start();
      await query(second.url, "select 1");
      expect(second.pid).not.toBe(pid);
      expect(await left.exited).toBe(0);
    },
    TIME,
  );
});

/** The command of the running Postgres, to be started again without a service behind it. */
function orphanOf(folder: string) {
  const pid = Number(readFileSync(join(folder, "postgres/data/postmaster.pid"), "utf8").split("\n")[0]);
  const command = Bun.spawnSync(["ps", "-ww", "-o", "args=", "-p", String(pid)])
    .stdout.toString()
    .trim();
  const parts = command.replace("log_line_prefix=%m [%p] ", "log_line_prefix=%m").split(/\s+/);
  const { cmd, ...as } = identity([join(folder, "postgres/data")]).wrap(parts);
  const leash = cmd.indexOf("--pdeathsig");
  const unleashed = leash === -1 ? cmd : cmd.toSpliced(leash, 2);
  return { start: () => Bun.spawn(unleashed, { ...as, cwd: "/", stdio: ["ignore", "ignore", "ignore"] }) };
}

describe("kill -9 of Postgres", () => {
  test(
    "is repaired automatically, on the same port, and loses no committed data",
    async () => {
      const embedded = await start();
      const { pid, url, admin_url } = embedded;
      await query(admin_url, "create table kept (n int); grant insert, select on kept to levqor");
      const sql = connect(url, { max: 4 });
      let committed = 0;
      let writing = true;
      const writers = Array.from({ length: 4 }, async () => {
        while (writing) {
          try {
            await sql`insert into kept values (1)`;
            committed++;
          } catch {
            await Bun.sleep(5);
          }
        }
      });
      await Bun.sleep(300);
      process.kill(pid, "SIGKILL");
      await Bun.sleep(50);
      await untilAnswers(url);
      expect(embedded.pid).not.toBe(pid);
      await Bun.sleep(200);
      writing = false;
      await Promise.all(writers);
      await sql.end();
      const [row] = await query(admin_url, "select count(*) as count from kept");
      expect(committed).toBeGreaterThan(0);
      // There may be more than was acknowledged: a commit whose response was cut off.
      expect(row?.count as number).toBeGreaterThanOrEqual(committed);
      expect(said.join("\n")).toContain('error Postgres ended unexpectedly; restarting it {"ending":"SIGKILL"');
    },
    TIME,
  );

  test(
    "in the middle of a long query: the query's process does not delay the restart",
    async () => {
      const embedded = await start();
      const sql = connect(embedded.admin_url, { max: 1 });
      // Spends its time in one function that does not look for signals often.
      const long = sql`select count(*) from generate_series(1, 2000000000)`.catch((error: Error) => error);
      await Bun.sleep(200);
      process.kill(embedded.pid, "SIGKILL");
      const began = performance.now();
      await Bun.sleep(50);
      await untilAnswers(embedded.url);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(await long).toBeInstanceOf(Error);
      await sql.end({ timeout: 0 });
    },
    TIME,
  );

  test(
    "does not restart it once the service stops",
    async () => {
      const embedded = await start();
      process.kill(embedded.pid, "SIGKILL");
      await stop(embedded);
      await expect(query(embedded.url, "select 1")).rejects.toThrow();
    },
    TIME,
  );
});

describe("a folder that the service cannot use says what was found, and what to do:", () => {
  const settings = () => join(dir, "postgres/settings.json");
  const data = () => join(dir, "postgres/data");
  const refusal = async () => {
    const error: Error = await start().then(
      () => new Error("It started."),
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(DataDirUnusableError);
    expect(error.message).not.toContain("writable");
    return error.message;
  };

  test.each(["{", "{}", '{"port":0,"admin_password":"a","service_password":"b"}', "[]"])(
    "settings %s",
    async (text) => {
      writeFileSync(settings(), text);
      expect(await refusal()).toBe(
        `Cannot open the embedded database: ${settings()} does not contain its port and passwords. Restore the file ` +
          `from a backup, or move ${join(dir, "postgres")} away: the next start then creates an empty database.`,
      );
    },
  );

  test("settings that are a folder", async () => {
    rmSync(settings());
    mkdirSync(settings());
    expect(await refusal()).toContain(
      `${settings()} is a folder and should be a file: move it away, or set LEVQOR_DATA_DIR`,
    );
  });

  test.each([
    ["no data", () => rmSync(data(), { recursive: true })],
    ["foreign data", () => rmSync(join(data(), "PG_VERSION"))],
  ])("settings and %s", async (_, damage) => {
    damage();
    expect(await refusal()).toBe(
      `Cannot open the embedded database: ${settings()} is there, but ${data()} contains no database. Restore ` +
        `${data()} from a backup, or move ${join(dir, "postgres")} away: the next start then creates an empty database.`,
    );
  });

  test("data without settings", async () => {
    rmSync(settings());
    rmSync(join(dir, "postgres/postgres.log"));
    expect(await refusal()).toBe(
      `Cannot create the embedded database: ${join(dir, "postgres")} is not empty (data), and settings.json, which has ` +
        "the passwords of a database, is missing there. If there is a database, restore settings.json from a backup; " +
        `otherwise move ${join(dir, "postgres")} away.`,
    );
    expect(existsSync(join(dir, "postgres.new"))).toBe(false);
  });
});

test(
  "a copied folder is a separate database: its service leaves the first one's Postgres alone",
  async () => {
    const first = await start();
    await stop(first);
    const copy = testFolder();
    Bun.spawnSync(["cp", "-Rp", join(dir, "postgres"), copy]);
    copyFileSync(join(dir, "service.lock"), join(copy, "service.lock"));
    const again = await start();
    const { pid } = again;
    const second = await start({ dir: copy });
    await query(again.url, "select 1");
    await query(second.url, "select 1");
    expect(again.pid).toBe(pid);
    expect(second.url).not.toBe(again.url);
  },
  TIME,
);

test.if(process.getuid?.() === 0)(
  "root's private folders are no obstacle",
  async () => {
    Bun.spawnSync(["chmod", "700", dir]);
    const { url } = await start();
    await query(url, "select 1");
  },
  TIME,
);
