import { afterAll, beforeAll, expect, test } from "bun:test";
import { decode, type EventMeta, type StoredEvent } from "../../events/mod.ts";
import { supportStream, supportSubject } from "../../events/support.ts";
import { supportDecider } from "../../src/domain/support.ts";
import { AppendRefusedError, createOnce, type EventLog, handle, openLog } from "../../src/log/mod.ts";
import { openEvents, personalLog, SealedValueError, type Vault } from "../../src/vault/mod.ts";
import { partsOf, vaultBench } from "./support.ts";

const bench = vaultBench();
let recorded: EventLog;
let vault: Vault;
let log: EventLog;
beforeAll(() => {
  recorded = openLog({ url: bench.url });
  vault = bench.open();
  log = personalLog(recorded, vault);
});
afterAll(() => recorded.close());

const EMAIL = "ada@example.com";
const reply_token = { hash: "0".repeat(64), salt: "1".repeat(64) };
const opened = (message = "My jobs wait.") => ({
  type: "support.opened",
  data: { email: EMAIL, message, reply_token },
});
const answered = { type: "support.message_added", data: { from: "operator", message: "They run again." } };

/** A thread of its own for a test. */
function thread() {
  const id = crypto.randomUUID();
  const subject = supportSubject(id);
  const meta: EventMeta = { actor: "visitor", subject, correlation_id: id };
  return { stream_id: supportStream(id), subject, meta };
}

const dataOf = (events: readonly StoredEvent[]) => events.map((event) => decode(event).data as Record<string, unknown>);

test("what is personal is recorded sealed, and read as it was", async () => {
  const { stream_id, meta } = thread();
  expect(await log.append({ stream_id, expected_version: 0, events: [opened(), answered], meta })).toMatchObject({
    ok: true,
    version: 2,
  });
  const stored = await recorded.readStream(stream_id);
  for (const { data_json } of stored) expect(data_json).not.toMatch(/ada@|wait|run again/);
  expect(dataOf(stored)).toMatchObject([{ reply_token }, { from: "operator" }]);

  const readings = [
    await log.readStream(stream_id),
    (await log.readStreams([stream_id], { limit: 2 })).get(stream_id),
    await openEvents(vault, stored),
  ];
  for (const events of readings) expect(dataOf(events ?? [])).toEqual([opened().data, answered.data]);
  expect(dataOf([...(await log.readFirst([stream_id])).values()])).toEqual([opened().data]);
  expect(dataOf([...(await log.readLast([stream_id])).events.values()])).toEqual([answered.data]);
});

test("ranges, categories and commits are as they are recorded", async () => {
  const { stream_id, meta } = thread();
  const committed: StoredEvent[] = [];
  const stop = log.onCommit(({ events }) => committed.push(...events));
  const appended = await log.append({ stream_id, expected_version: 0, events: [opened()], meta });
  stop();
  const { position } = appended as { position: number };
  const read = [...(await log.readRange(position - 1, 1)), ...(await log.readCategory("support")), ...committed];
  const ours = read.filter((event) => event.stream_id === stream_id);
  expect(ours).toHaveLength(3);
  for (const { data_json } of ours) expect(partsOf(JSON.parse(data_json).email).version).toBe("1");
});

test("after the end of its key, what was recorded reads as null, and says so; its bytes stay", async () => {
  const { stream_id, subject, meta } = thread();
  await log.append({ stream_id, expected_version: 0, events: [opened(), answered], meta });
  const before = await recorded.readStream(stream_id);
  await vault.destroy(subject, ["profile"]);
  const [first, second] = await log.readStream(stream_id);
  expect(first?.erased).toEqual(["/email", "/message"]);
  expect(dataOf([first, second] as StoredEvent[])).toEqual([
    { email: null, message: null, reply_token },
    { from: "operator", message: null },
  ]);
  expect(decode(second as StoredEvent).erased).toEqual(["/message"]);
  expect(await recorded.readStream(stream_id)).toEqual(before);
});

test("work that continues for somebody who was erased leaves nothing readable", async () => {
  const { stream_id, subject, meta } = thread();
  await log.append({ stream_id, expected_version: 0, events: [opened()], meta });
  await vault.destroy(subject, ["profile"]);
  expect(await log.append({ stream_id, expected_version: 1, events: [answered], meta })).toMatchObject({ ok: true });
  expect(dataOf(await log.readStream(stream_id, { after_version: 1 }))).toEqual([{ from: "operator", message: null }]);
});

test("an event that is decided again is sealed again, for its new place", async () => {
  const { stream_id, meta } = thread();
  await log.append({ stream_id, expected_version: 0, events: [opened()], meta });
  const command = (message: string) =>
    handle(log, {
      stream_id,
      decider: supportDecider,
      command: { type: "add_message", from: "sender", message },
      meta,
    });
  const outcomes = await Promise.all(["one", "two", "three"].map(command));
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true]);
  const messages = dataOf(await log.readStream(stream_id, { after_version: 1 })).map(({ message }) => message);
  expect(messages.toSorted()).toEqual(["one", "three", "two"]);
});

test("a repetition is compared with what was sealed", async () => {
  const { stream_id, meta } = thread();
  const create = (message?: string) => createOnce(log, { stream_id, events: [opened(message)], meta });
  expect(await create()).toMatchObject({ ok: true, replayed: false });
  expect(await create()).toMatchObject({ ok: true, replayed: true, event: { data: { email: EMAIL } } });
  expect(await create("Something else.")).toEqual({ ok: false, reason: "key_reused" });
});

test("nothing personal is recorded unless it is said whose it is", async () => {
  const { stream_id, meta } = thread();
  const { subject: _, ...nobodys } = meta;
  const append = (events: readonly { type: string; data: unknown }[]) =>
    log.append({ stream_id, expected_version: 0, events, meta: nobodys });
  await expect(append([opened()])).rejects.toThrow("Cannot append support.opened: whose data it is, is not named");
  expect(await append([{ type: "support.closed", data: { by: "sender" } }])).toMatchObject({ ok: true });
});

test("what the log would refuse is refused with the same reason, and without its value", async () => {
  const { stream_id, meta } = thread();
  const refused = log.append({ stream_id, expected_version: 0, events: [opened("x".repeat(4_001))], meta });
  await refused.catch((error) => {
    expect(error).toBeInstanceOf(AppendRefusedError);
    expect(error.message).toMatch(/support\.opened.*\/message: /);
    expect(error.message).not.toContain("xxx");
  });
  await expect(refused).rejects.toBeInstanceOf(AppendRefusedError);
});

test("a value that was sealed for another place is a fault, not an erasure", async () => {
  const [here, there] = [thread(), thread()];
  await log.append({ stream_id: here.stream_id, expected_version: 0, events: [opened()], meta: here.meta });
  const [{ data_json } = { data_json: "" }] = await recorded.readStream(here.stream_id);
  const [stored] = await recorded.readStream(here.stream_id);
  const moved = { ...(stored as StoredEvent), stream_id: there.stream_id, data_json };
  await expect(openEvents(vault, [moved])).rejects.toBeInstanceOf(SealedValueError);
});
