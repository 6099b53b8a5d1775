import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Harness, startApi } from "../../http/harness.ts";
import { clearOfEnd } from "../../support/clock.ts";
import { type SiteFolder, siteFolder } from "../../support/site_folder.ts";

let folder: SiteFolder;
let api: Harness;
beforeAll(async () => {
  folder = await siteFolder({
    "marketing/landing.json": JSON.stringify({
      headlines: [{ id: "main", title: "Jobs you can prove", text: "Every step is kept." }],
      selling_points: [{ id: "proof", title: "Proof", text: "Every step is kept." }],
    }),
  });
  api = await startApi({ public_dir: folder.dir });
});
afterAll(async () => {
  await api.stop();
  await folder[Symbol.asyncDispose]();
});

test("/api/v1/marketing/summary has the texts, and figures only from the log", async () => {
  await clearOfEnd("day");
  const before = await api.ask("/api/v1/marketing/summary");
  expect(before.status).toBe(200);
  expect(before.headers.get("content-type")).toBe("application/json");
  expect(before.body).toEqual({
    headlines: [{ id: "main", title: "Jobs you can prove", text: "Every step is kept." }],
    calls_to_action: [],
    selling_points: [{ id: "proof", title: "Proof", text: "Every step is kept." }],
    figures: (await api.ask("/public/metrics")).body,
  });
  expect(before.body.figures.jobs_today).toBe(0);

  const known = { headers: { "if-none-match": before.headers.get("etag") ?? "" } };
  const again = await api.ask("/api/v1/marketing/summary", known);
  expect([again.status, again.text]).toEqual([304, ""]);

  for (let i = 0; i < 3; i++) await api.submit();
  const deadline = Date.now() + 20_000;
  let after = await api.ask("/api/v1/marketing/summary", known);
  while ((after.status === 304 || after.body.figures.jobs_today < 3) && Date.now() < deadline) {
    await Bun.sleep(50);
    after = await api.ask("/api/v1/marketing/summary", known);
  }
  expect(after.body.figures).toMatchObject({ jobs_today: 3, audit_coverage: 100 });
});
