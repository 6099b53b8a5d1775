import { afterAll, beforeAll, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { type Harness, post, startApi } from "../../http/harness.ts";

const secret = "a secret of no less than 32 bytes";
const jwt = { verify_with: { secret }, issuer: "https://auth.example.com", audience: "authenticated" };
let api: Harness;
beforeAll(async () => {
  api = await startApi({ jwt });
});
afterAll(() => api.stop());

async function session(sub: string): Promise<Record<string, string>> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const token = new SignJWT({ iss: jwt.issuer, aud: jwt.audience, sub, exp }).setProtectedHeader({ alg: "HS256" });
  return { authorization: `Bearer ${await token.sign(new TextEncoder().encode(secret))}` };
}

async function submit(headers: Record<string, string>): Promise<string> {
  const body = { workflow: "http", payload: { url: "https://example.com/" } };
  return (await api.ask("/api/v1/intake", post(body, headers))).body.job_id;
}

test("a job whose caller has running jobs says that it waits for its share of a worker", async () => {
  const [ada, bob] = [await session("ada"), await session("bob")];
  const [first, second, others] = [await submit(ada), await submit(ada), await submit(bob)];
  const of = async (job_id: string, headers: Record<string, string>) => {
    const status = await api.ask(`/api/v1/status/${job_id}`, { headers });
    return status.body.waiting_for;
  };
  expect(await of(second, ada)).toMatchObject({ reason: "worker" });
  const started = await api.log.append({
    stream_id: `job-${first}`,
    expected_version: 1,
    events: [{ type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 600 } }],
    meta: { actor: "worker:w", correlation_id: "test" },
  });
  if (!started.ok) throw new Error("conflict");
  // The list waits for the read model.
  const seen = { ...ada, "levqor-min-position": String(await api.log.head()) };
  const { data } = (await api.ask("/api/v1/jobs", { headers: seen })).body;
  const wait = {
    reason: "caller",
    detail:
      "Waits for a worker: 1 job of the same caller is running, and on each worker a caller may run at most three times as many as there are free slots.",
  };
  expect(data.find(({ job_id }: { job_id: string }) => job_id === second).waiting_for).toEqual(wait);
  expect(data[0]).not.toHaveProperty("caller");
  expect(await of(second, ada)).toEqual(wait);
  expect(await of(others, bob)).toMatchObject({ reason: "worker" });
});
