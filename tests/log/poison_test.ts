import { expect, test } from "bun:test";
import { poisonAt, withPoison } from "../../src/log/mod.ts";

const event = { stream_id: "job-1", version: 2, position: 7, type: "job.started" };

test("what is said of a poison event names it, and can be stored by Postgres", () => {
  const { position, message } = poisonAt(event, new Error("cannot fold \0 and \ud800"));
  expect(position).toBe(7);
  expect(message).toBe("job.started job-1@2 (position 7): cannot fold \ufffd and \ufffd");
  expect(poisonAt(event, "thrown as text").message).toEndWith(": thrown as text");
});

test("a checkpoint has a poison only if an event has stopped it", () => {
  const row = { name: "jobs", position: 6 };
  expect(withPoison({ ...row, poison_position: null, poison_message: null })).toEqual(row);
  const poison = poisonAt(event, new Error("broken"));
  expect(withPoison({ ...row, poison_position: poison.position, poison_message: poison.message })).toEqual({
    ...row,
    poison,
  });
});
