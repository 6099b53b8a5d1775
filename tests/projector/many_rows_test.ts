/** A read model whose events concern several rows, with a key of two columns. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import type { StoredEvent } from "../../events/mod.ts";
import { MAX_ROWS_PER_EVENT, type Projection, type Reads } from "../../projections/projection.ts";
import { applyChanges, openCheckpoint } from "../../src/projector/checkpoint.ts";
import { Folder, MAX_ROWS } from "../../src/projector/fold.ts";
import { rebuild, startProjector, verify } from "../../src/projector/mod.ts";
import { Table } from "../../src/projector/table.ts";
import { type House, openHouse, recordingLogger, rowsOf, until } from "./support.ts";

/** What happens to the members of teams. */
interface Change {
  readonly team: string;
  readonly members: readonly number[];
  readonly leave?: boolean;
  /** The member at whom the fold throws. */
  readonly poison?: number;
}

type MemberRow = { team: string; member: number; seen: number };

const members: Projection<MemberRow, Reads, readonly ["team", "member"]> = {
  name: "members",
  version: 1,
  reads: ["test.noted" as never],
  columns: { team: { type: "text" }, member: { type: "int" }, seen: { type: "int" } },
  key: ["team", "member"],
  keysOf(event) {
    const { team, members } = event.data as unknown as Change;
    return members.map((member) => ({ team, member }));
  },
  evolve(row, event, { team, member }) {
    const { leave, poison } = event.data as unknown as Change;
    if (poison === member) throw new Error(`Member ${member} is poison`);
    if (leave) return null;
    return { team, member, seen: (row?.seen ?? 0) + 1 };
  },
};

const projection = members as unknown as Projection;
const table = new Table(projection);
let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(async () => {
  await house.sql`drop view if exists levqor_read.members`;
  await house.sql`drop table if exists levqor_read.members_v1`;
  await house.sql`delete from levqor_ops.projections`;
});

function stored(changes: readonly Change[], first = 1): StoredEvent[] {
  return changes.map((data, i) => ({
    position: first + i,
    stream_id: "test-1",
    version: first + i,
    type: "test.noted",
    schema_version: 1,
    data_json: JSON.stringify(data),
    meta_json: '{"actor":"test","correlation_id":"test"}',
    recorded_at: "2026-01-02T03:04:05Z",
  }));
}

/** Plainly, without a table: what the rows must be. */
function expected(changes: readonly Change[]): MemberRow[] {
  const rows = new Map<string, MemberRow>();
  for (const { team: given, members, leave } of changes) {
    const team = given.toWellFormed().replaceAll("\0", "\ufffd");
    for (const member of new Set(members)) {
      const id = JSON.stringify([team, member]);
      if (leave) rows.delete(id);
      else rows.set(id, { team, member, seen: (rows.get(id)?.seen ?? 0) + 1 });
    }
  }
  return [...rows.values()];
}

async function shown(): Promise<unknown[]> {
  return [...(await house.sql`select team, member, seen from levqor_read.members_v1 order by team, member`)];
}

const inOrder = (rows: readonly MemberRow[]) =>
  [...rows].sort((a, b) => Buffer.compare(Buffer.from(a.team), Buffer.from(b.team)) || a.member - b.member);

async function record(changes: readonly Change[], log = house.log): Promise<number> {
  const result = await log.append({
    stream_id: `test-${crypto.randomUUID()}`,
    expected_version: 0,
    events: changes.map((data) => ({ type: "test.noted", data })),
    meta: { actor: "test", correlation_id: "test" },
  });
  if (!result.ok) throw new Error("A new stream cannot conflict");
  return result.position + changes.length - 1;
}

const change: fc.Arbitrary<Change> = fc.record({
  team: fc.constantFrom("a", "b", '"', "\\", "a,b", "x\0", "x\ufffd", "😀"),
  members: fc.array(fc.integer({ min: -2, max: 4 }), { maxLength: 6 }),
  leave: fc.boolean(),
});

test("in batches of any size, with restarts between, the rows after each prefix are those of a fresh fold", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 25 }),
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 8 }), restart: fc.boolean() }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 6 }),
      async (changes, batches, cached_rows) => {
        await house.sql`drop view if exists levqor_read.members`;
        await house.sql`drop table if exists levqor_read.members_v1`;
        await house.sql`delete from levqor_ops.projections`;
        const events = stored(changes);
        let from = await openCheckpoint(house.sql, table);
        const open = () => new Folder(table, { load: (ids) => table.load(house.sql, ids), cached_rows });
        let folder = open();
        for (let i = 0, turn = 0; i < events.length; turn++) {
          const { size, restart } = batches[turn % batches.length] as { size: number; restart: boolean };
          if (restart) folder = open();
          const folded = await folder.fold(events.slice(i, i + size));
          expect(await applyChanges(house.sql, table, { changes: folded, from })).toBe(true);
          folded.commit();
          from = { ...from, position: folded.position };
          i += size;
          expect(await shown()).toEqual(inOrder(expected(changes.slice(0, i))));
        }
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);

