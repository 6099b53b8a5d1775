import { expect, test } from "bun:test";
import type { ErrorReported } from "../../events/error.ts";
import { errors } from "../../projections/errors.ts";
import { rowSpec } from "../spec.ts";

const id = "0123456789abcdef0123456789abcdef";
const frame = { function: "render", file: "https://app.example.com/app.js", line: 4, column: 12 };
const reported = (data: Partial<ErrorReported> = {}) => ({
  type: "error.reported",
  data: {
    source: "web",
    type: "TypeError",
    message: "x is undefined",
    frames: [frame],
    reports: 1,
    streak: 1,
    ...data,
  },
});

/** The row after a group's events, recorded one second apart from 03:00:01 on. */
const rowAfter = rowSpec(errors, `error-${id}`);

test("an error that is reported for the first time is open", () => {
  expect(rowAfter(reported({ release: "1.2.0" }))).toEqual({
    error_id: id,
    source: "web",
    status: "open",
    type: "TypeError",
    message: "x is undefined",
    frames: [frame],
    url: null,
    release: "1.2.0",
    environment: null,
    reports: 1,
    events: 1,
    first_seen_at: "2026-01-02T03:00:01Z",
    last_seen_at: "2026-01-02T03:00:01Z",
    resolved_at: null,
    position: 101,
  });
});

test("all reports count for which an event stands, and the newest says what the error is", () => {
  const again = reported({ message: "y is undefined", reports: 40, streak: 2, release: "1.3.0" });
  expect(rowAfter(reported({ release: "1.2.0" }), again)).toMatchObject({
    message: "y is undefined",
    release: "1.3.0",
    reports: 41,
    events: 2,
    first_seen_at: "2026-01-02T03:00:01Z",
    last_seen_at: "2026-01-02T03:00:02Z",
    position: 102,
  });
});

test("an error that is reported after it was resolved is open again, and shows when that was", () => {
  const resolved = { type: "error.resolved", data: {} };
  const at = "2026-01-02T03:00:02Z";
  expect(rowAfter(reported(), resolved)).toMatchObject({
    status: "resolved",
    resolved_at: at,
    reports: 1,
    position: 101,
  });
  expect(rowAfter(reported(), resolved, reported())).toMatchObject({ status: "open", resolved_at: at, reports: 2 });
});
