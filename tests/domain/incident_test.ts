import { describe, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { INCIDENT_UPDATES_MAX, incidentDecider } from "../../src/domain/incident.ts";
import { deciderSpec } from "../spec.ts";

const given = deciderSpec(incidentDecider);

const told = { title: "Jobs start late", impact: "minor", message: "We are looking." } as const;
const opened: KnownNewEvent = { type: "incident.opened", data: told };
const updated: KnownNewEvent = { type: "incident.updated", data: { message: "Found.", impact: "major" } };
const resolved: KnownNewEvent = { type: "incident.resolved", data: { message: "Mended." } };

describe("an incident", () => {
  test("is opened, updated and resolved", () => {
    given()
      .when({ type: "open", ...told })
      .then(opened);
    given(opened).when({ type: "update", message: "Found.", impact: "major" }).then(updated);
    given(opened, updated).when({ type: "resolve", message: "Mended." }).then(resolved);
  });

  test("is opened once", () => {
    given(opened)
      .when({ type: "open", ...told })
      .refused("incident_exists");
  });

  test("that does not exist cannot change", () => {
    given().when({ type: "update", message: "?" }).refused("incident_not_found");
    given().when({ type: "resolve", message: "?" }).refused("incident_not_found");
  });

  test("stays resolved", () => {
    given(opened, resolved).when({ type: "update", message: "?" }).refused("incident_resolved");
    given(opened, resolved).when({ type: "resolve", message: "?" }).refused("incident_resolved");
  });

  test("accepts a limited number of updates, and can then still be resolved", () => {
    const updates = Array.from({ length: INCIDENT_UPDATES_MAX - 1 }, () => updated);
    given(opened, ...updates)
      .when({ type: "update", message: "Found.", impact: "major" })
      .then(updated);
    given(opened, ...updates, updated)
      .when({ type: "update", message: "?" })
      .refused("too_many_updates");
    given(opened, ...updates, updated)
      .when({ type: "resolve", message: "Mended." })
      .then(resolved);
  });
});
