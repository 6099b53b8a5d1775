import { decode } from "../../events/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";

const url = "postgres://postgres@127.0.0.1:54399/seed100";
const sql = connect(url, { max: 2 });
const N = 100000;
async function keyset(b: number) {
  let after = 0,
    n = 0;
  while (true) {
    const rows =
      await sql`select position,stream_id,version,type,data::text as data,meta::text as meta from levqor_log.events where position>${after} and position<=${after + b} order by position`;
    if (!rows.length) break;
    for (const r of rows) {
      JSON.parse(r.data);
      JSON.parse(r.meta);
      n++;
    }
    after += b;
  }
  return n;
}
async function ahead(b: number) {
  const q = (a: number) =>
    sql`select position,stream_id,version,type,data::text as data,meta::text as meta from levqor_log.events where position>${a} and position<=${a + b} order by position`.execute();
  let after = 0,
    n = 0;
  let next = q(0);
  while (true) {
    const rows = await next;
    if (!rows.length) break;
    after += b;
    next = q(after);
    for (const r of rows) {
      JSON.parse(r.data);
      JSON.parse(r.meta);
      n++;
    }
  }
  return n;
}
async function cursor(b: number) {
  let n = 0;
  for await (const rows of sql`select position,stream_id,version,type,data::text as data,meta::text as meta from levqor_log.events order by position`.cursor(
    b,
  )) {
    for (const r of rows) {
      JSON.parse(r.data);
      JSON.parse(r.meta);
      n++;
    }
  }
  return n;
}
async function bunsql(b: number) {
  const s = new Bun.SQL(url, { max: 1 });
  let after = 0,
    n = 0;
  while (true) {
    const rows =
      await s`select position,stream_id,version,type,data::text as data,meta::text as meta from levqor_log.events where position>${after} and position<=${after + b} order by position`;
    if (!rows.length) break;
    for (const r of rows) {
      JSON.parse(r.data);
      JSON.parse(r.meta);
      n++;
    }
    after += b;
  }
  await s.end();
  return n;
}
const log = openLog({ url });
async function range(b: number) {
  let after = 0,
    n = 0;
  while (true) {
    const rows = await log.readRange(after, b);
    if (!rows.length) break;
    for (const r of rows) {
      decode(r);
      n++;
    }
    after += b;
  }
  return n;
}
for (let rep = 0; rep < 4; rep++)
  for (const [name, f] of Object.entries({ keyset, ahead, cursor, range, bunsql }))
    for (const b of [1000, 5000]) {
      const t = performance.now();
      const n = await f(b);
      const ms = performance.now() - t;
      if (rep) console.log(name, b, n, Math.round((n / ms) * 1000));
    }
await sql.end();
await log.close();
