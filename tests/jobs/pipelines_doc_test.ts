/** The example of public/docs/pipelines.md, run exactly as it is there, against a stand-in for the external service. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { connectors } from "../../connectors/mod.ts";
import type { PipelineDefinition } from "../../events/pipeline.ts";
import { stepFaults } from "../../src/domain/pipeline/pipeline_check.ts";
import { EVERYTHING } from "../../src/domain/reach.ts";
import { commandJob } from "../../src/jobs/mod.ts";
import { decodeKept } from "../../src/json/mod.ts";
import { openService, until } from "./support.ts";

const users = ["Ann", "Bob", "Cid"].map((name) => ({ name, email: `${name.toLowerCase()}@example.com` }));
const received: { path: string; body: unknown }[] = [];
const outside = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    received.push({ path: pathname + search, body: request.method === "POST" ? await request.json() : null });
    if (pathname === "/users") return Response.json({ users });
    return Response.json({ id: received.filter(({ path }) => path === pathname).length });
  },
});
afterAll(() => outside.stop(true));

test("the guide's example runs", async () => {
  const guide = await Bun.file(join(import.meta.dir, "../../public/docs/pipelines.md")).text();
  const json = /```json\n(.*?)```/s.exec(guide)?.[1]?.replaceAll("https://example.com", outside.url.origin) ?? "";
  const { name, ...definition } = JSON.parse(json) as PipelineDefinition & { name: string };
  expect(stepFaults(definition.steps, new Set(connectors.keys()))).toEqual([]);

  const service = await openService();
  try {
    const meta = { actor: "key:author", correlation_id: name };
    const events = [{ type: "pipeline.created", data: { definition } }];
    await service.log.append({ stream_id: `pipeline-${name}`, expected_version: 0, events, meta });
    service.start({ connectors });
    const id = await service.submit(name, { payload: { since: "2026-01-01" } });
    const asked = await until(
      async () => {
        const state = await service.state(id);
        return state.waiting === "approval" && state;
      },
      { what: "the job to ask" },
    );
    expect(asked.step_states.get("approve")?.message).toBe("Write to 3 users?");
    const command = {
      type: "approve",
      step: "approve",
      approved: true,
      by: "key:boss",
      party: new Set(["key:boss"]),
    } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: id, command, meta });
    const { result } = await service.reaches(id, "succeeded");
    expect(decodeKept(result)).toMatchObject({ status: 200 });
    expect(received.map(({ path }) => path)).toEqual([
      "/users?since=2026-01-01",
      "/mails",
      "/mails",
      "/mails",
      "/reports",
    ]);
    const mails = received.filter(({ path }) => path === "/mails").map(({ body }) => (body as { text: string }).text);
    expect(mails.toSorted()).toEqual(users.map(({ name }, n) => `Hello ${name}, you are number ${n + 1}.`));
    const sent = expect.arrayContaining([1, 2, 3]);
    expect(received.at(-1)?.body).toEqual({ sent, approved_by: "key:boss" });
  } finally {
    await service.close();
  }
}, 30_000);
