/** The service's own jobs: who sees them, and who may use the names of what they run. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { jobStream } from "../../../events/job.ts";
import { scopes } from "../../../src/access/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { openSse } from "../../http/sse_client.ts";

const operator = { "x-api-key": "the-operators-own-key" };
/** All scopes, and all workflows; not the operator. */
let customer: Record<string, string>;
let api: Harness;
let system: { job_id: string; position: number };
let theirs: { job_id: string; position: number };

beforeAll(async () => {
  api = await startApi({ api_keys: [operator["x-api-key"]], timing: { read_model_wait_ms: 10_000 } });
  const key = await api.ask("/api/v1/keys", post({ name: "all", scopes: Object.keys(scopes) }, operator));
  customer = { "x-api-key": key.body.key };
  system = await submitAsSystem();
  theirs = await api.submit({}, customer);
});
afterAll(() => api.stop());

/** As a reaction does. */
async function submitAsSystem(workflow = "levqor.forward") {
  const job_id = Bun.randomUUIDv7();
  const appended = await api.log.append({
    stream_id: jobStream(job_id),
    expected_version: 0,
    events: [{ type: "job.submitted", data: { workflow, payload: { thread_id: "t" } } }],
    meta: { actor: "system:reaction:forwarding", account: "system", correlation_id: job_id },
  });
  if (!appended.ok) throw new Error("The job is there already");
  return { job_id, position: appended.position };
}

async function listed(query: string, headers: Record<string, string>, min = theirs.position): Promise<string[]> {
  const answer = await api.ask(`/api/v1/jobs${query}`, { headers: { ...headers, "levqor-min-position": String(min) } });
  expect(answer.status).toBe(200);
  return answer.body.data.map((job: { job_id: string }) => job.job_id);
}

describe("the list of jobs", () => {
  test("has no jobs of the service's own", async () => {
    for (const headers of [operator, customer]) {
      expect(await listed("", headers)).toEqual([theirs.job_id]);
      expect(await listed("?workflow=levqor.forward", headers)).toEqual([]);
    }
  });

  test("has only those if the operator asks for them", async () => {
    expect(await listed("?account=system", operator)).toEqual([system.job_id]);
    expect(await listed("?account=system&status=failed", operator)).toEqual([]);
  });

  test("has none for anybody else who asks", async () => {
    expect(await listed("?account=system", customer)).toEqual([]);
  });

  test("knows no other account", async () => {
    const answer = await api.ask("/api/v1/jobs?account=operator", { headers: operator });
    expect(answer.body).toMatchObject({ error: "validation_failed", errors: [{ pointer: "?account" }] });
  });
});

describe("one of them", () => {
  const paths = ["/api/v1/status/:id", "/api/v1/jobs/:id", "/api/v1/jobs/:id/events", "/api/v1/jobs/:id/stream"];
  test.each(paths)("is there for the operator alone: %s", async (path) => {
    const url = path.replace(":id", system.job_id);
    expect((await api.ask(url, { headers: customer })).body).toMatchObject({ error: "job_not_found" });
    const found = await fetch(api.url + url, { headers: operator });
    await found.body?.cancel();
    expect(found.status).toBe(200);
  });

  test("waits for a worker of the service, not for an external one", async () => {
    const { body } = await api.ask(`/api/v1/jobs/${system.job_id}`, { headers: operator });
    expect(body.waiting_for).toEqual({ reason: "worker", detail: "Waits for a free worker." });
  });

  test("is cancelled and run again by the operator alone, and remains the service's", async () => {
    const { job_id } = await submitAsSystem();
    for (const action of ["cancel", "replay"]) {
      const refused = await api.ask(`/api/v1/jobs/${job_id}/${action}`, post({}, customer));
      expect([action, refused.status]).toEqual([action, 404]);
    }
    expect((await api.ask(`/api/v1/jobs/${job_id}/cancel`, post({}, operator))).status).toBe(200);
    const other = await api.ask(`/api/v1/jobs/${job_id}/replay`, post({ payload: { thread_id: "u" } }, operator));
    expect(other.body).toMatchObject({ error: "validation_failed", errors: [{ pointer: "/payload" }] });
    const again = await api.ask(`/api/v1/jobs/${job_id}/replay`, post({}, operator));
    expect(again.status).toBe(202);
    const position = Number(again.headers.get("levqor-position"));
    expect(await listed("?account=system", operator, position)).toContain(again.body.job_id);
    expect(await listed("", operator, position)).toEqual([theirs.job_id]);
  });

  test("is left alone by operations on all jobs", async () => {
    const { text } = await api.ask(
      "/api/v1/jobs/cancel",
      post({ dry_run: true, filter: { status: "queued" } }, operator),
    );
    expect(JSON.parse(text)).toMatchObject({ matched: 1 });
  });
});

