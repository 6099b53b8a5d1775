// Slow: connections are broken until they are replaced, and a reaction catches up on thousands of events.
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { decode, eventId } from "../../events/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { submitSystemJob } from "../../src/jobs/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { defineReaction, type Reaction, type Reactor, startReactor, submit } from "../../src/reactor/mod.ts";
import { type House, openHouse, recordingLogger, until } from "../projector/support.ts";
import { startProxy } from "../support/proxy.ts";
import { answerId, answering, ask, effects } from "./support.ts";

setDefaultTimeout(60_000);

const meta = { actor: "test", correlation_id: "test" };

let house: House;
const stops: Array<() => Promise<void>> = [];
beforeEach(async () => {
  house = await openHouse({ read_models: true });
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await house[Symbol.asyncDispose]();
});

function start({
  reactions = [answering],
  parts = house,
  instance = "a",
  since,
}: {
  reactions?: readonly Reaction[];
  parts?: Pick<House, "sql" | "log" | "bus">;
  instance?: string;
  since?: number;
} = {}) {
  const logger = recordingLogger();
  const { sql, log, bus } = parts;
  const reactor = startReactor({
    sql,
    log,
    bus,
    submitJob: (job) => submitSystemJob(log, job),
    reactions,
    instance,
    logger,
    ...(since !== undefined && { since }),
  });
  stops.push(() => reactor.stop());
  return { reactor, logger };
}

async function stateOf(reactor: Reactor, name = "answering") {
  return (await reactor.status()).find((status) => status.name === name);
}

/** Waits until the reaction has come to a position. */
const reached = (reactor: Reactor, position: number, name?: string) =>
  until(async () => ((await stateOf(reactor, name))?.position ?? 0) >= position);

test("what follows from an event is done, recorded as the service's own", async () => {
  const { ids, position } = await ask(house.log, { jobs: 2, count: "a" });
  const { reactor } = start();
  await reached(reactor, position);
  const [asked_id] = ids as [string];
  const expected = {
    actor: "system:reaction:answering",
    account: "system",
    correlation_id: "asked-0",
    causation_id: eventId({ stream_id: `job-${asked_id}`, version: 1 }),
    reaction_depth: 1,
  };
  for (const key of ["0", "1"]) {
    const [submitted] = (await house.log.readStream(`job-${answerId(asked_id, key)}`)).map(decode);
    expect(submitted).toMatchObject({
      type: "job.submitted",
      data: { workflow: "answer", payload: { to: asked_id } },
      meta: expected,
    });
  }
  const [counted] = (await house.log.readStream("tally-a")).map(decode);
  expect(counted?.meta).toEqual(expected);
});

test("a reaction resumes exactly where it stopped", async () => {
  const first = start();
  await ask(house.log, { jobs: 1, count: "a" });
  await until(async () => (await house.log.readStream("tally-a")).length === 1);
  const end = await house.log.head();
  await reached(first.reactor, end);
  await first.reactor.stop();
  const [row] = await house.sql`select position from levqor_ops.reactions where name = 'answering'`;
  expect(row?.position).toBe(end);
  const { position } = await ask(house.log, { jobs: 1, count: "a" });
  await reached(start({ instance: "b" }).reactor, position);
  expect((await effects(house.log)).counted).toEqual(new Map([["tally-a", 2]]));
});

test("what was already done is not done again, be it a job or a command", async () => {
  const { position } = await ask(house.log, { jobs: 1, count: "a" }, { jobs: 1, count: "a" }, { jobs: 1, count: "b" });
  const first = start();
  await reached(first.reactor, position);
  await first.reactor.stop();
  const before = await effects(house.log);
  // As after a crash between the actions and the position.
  await house.sql`update levqor_ops.reactions set position = 0`;
  await reached(start().reactor, await house.log.head());
  expect(await effects(house.log)).toEqual(before);
  expect(before.counted).toEqual(
    new Map([
      ["tally-a", 2],
      ["tally-b", 1],
    ]),
  );
});