test("one batch adds, changes, deletes and re-creates rows, however often its events touch each", async () => {
  const folder = new Folder(table, { load: (ids) => table.load(house.sql, ids), cached_rows: 1 });
  let from = await openCheckpoint(house.sql, table);
  const write = async (events: StoredEvent[]) => {
    const changes = await folder.fold(events);
    expect(await applyChanges(house.sql, table, { changes, from })).toBe(true);
    changes.commit();
    from = { ...from, position: changes.position };
    return changes;
  };
  await write(stored([{ team: "t", members: [1, 2, 3] }]));
  const { inserted, updated, deleted } = await write(
    stored(
      [
        { team: "t", members: [3, 4, 5] },
        { team: "t", members: [2, 3, 5], leave: true },
        { team: "t", members: [3, 3, 1] },
        { team: "t", members: [3] },
      ],
      2,
    ),
  );
  expect({ inserted, updated, deleted }).toEqual({
    inserted: [{ team: "t", member: 4, seen: 1 }],
    updated: [
      { team: "t", member: 3, seen: 2 },
      { team: "t", member: 1, seen: 2 },
    ],
    deleted: ['["t",2]'],
  });
  expect(await shown()).toEqual([
    { team: "t", member: 1, seen: 2 },
    { team: "t", member: 3, seen: 2 },
    { team: "t", member: 4, seen: 1 },
  ]);
});

test("an event whose fold throws at one of its rows changes none of them", async () => {
  const folder = new Folder(table, { load: async () => new Map() });
  const changes = await folder.fold(
    stored([
      { team: "t", members: [1] },
      { team: "t", members: [1, 2, 3], poison: 3 },
    ]),
  );
  expect(changes.poison?.message).toContain("Member 3 is poison");
  expect(changes).toMatchObject({ position: 1, inserted: [{ team: "t", member: 1, seen: 1 }] });
  expect(changes.inserted).toHaveLength(1);
});

test("an event that concerns more rows than allowed is poison", async () => {
  const folder = new Folder(table, { load: async () => new Map() });
  const many = (count: number) => stored([{ team: "t", members: Array.from({ length: count }, (_, i) => i) }]);
  expect((await folder.fold(many(MAX_ROWS_PER_EVENT))).poison).toBeUndefined();
  expect((await folder.fold(many(MAX_ROWS_PER_EVENT + 1))).poison?.message).toContain(
    `The event concerns ${MAX_ROWS_PER_EVENT + 1} rows, more than ${MAX_ROWS_PER_EVENT}`,
  );
});

test("a batch whose events concern too many rows is folded in parts", async () => {
  const folder = new Folder(table, { load: async () => new Map() });
  const events = stored(
    Array.from({ length: 9 }, (_, i) => ({ team: `${i}`, members: Array.from({ length: 1_000 }, (_, m) => m) })),
  );
  const first = await folder.fold(events);
  expect([first.inserted.length, first.position, first.rest.length]).toEqual([MAX_ROWS, 4, 5]);
});

test("live, rebuilt beside the live one, and compared, the rows are the same", async () => {
  const projector = startProjector({ ...house, projections: [projection], logger: recordingLogger() });
  try {
    const changes: Change[] = Array.from({ length: 60 }, (_, i) => ({
      team: `t${i % 7}`,
      members: Array.from({ length: 400 }, (_, m) => (m * (1 + (i % 5))) % 900),
      leave: i % 6 === 5,
    }));
    const head = await record(changes);
    expect(await projector.waitFor("members", head, 20_000)).toBe(true);
    const rows = inOrder(expected(changes));
    expect(await shown()).toEqual(rows);
    expect(await verify({ ...house, projection })).toMatchObject({ different: 0, rows: rows.length });
    await rebuild({ ...house, projection });
    expect(await shown()).toEqual(rows);
    await house.sql`update levqor_read.members_v1 set seen = 99 where team = 't0' and member = ${rows[0]?.member ?? 0}`;
    await house.sql`delete from levqor_read.members_v1 where team = 't1'`;
    const { different, differences } = await verify({ ...house, projection });
    expect(different).toBe(1 + rows.filter(({ team }) => team === "t1").length);
    expect(JSON.parse(differences[0]?.key ?? "")).toEqual(["t0", rows[0]?.member]);
  } finally {
    await projector.stop();
  }
}, 60_000);

