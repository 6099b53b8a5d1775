import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { clearOfEnd } from "../../support/clock.ts";
import { eventually } from "../../support/service.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const uptime = async () => (await api.ask("/ops/uptime")).body;

describe("/ops/uptime", () => {
  test("reports nothing before the first start, and then the days since", async () => {
    await clearOfEnd("day");
    // 503 until the read models are built.
    const before = await eventually(async () => {
      const report = await uptime();
      return report.status === "operational" && report;
    });
    expect(before).toMatchObject({ since: null, uptime_percent: null, days: [] });

    const stream_id = `service-${Bun.randomUUIDv7()}`;
    const meta = { actor: "system:test", correlation_id: "test" };
    const started = { type: "service.started", data: { version: "1", build: "test", role: "all" } };
    await api.log.append({ stream_id, expected_version: 0, events: [started], meta });
    const told = await eventually(async () => {
      const report = await uptime();
      return report.days?.length > 0 && report;
    });
    const today = new Date().toISOString().slice(0, 10);
    expect(told.days.at(-1)).toMatchObject({ date: today, incidents: [] });
    expect(told.since).toMatch(/^\d{4}-\d\d-\d\dT/);
    // Less than a minute ago, as a rule: no whole minute to count.
    expect(told.outages).toEqual([]);
  });

  test("has the worst open impact as its status, and lists each day's incidents", async () => {
    const opened = async (impact: string) =>
      (await api.ask("/api/v1/incidents", post({ title: impact, impact, message: "It is so." }))).body.incident_id;
    const ids = [await opened("minor"), await opened("critical"), await opened("maintenance")];
    const told = await eventually(async () => {
      const report = await uptime();
      return report.incidents.length === 3 && report;
    });
    expect(told.status).toBe("critical");
    expect(told.days.at(-1).incidents.toSorted()).toEqual(ids.toSorted());

    await api.ask(`/api/v1/incidents/${ids[1]}/resolve`, post({ message: "It is over." }));
    await eventually(async () => (await uptime()).status === "minor");
    expect((await uptime()).incidents).toHaveLength(3);
  });

  test("may be read by everybody and cached for a while", async () => {
    const { status, headers } = await api.ask("/ops/uptime");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=5");
  });
});