test("a new reaction misses nothing that a process accepts before it can run", async () => {
  const since = await house.log.head();
  const { position } = await ask(house.log, { jobs: 1 });
  const follows = defineReaction({
    name: "follows",
    events: ["job.submitted"],
    react: ({ data }) => (data.workflow === "ask" ? [submit({ workflow: "follows", payload: {} })] : []),
  });
  const { reactor } = start({ reactions: [follows], since });
  await reached(reactor, position + 1, "follows");
  const jobs = (await house.log.readRange(position, 100)).map(({ data_json }) => JSON.parse(data_json).workflow);
  expect(jobs).toEqual(["follows"]);
});

test("a new reaction starts with what is recorded from then on, or with the first event if it says so", async () => {
  await ask(house.log, { jobs: 1 });
  const noting = (name: string, from: "start" | "now", version = 1) =>
    defineReaction({
      name,
      from,
      version,
      events: ["job.submitted"],
      react: ({ data }) => (data.workflow === "ask" ? [submit({ workflow: name, payload: {} })] : []),
    });
  const jobsOf = async (workflow: string) => {
    const events = await house.log.readRange(0, 1_000);
    return events.filter(({ data_json }) => JSON.parse(data_json).workflow === workflow).length;
  };
  const first = start({ reactions: [noting("late", "now"), noting("early", "start")] });
  await until(async () => (await jobsOf("early")) === 1);
  await until(async () => (await stateOf(first.reactor, "late"))?.state === "running");
  await ask(house.log, { jobs: 1 });
  await until(async () => (await jobsOf("early")) === 2 && (await jobsOf("late")) === 1);
  await first.reactor.stop();

  // A changed one does not repeat itself, unless it is asked to: then what it did is met.
  await ask(house.log, { jobs: 1 });
  const next = start({ reactions: [noting("late", "now", 2), noting("early", "start", 2)] });
  await until(async () => (await jobsOf("early")) === 3 && (await jobsOf("late")) === 2);
  const head = await house.log.head();
  for (const name of ["late", "early"]) await reached(next.reactor, head, name);
  expect([await jobsOf("early"), await jobsOf("late")]).toEqual([3, 2]);

  const old = start({ reactions: [noting("late", "now", 1)], instance: "old" });
  await next.reactor.stop();
  await until(async () => (await stateOf(old.reactor, "late"))?.fault?.includes("version 2 has run") ?? false);
});

test("an event that cannot be handled stops only its reaction, and is reported", async () => {
  const other = defineReaction({
    name: "other",
    from: "start",
    events: ["job.submitted"],
    react: ({ data }) => (data.workflow === "ask" ? [submit({ workflow: "noted", payload: {} })] : []),
  });
  const { reactor, logger } = start({ reactions: [answering, other] });
  const good = await ask(house.log, { count: "a" });
  const bad = await ask(house.log, { poison: "I can't" });
  const after = await ask(house.log, { count: "b" });
  await until(async () => (await stateOf(reactor))?.state === "poisoned");
  await reached(reactor, after.position, "other");
  expect(await stateOf(reactor)).toMatchObject({
    position: bad.position - 1,
    poison: { position: bad.position, message: expect.stringContaining("I can't") },
  });
  expect(good.position).toBeLessThan(bad.position);
  expect((await effects(house.log)).counted).toEqual(new Map([["tally-a", 1]]));
  expect(logger.said).toMatchObject([{ level: "error", fields: { reaction: "answering", position: bad.position } }]);
});

test("a command that is refused stops its reaction, and so does a job that no log can hold", async () => {
  const broken = defineReaction({
    name: "broken",
    from: "start",
    events: ["job.submitted"],
    react: ({ data }) => (data.workflow === "ask" ? [submit({ workflow: "", payload: {} })] : []),
  });
  const { reactor } = start({ reactions: [answering, broken] });
  await ask(house.log, { count: "a", refused: true });
  await until(async () => (await reactor.status()).every(({ state }) => state === "poisoned"));
  expect((await stateOf(reactor))?.poison?.message).toContain(
    "The command to tally-a was refused: Cannot count further.",
  );
  expect((await stateOf(reactor, "broken"))?.poison?.message).toContain("Cannot append to job-");
});

