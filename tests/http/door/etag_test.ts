import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Harness, post, startApi } from "../harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const read = (path: string, tag?: string) =>
  api.ask(path, tag === undefined ? {} : { headers: { "if-none-match": tag } });

/** The tag of the response at `path`, after checking that the response is not sent again to a client that has it. */
async function tagOf(path: string): Promise<string> {
  const first = await read(path);
  const tag = first.headers.get("etag");
  if (tag === null) throw new Error(`${path} answered ${first.status} without an ETag`);
  const again = await read(path, tag);
  expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", tag]);
  expect(again.headers.has("content-type")).toBe(false);
  expect((await read(path, '"another"')).text).toBe(first.text);
  return tag;
}

async function finishedJob(): Promise<string> {
  const { job_id } = await api.submit();
  await api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: { ok: true } }));
  return job_id;
}

test("a job's history changes its tag with each event", async () => {
  const { job_id } = await api.submit();
  const path = `/api/v1/jobs/${job_id}/events`;
  const before = await tagOf(path);
  await api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: {} }));
  expect(await tagOf(path)).not.toBe(before);
  expect((await read(path, before)).body.data).toHaveLength(2);
});

test("a page's tag says whether more follow", async () => {
  const { job_id } = await api.submit();
  const path = `/api/v1/jobs/${job_id}/events?limit=1`;
  const before = await tagOf(path);
  await api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: {} }));
  const after = await read(path, before);
  expect([after.status, after.body.has_more]).toEqual([200, true]);
});

test("a job's status has a tag once it has finished, and none while it may change without an event", async () => {
  const { job_id } = await api.submit();
  const finished = await finishedJob();
  for (const path of ["/api/v1/status", "/api/v1/jobs"]) {
    expect((await read(`${path}/${job_id}`)).headers.has("etag")).toBe(false);
    expect((await read(`${path}/${job_id}`, "*")).status).toBe(200);
    await tagOf(`${path}/${finished}`);
  }
});

test("a pipeline's tag is its version, for one of its versions for ever", async () => {
  const steps = [{ id: "nap", sleep: { seconds: 1 } }];
  await api.ask("/api/v1/pipelines", post({ name: "tagged", format: 1, steps }));
  expect(await tagOf("/api/v1/pipelines/tagged")).toBe('"1"');
  await api.ask("/api/v1/pipelines/tagged", {
    ...post({ format: 1, steps, description: "again" }, { "if-match": '"1"' }),
    method: "PUT",
  });
  expect((await read("/api/v1/pipelines/tagged", '"1"')).status).toBe(200);
  expect(await tagOf("/api/v1/pipelines/tagged")).toBe('"2"');
  expect(await tagOf("/api/v1/pipelines/tagged/versions/1")).toBe('"1"');
});

test("a schedule's tag changes with its events", async () => {
  const schedule = { name: "tagged", cron: "0 0 1 1 *", job: { workflow: "http", payload: {} } };
  const { schedule_id } = (await api.ask("/api/v1/schedules", post(schedule))).body;
  const before = await tagOf(`/api/v1/schedules/${schedule_id}`);
  const history = await tagOf(`/api/v1/schedules/${schedule_id}/events`);
  await api.ask(`/api/v1/schedules/${schedule_id}/pause`, { method: "POST" });
  expect((await read(`/api/v1/schedules/${schedule_id}`, before)).body.status).toBe("paused");
  expect((await read(`/api/v1/schedules/${schedule_id}/events`, history)).body.data).toHaveLength(2);
});

test("the marketing summary has a tag of its text", async () => {
  expect(await tagOf("/api/v1/marketing/summary")).toMatch(/^"[\w-]{22}"$/);
});

test("tags are compared weakly, each in a list, and * matches any", async () => {
  const path = `/api/v1/status/${await finishedJob()}`;
  const tag = await tagOf(path);
  for (const header of [`W/${tag}`, `"x", ${tag}`, `"a,b",W/${tag}`, " * "]) {
    expect([header, (await read(path, header)).status]).toEqual([header, 304]);
  }
  for (const header of [tag.slice(1, -1), `"x${tag.slice(1)}`, "", '"', "W/*"]) {
    expect([header, (await read(path, header)).status]).toEqual([header, 200]);
  }
});

test("writes and errors are never 304", async () => {
  const headers = { "if-none-match": "*" };
  expect((await api.ask("/api/v1/intake", post({ workflow: "http", payload: {} }, headers))).status).toBe(202);
  expect((await api.ask("/nowhere", { headers })).status).toBe(404);
});

test("every call that documents 304 uses it, and no other", async () => {
  const { paths } = (await api.ask("/docs/json")).body;
  const documented = Object.entries<Record<string, { responses: object }>>(paths).flatMap(([path, calls]) =>
    Object.entries(calls).flatMap(([method, call]) => ("304" in call.responses ? [`${method} ${path}`] : [])),
  );
  // Each is read above.
  expect(documented.sort()).toEqual([
    "get /api/v1/jobs/{job_id}",
    "get /api/v1/jobs/{job_id}/events",
    "get /api/v1/marketing/summary",
    "get /api/v1/pipelines/{name}",
    "get /api/v1/pipelines/{name}/versions/{version}",
    "get /api/v1/schedules/{schedule_id}",
    "get /api/v1/schedules/{schedule_id}/events",
    "get /api/v1/status/{job_id}",
  ]);
});
