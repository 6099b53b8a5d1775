import { expect, test } from "bun:test";
import { incidents } from "../../projections/incidents.ts";
import { rowSpec } from "../spec.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const opened = { type: "incident.opened", data: { title: "Late", impact: "minor", message: "We look." } };
const worse = { type: "incident.updated", data: { message: "It is worse.", impact: "major" } };
const still = { type: "incident.updated", data: { message: "Still so." } };
const resolved = { type: "incident.resolved", data: { message: "Over." } };

const rowAfter = rowSpec(incidents, `incident-${id}`);

test("an incident has its updates, in order, each with the impact that it had then", () => {
  expect(rowAfter(opened, worse, still, resolved)).toEqual({
    incident_id: id,
    title: "Late",
    status: "resolved",
    account: null,
    impact: "major",
    opened_at: "2026-01-02T03:00:01Z",
    resolved_at: "2026-01-02T03:00:04Z",
    messages: [
      { status: "opened", message: "We look.", impact: "minor", at: "2026-01-02T03:00:01Z" },
      { status: "updated", message: "It is worse.", impact: "major", at: "2026-01-02T03:00:02Z" },
      { status: "updated", message: "Still so.", impact: "major", at: "2026-01-02T03:00:03Z" },
      { status: "resolved", message: "Over.", impact: "major", at: "2026-01-02T03:00:04Z" },
    ],
    position: 101,
  });
  expect(rowAfter(opened)).toMatchObject({ status: "open", impact: "minor", resolved_at: null });
  const meta = { actor: "key:1", account: "org:1", correlation_id: id };
  expect(rowAfter({ ...opened, meta })).toMatchObject({ account: "org:1" });
});

test("what was not opened cannot change, and nothing opens twice", () => {
  expect(() => rowAfter(still)).toThrow("it was not opened");
  expect(() => rowAfter(opened, opened)).toThrow(`Cannot open incident ${id}`);
});