test("resume continues with the event, once it can be handled, and is recorded", async () => {
  let cured = false;
  const curable: Reaction = {
    ...answering,
    react: (event, id) =>
      cured ? [submit({ workflow: "answer", payload: { to: "cured" } })] : answering.react(event, id),
  };
  const { reactor } = start({ reactions: [curable] });
  const { position } = await ask(house.log, { poison: "I can't" });
  await until(async () => (await stateOf(reactor))?.state === "poisoned");
  expect(await reactor.resume("answering", { meta })).toMatchObject({ ok: true, position });
  await until(async () => (await house.log.readStream("reaction-answering")).length === 1);
  await until(async () => (await stateOf(reactor))?.state === "poisoned");
  cured = true;
  expect(await reactor.resume("answering", { meta })).toMatchObject({ ok: true, position });
  await reached(reactor, position);
  expect((await effects(house.log)).answers.get("cured")).toBeGreaterThanOrEqual(1);
  expect(await reactor.resume("answering", { meta })).toEqual({ ok: false, stopped_at: undefined });
  expect(await reactor.resume("nobody", { meta })).toBeUndefined();
});

test("resume with skip skips the event, even from a process that does not run the reaction", async () => {
  const { reactor } = start();
  const { position } = await ask(house.log, { poison: "I can't" });
  const after = await ask(house.log, { count: "a" });
  await until(async () => (await stateOf(reactor))?.state === "poisoned");
  const replica = start({ instance: "b" }).reactor;
  expect(await replica.resume("answering", { skip: 99, meta })).toEqual({ ok: false, stopped_at: position });
  const resumed = await replica.resume("answering", { skip: position, reason: "It makes no sense.", meta });
  expect(resumed).toMatchObject({ ok: true, position });
  await reached(reactor, after.position);
  expect((await effects(house.log)).counted).toEqual(new Map([["tally-a", 1]]));
  const [decided] = (await house.log.readStream("reaction-answering")).map(decode);
  expect(decided).toMatchObject({
    type: "reaction.resumed",
    data: { reaction: "answering", version: 1, position, skip: true, reason: "It makes no sense." },
    meta,
  });
});

test("reactions that lead to each other in a circle stop after sixteen rounds", async () => {
  const { reactor } = start();
  await ask(house.log, { jobs: 1, forever: true });
  await until(async () => (await stateOf(reactor))?.state === "poisoned");
  expect((await stateOf(reactor))?.poison?.message).toContain("a chain of 16 reactions led to it");
  expect(await house.log.head()).toBe(17);
});

test("what happens to a job that a reaction submitted counts as caused by the reaction", async () => {
  const ended = defineReaction({
    name: "ended",
    from: "start",
    events: ["job.cancelled"],
    react: () => [submit({ workflow: "after_all", payload: {} })],
  });
  const { ids } = await ask(house.log, { jobs: 1 });
  const { reactor } = start({ reactions: [answering, ended] });
  const answer = `job-${answerId(ids[0] as string)}`;
  await until(async () => (await house.log.readStream(answer)).length === 1);
  const events = [{ type: "job.cancelled", data: { attempt: 0 } }];
  const result = await house.log.append({ stream_id: answer, expected_version: 1, events, meta });
  await reached(reactor, result.ok ? result.position : 0, "ended");
  const last = (await house.log.readRange(0, 100))
    .map(decode)
    .find(({ data }) => "workflow" in data && data.workflow === "after_all");
  expect(last?.meta.reaction_depth).toBe(2);
});

