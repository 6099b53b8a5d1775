import { expect, test } from "bun:test";
import { type SupportThreadRow, supportThreads } from "../../projections/support_threads.ts";
import { rowSpec } from "../spec.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const reply_token = { hash: "0".repeat(64), salt: "1".repeat(64) };
const opened = { type: "support.opened", data: { email: "ada@example.com", message: "Where are they?", reply_token } };
const answered = { type: "support.message_added", data: { from: "operator", message: "They run." } };
const thanked = { type: "support.message_added", data: { from: "sender", message: "Thank you." } };
const closed = { type: "support.closed", data: { by: "operator" } };

const rowAfter = rowSpec(supportThreads, `support-${id}`);

test("a thread shows who wrote last, how much there is, and whether it is closed", () => {
  const row: SupportThreadRow = {
    thread_id: id,
    status: "open",
    messages: 1,
    last_message_from: "sender",
    last_message_at: "2026-01-02T03:00:01Z",
    opened_at: "2026-01-02T03:00:01Z",
    closed_at: null,
    position: 101,
  };
  expect(rowAfter(opened)).toEqual(row);
  expect(rowAfter(opened, answered)).toEqual({
    ...row,
    messages: 2,
    last_message_from: "operator",
    last_message_at: "2026-01-02T03:00:02Z",
  });
  expect(rowAfter(opened, answered, thanked, closed)).toEqual({
    ...row,
    status: "closed",
    messages: 3,
    last_message_at: "2026-01-02T03:00:03Z",
    closed_at: "2026-01-02T03:00:04Z",
  });
});

test("a thread that is reopened is open", () => {
  const reopened = { type: "support.reopened", data: { by: "sender" } };
  expect(rowAfter(opened, closed, reopened)).toMatchObject({ status: "open", closed_at: null, messages: 1 });
});

test("a thread that is erased is over since it was closed, or since then", () => {
  const erased = { type: "support.erased", data: { by: "sender" } };
  expect(rowAfter(opened, erased)).toMatchObject({ status: "erased", closed_at: "2026-01-02T03:00:02Z" });
  expect(rowAfter(opened, closed, erased)).toMatchObject({ status: "erased", closed_at: "2026-01-02T03:00:02Z" });
});

test("nothing of what was written is in it", () => {
  const row = JSON.stringify(rowAfter(opened, answered, thanked, closed));
  for (const text of ["ada", "example.com", "Where", "run", "Thank", "000000"]) expect(row).not.toContain(text);
});

test("what was not opened cannot change, and nothing opens twice", () => {
  expect(() => rowAfter(answered)).toThrow("nothing was opened");
  expect(() => rowAfter(opened, opened)).toThrow(`Cannot open support thread ${id}`);
});