test("the stream of all jobs has those of customers, or where the operator asks for them those of the service", async () => {
  const [own] = await api.log.readStream(jobStream(system.job_id));
  const [other] = await api.log.readStream(jobStream(theirs.job_id));
  const first = async (query: string, headers: Record<string, string>) => {
    const stream = await openSse(`${api.url}/api/v1/jobs/stream?after=0${query}`, headers);
    const [frame] = await stream.take(1);
    await stream.close();
    return frame?.id;
  };
  expect(own?.position as number).toBeLessThan(other?.position as number);
  expect(await first("", operator)).toBe(other?.position as number);
  expect(await first("", customer)).toBe(other?.position as number);
  expect(await first("&account=system", operator)).toBe(own?.position as number);
});

test("the public figures do not count them", async () => {
  const figures = async () => (await api.ask("/public/metrics")).body.jobs_today;
  const before = await figures();
  await submitAsSystem();
  const { position } = await api.submit({}, customer);
  await listed("", operator, position);
  const { jobs_today } = await until(figures, before);
  expect(jobs_today).toBe(before + 1);
});

/** The figure once it has moved: it follows the log by itself. */
async function until(figures: () => Promise<number>, before: number) {
  while (true) {
    const jobs_today = await figures();
    if (jobs_today !== before) return { jobs_today };
    await Bun.sleep(10);
  }
}

describe("nobody else may use the names of what they run", () => {
  const job = { workflow: "levqor.forward", payload: {} };
  test.each<[string, string, object, string]>([
    ["POST", "/api/v1/intake", job, "/workflow"],
    ["POST", "/api/v1/intake", { ...job, workflow: "levqor." }, "/workflow"],
    ["POST", "/api/v1/schedules", { name: "daily", cron: "0 9 * * *", job }, "/job/workflow"],
    ["POST", "/api/v1/workers/claim", { worker: "w", workflows: ["mine", "levqor.forward"] }, "/workflows/1"],
    ["POST", "/api/v1/jobs/cancel", { filter: { workflow: "levqor.forward" } }, "/filter/workflow"],
    ["PUT", "/api/v1/workflows/levqor.forward/limits", { concurrency: 1 }, "/workflow"],
    [
      "POST",
      "/api/v1/intake",
      { ...job, workflow: "a", steps: [{ id: "a", uses: "levqor.forward" }] },
      "/steps/0/uses",
    ],
  ])("%s %s", async (method, path, body, pointer) => {
    const answer = await api.ask(path, { ...post(body, operator), method });
    expect(answer.body).toMatchObject({ error: "validation_failed", errors: [{ pointer }] });
    if (pointer.endsWith("workflow")) expect(answer.body.detail).toContain('must not begin with "levqor."');
  });

  test.each([
    ["upper case", "Levqor.forward"],
    ["full width", "ｌｅｖｑｏｒ．forward"],
    ["Cyrillic letters", "lеvqоr.forward"],
    ["a digit", "1evq0r.forward"],
    ["mathematical letters", "𝐥𝐞𝐯𝐪𝐨𝐫.forward"],
    ["accents", "lévqör.forward"],
    ["characters without a width", "lev\u200bqor\u2060.forward"],
    ["fillers", "le\u3164v\u115fqor\uffa0.forward"],
    ["an empty Braille pattern", "lev\u2800qor.forward"],
    ["a click letter", "ǀevqor.forward"],
    ["a Greek iota", "Ιevqor.forward"],
    ["a small capital", "ʟevqor.forward"],
    ["a sigma", "levqσr.forward"],
    ["a stroke", "LevqØr.forward"],
    ["white space", " levqor .forward"],
    ["another dot", "levqor․forward"],
  ])("nor does it help to write them with %s", async (_, workflow) => {
    const answer = await api.ask("/api/v1/intake", post({ workflow, payload: {} }, operator));
    expect(answer.body).toMatchObject({ error: "validation_failed", errors: [{ pointer: "/workflow" }] });
  });

  test.each([
    "levqor",
    "levqor-forward",
    "levqor_x",
    "levqors.forward",
    "x.levqor.forward",
    "Счёт.оплата",
    "リンク.forward",
  ])("but %s is a name like any other", async (workflow) => {
    expect((await api.ask("/api/v1/intake", post({ workflow, payload: {} }, operator))).status).toBe(202);
  });
});
