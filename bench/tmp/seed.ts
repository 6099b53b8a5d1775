import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { logMigrations } from "../../src/log/schema.ts";

const [name, count] = [process.argv[2]!, Number(process.argv[3])];
const admin = connect("postgres://postgres@127.0.0.1:54399/postgres", { max: 1 });
await admin.unsafe(`drop database if exists ${name} with (force)`);
await admin.unsafe(`create database ${name}`);
await admin.end();
const url = `postgres://postgres@127.0.0.1:54399/${name}`;
const sql = connect(url, { max: 1 });
await sql.unsafe("create schema levqor_log");
for (const m of logMigrations) await sql.unsafe(m.sql("postgres"));
const log = openLog({ url });
const t = performance.now();
const WAVE = 1000;
let done = 0;
while (done < count) {
  const ids = Array.from({ length: WAVE }, () => Bun.randomUUIDv7());
  const meta = (id: string) => ({ actor: "anonymous", correlation_id: id, request_id: Bun.randomUUIDv7() });
  for (const [v, mk] of [
    [
      0,
      () => ({
        type: "job.submitted",
        data: {
          workflow: "benchmark",
          payload: { customer: "c-1042", document: "https://example.com/report.pdf", pages: 12 },
          priority: "normal",
        },
      }),
    ],
    [1, () => ({ type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 60 } })],
    [2, () => ({ type: "job.succeeded", data: { attempt: 1, result: { ok: true } } })],
  ] as const) {
    const take = ids.slice(0, Math.max(0, count - done));
    done += take.length;
    await Promise.all(
      take.map((id) => log.append({ stream_id: `job-${id}`, expected_version: v, events: [mk()], meta: meta(id) })),
    );
  }
}
console.log("seeded", count, "in", performance.now() - t, "ms", count / ((performance.now() - t) / 1000), "/s");
await log.close();
await sql.end();