test("poison stops the read model between events, and resuming continues with the rest", async () => {
  const projector = startProjector({ ...house, projections: [projection], logger: recordingLogger() });
  try {
    const before = await house.log.head();
    const head = await record([
      { team: "p", members: [1, 2] },
      { team: "p", members: [2, 3], poison: 3 },
      { team: "p", members: [1] },
    ]);
    await until(async () => (await projector.status())[0]?.state === "poisoned");
    const ofTeam = async () => (await rowsOf(house.sql, "levqor_read.members_v1")).filter(({ team }) => team === "p");
    expect(await ofTeam()).toEqual([
      { team: "p", member: 1, seen: 1 },
      { team: "p", member: 2, seen: 1 },
    ]);
    const meta = { actor: "test", correlation_id: "test" };
    expect(await projector.resume("members", { skip: before + 2, reason: "No.", meta })).toMatchObject({ ok: true });
    expect(await projector.waitFor("members", head, 10_000)).toBe(true);
    expect((await ofTeam())[0]).toEqual({ team: "p", member: 1, seen: 2 });
    expect(await verify({ ...house, projection })).toMatchObject({ different: 0 });
  } finally {
    await projector.stop();
  }
}, 60_000);

test("a new version is built beside the old one, which readers see until the new one takes its place", async () => {
  await using own = await openHouse();
  const changes: Change[] = [
    // More rows than one part of a batch touches.
    ...Array.from({ length: 6 }, (_, i) => ({ team: `${i}`, members: Array.from({ length: 900 }, (_, m) => m) })),
    { team: "0", members: [0, 1, 2], leave: true },
    { team: "0", members: [1, 1, 3] },
  ];
  const head = await record(changes, own.log);
  const rows = inOrder(expected(changes));
  let mended = false;
  const next = {
    ...projection,
    version: 2,
    columns: { ...members.columns, tens: { type: "int" } },
    evolve(row, event, key) {
      if (!mended && event.position === head) throw new Error("Not mended yet");
      const after = projection.evolve(row, event, key);
      return after && { ...after, tens: ((row?.tens as number | undefined) ?? 0) + 10 };
    },
  } satisfies Projection;
  const old = startProjector({ ...own, projections: [projection], logger: recordingLogger() });
  expect(await old.waitFor("members", head, 20_000)).toBe(true);
  const now = startProjector({ ...own, projections: [next], logger: recordingLogger() });
  try {
    await until(async () => (await now.status())[0]?.state === "poisoned");
    const view = async () => inOrder((await rowsOf(own.sql, "levqor_read.members")) as MemberRow[]);
    expect(await view()).toEqual(rows);
    expect(await own.sql`select from levqor_read.members_v2`).toHaveLength(5_397);

    mended = true;
    const meta = { actor: "test", correlation_id: "test" };
    expect(await now.resume("members", { meta })).toMatchObject({ ok: true });
    await until(async () => (await now.status())[0]?.live === true);
    expect(await view()).toEqual(rows.map((row) => ({ ...row, tens: 10 * row.seen })));
    expect([...(await own.sql`select to_regclass('levqor_read.members_v1') as old`)]).toEqual([{ old: null }]);
    expect(await verify({ ...own, projection: next })).toMatchObject({ different: 0 });
  } finally {
    await Promise.all([old.stop(), now.stop()]);
  }
}, 60_000);

test("a part of a batch is not written if the read model was replaced after the part before it", async () => {
  await using own = await openHouse();
  await openCheckpoint(own.sql, table);
  // As a rebuild does that ends as soon as the first part is written.
  await own.sql.unsafe(`
    create function levqor_read.replace() returns trigger language plpgsql as $$
      begin
        update levqor_ops.projections set generation = 1 where name = 'members' and generation = 0;
        return null;
      end $$;
    create trigger replaced after insert on levqor_read.members_v1
      for each statement execute function levqor_read.replace()`);
  const changes = Array.from({ length: 9 }, () => ({ team: "t", members: Array.from({ length: 1_000 }, (_, m) => m) }));
  const head = await record(changes, own.log);
  const logger = recordingLogger();
  const projector = startProjector({ ...own, projections: [projection], logger });
  try {
    expect(await projector.waitFor("members", head, 20_000)).toBe(true);
    // What was written before the fence stays, and what comes after it is folded once.
    expect(await rowsOf(own.sql, "levqor_read.members_v1")).toEqual(expected(changes));
    expect(logger.said.map(({ message }) => message)).toEqual([
      "Another process moved the checkpoint of levqor_read.members_v1; starting again",
    ]);
  } finally {
    await projector.stop();
  }
}, 60_000);