test("one process runs a reaction; another stands by and takes over when it stops", async () => {
  const first = start();
  await until(async () => (await stateOf(first.reactor))?.state === "running");
  const second = start({ instance: "b" });
  await ask(house.log, { count: "a" });
  await until(async () => (await effects(house.log)).counted.size === 1);
  expect((await stateOf(second.reactor))?.state).toBe("standby");
  await first.reactor.stop();
  const { position } = await ask(house.log, { count: "a" });
  await reached(second.reactor, position);
  expect((await effects(house.log)).counted).toEqual(new Map([["tally-a", 2]]));
});

test("if two lead for a while, each event is nevertheless handled once", async () => {
  const { position } = await ask(house.log, ...Array.from({ length: 200 }, (_, n) => ({ jobs: 1, count: `${n % 7}` })));
  const first = start();
  await until(async () => (await effects(house.log)).answers.size > 5);
  // In the middle of its work, the first loses its lease, and learns of it later.
  await house.sql`delete from levqor_ops.leases`;
  const second = start({ instance: "b" });
  await reached(first.reactor, position);
  await reached(second.reactor, position);
  const { counted, answers } = await effects(house.log);
  expect([...counted.values()].reduce((a, b) => a + b)).toBe(200);
  expect(answers.size).toBe(200);
  expect([...answers.values()].every((times) => times === 1)).toBe(true);
});

test("broken connections are reopened, and nothing is lost or repeated", async () => {
  const proxy = await startProxy(house.url);
  const log = openLog({ url: proxy.url });
  const sql = connect(proxy.url, { max: 2 });
  const bus = inProcessBus({ log, poll_ms: 20 });
  const { reactor } = start({ parts: { sql, log, bus } });
  stops.unshift(async () => {
    await bus.close();
    await log.close();
    await sql.end({ timeout: 0 });
    await proxy.close();
  });
  let chunks = 0;
  proxy.onRequest = () => (++chunks % 23 === 0 ? "cut_after" : chunks % 17 === 0 ? "cut_before" : "pass");
  const { position } = await ask(house.log, ...Array.from({ length: 100 }, (_, n) => ({ jobs: 1, count: `${n % 3}` })));
  await until(async () => (await effects(house.log)).answers.size > 50);
  proxy.refusing = true;
  proxy.cut();
  await Bun.sleep(300);
  proxy.refusing = false;
  await until(async () => (await effects(house.log)).answers.size === 100);
  proxy.onRequest = () => "pass";
  await until(async () => ((await stateOf(reactor).catch(() => undefined))?.position ?? 0) >= position);
  const { counted, answers } = await effects(house.log);
  expect([...counted.values()].reduce((a, b) => a + b)).toBe(100);
  expect([...answers.values()].every((times) => times === 1)).toBe(true);
});

test("one that is far behind catches up without keeping all events in memory", async () => {
  // 60 MB of what does not concern it.
  const pad = "x".repeat(60_000);
  for (let n = 0; n < 50; n++) {
    const events = Array.from({ length: 20 }, () => ({ type: "test.padded", data: { pad } }));
    await house.log.append({ stream_id: `pad-${n}`, expected_version: 0, events, meta });
  }
  const { position } = await ask(house.log, { count: "a" });
  let most = 0;
  let open = 0;
  const counting: House["log"] = Object.assign(Object.create(house.log), {
    head: () => house.log.head(),
    append: (...append: Parameters<House["log"]["append"]>) => house.log.append(...append),
    readStream: (...read: Parameters<House["log"]["readStream"]>) => house.log.readStream(...read),
    readRange: async (...range: Parameters<House["log"]["readRange"]>) => {
      open++;
      const events = await house.log.readRange(...range);
      most = Math.max(most, open * events.reduce((sum, { data_json }) => sum + data_json.length, 0));
      open--;
      return events;
    },
  });
  await reached(start({ parts: { ...house, log: counting } }).reactor, position);
  expect((await effects(house.log)).counted).toEqual(new Map([["tally-a", 1]]));
  // One read: what follow() aims for, and half as much again, as the first does not know how long events are.
  expect(most).toBeLessThan(12_500_000);
});

test("two reactions with the same name are rejected", () => {
  expect(() => start({ reactions: [answering, answering] })).toThrow('two are named "answering"');
});
