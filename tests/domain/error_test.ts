import { describe, expect, test } from "bun:test";
import type { ErrorReported, ReportedError } from "../../events/error.ts";
import type { KnownNewEvent } from "../../events/mod.ts";
import { errorDecider, nextRecording, type ReportCommand } from "../../src/domain/error.ts";
import { deciderSpec } from "../spec.ts";

const given = deciderSpec(errorDecider);

const error: ReportedError = { source: "web", type: "TypeError", message: "x is undefined", frames: [] };
const MINUTE = 60_000;
const NOON = Date.parse("2026-01-15T12:00:00Z");
const reported = (data: Partial<ErrorReported> = {}, at = NOON) => ({
  type: "error.reported" as const,
  data: { ...error, reports: 1, streak: 1, ...data },
  recorded_at: new Date(at).toISOString(),
});
/** As it is recorded: without a time. */
const event = (data: Partial<ErrorReported> = {}): KnownNewEvent => ({
  type: "error.reported",
  data: { ...error, reports: 1, streak: 1, ...data },
});
const report = (more: Partial<ReportCommand> = {}): ReportCommand => ({
  type: "report",
  error,
  reports: 1,
  now: NOON,
  may_begin: true,
  ...more,
});

describe("an error", () => {
  test("is recorded at its first report", () => {
    given().when(report()).then(event());
  });

  test("is not recorded after too many new ones", () => {
    given()
      .when(report({ may_begin: false }))
      .refused("too_many_groups");
  });

  test("that is known is recorded, however many new ones there were", () => {
    given(reported())
      .when(report({ now: NOON + MINUTE, may_begin: false }))
      .then(event({ streak: 2 }));
  });

  test("is recorded again a minute after the first event, with all reports since then", () => {
    given(reported())
      .when(report({ now: NOON + MINUTE - 1, reports: 7 }))
      .then();
    given(reported())
      .when(report({ now: NOON + MINUTE, reports: 7 }))
      .then(event({ reports: 7, streak: 2 }));
  });

  test("is recorded at once if nobody will be there to do it later", () => {
    given(reported())
      .when(report({ now: NOON + 1, reports: 7, at_once: true }))
      .then(event({ reports: 7, streak: 2 }));
  });

  test.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [6, 32],
    [7, 60],
    [40, 60],
    [5_000, 60],
  ])("after %d events in a row is recorded %d minutes later", (streak, minutes) => {
    given(reported({ streak }))
      .when(report({ now: NOON + minutes * MINUTE - 1 }))
      .then();
    given(reported({ streak }))
      .when(report({ now: NOON + minutes * MINUTE }))
      .then(event({ streak: streak + 1 }));
  });

  test("that was quiet for a day starts over", () => {
    const day = 24 * 60 * MINUTE;
    given(reported({ streak: 9 }))
      .when(report({ now: NOON + day - 1 }))
      .then(event({ streak: 10 }));
    given(reported({ streak: 9 }))
      .when(report({ now: NOON + day }))
      .then(event());
  });
});

describe("an error that is resolved", () => {
  const resolved: KnownNewEvent = { type: "error.resolved", data: {} };

  test("must have been reported", () => {
    given(reported()).when({ type: "resolve" }).then(resolved);
    given().when({ type: "resolve" }).refused("error_not_found");
  });

  test("is resolved once", () => {
    given(reported(), resolved).when({ type: "resolve" }).then();
  });

  test("is open again as soon as it is reported, whatever came before", () => {
    given(reported({ streak: 9 }), resolved)
      .when(report({ now: NOON + 1, may_begin: false }))
      .then(event());
    given(reported(), resolved, reported()).when({ type: "resolve" }).then(resolved);
  });
});

test("what was never recorded may be recorded at any time", () => {
  expect(nextRecording(errorDecider.initial)).toBe(0);
});
