/** External workers are held to the same limits as those of the service. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** an external client knows no types. */
type Json = Answer["body"];

async function claim(workflow: string, more: object = {}): Promise<Json[]> {
  const body = { worker: "w1", workflows: [workflow], max_jobs: 10, wait_seconds: 0, ...more };
  const answer = await api.ask("/api/v1/workers/claim", post(body));
  if (answer.status !== 200) throw new Error(`The claim answered ${answer.status}: ${answer.text}`);
  return answer.body.jobs;
}
async function complete({ job_id, attempt }: Json): Promise<void> {
  const answer = await api.ask("/api/v1/workers/complete", post({ job_id, attempt, result: {} }));
  expect(answer.status).toBe(200);
}
const idsOf = (jobs: Json[]) => jobs.map(({ job_id }) => job_id);

test("one job of a key at a time is given, and the next as soon as it has finished; others overtake", async () => {
  const workflow = "external-keyed";
  const keyed: string[] = [];
  for (let i = 0; i < 4; i++) keyed.push((await api.submit({ workflow, concurrency_key: "k" })).job_id);
  const free = (await api.submit({ workflow })).job_id;
  const first = await claim(workflow, { wait_seconds: 10 });
  const rest = first.length < 2 ? await claim(workflow, { wait_seconds: 10 }) : [];
  const given = [...first, ...rest];
  expect(idsOf(given).toSorted()).toEqual([keyed[0], free].toSorted() as string[]);
  expect(await claim(workflow)).toEqual([]);
  let holder = given.find(({ job_id }) => job_id !== free);
  for (const next of keyed.slice(1)) {
    const waiting = claim(workflow, { wait_seconds: 20 });
    await Bun.sleep(50);
    await complete(holder);
    const jobs = await waiting;
    expect(idsOf(jobs)).toEqual([next]);
    holder = jobs[0];
  }
}, 60_000);

test("a workflow's limit takes effect soon after it was set", async () => {
  const workflow = "external-narrow";
  const init = { ...post({ concurrency: 3 }), method: "PUT" };
  expect((await api.ask(`/api/v1/workflows/${workflow}/limits`, init)).status).toBe(200);
  for (let i = 0; i < 8; i++) await api.submit({ workflow });
  const jobs: Json[] = [];
  while (jobs.length < 3) jobs.push(...(await claim(workflow, { wait_seconds: 10 })));
  expect(jobs).toHaveLength(3);
  expect(await claim(workflow)).toEqual([]);
  await complete(jobs[0]);
  expect(await claim(workflow, { wait_seconds: 10 })).toHaveLength(1);
  expect(await claim(workflow)).toEqual([]);
}, 60_000);
