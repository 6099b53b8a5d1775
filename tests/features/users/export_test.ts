/** Everything that is held about a user, as a zip file. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { unzipSync } from "fflate";
import { exportOf } from "../../../src/features/users/export.ts";
import { type Harness, post } from "../../http/harness.ts";
import { type Headers, operator, sender, session, startUsers } from "./support.ts";

let api: Harness;
let send: ReturnType<typeof sender>;
beforeAll(async () => {
  api = await startUsers();
  send = sender(api);
});
afterAll(() => api.stop());

interface Exported {
  readonly event_id: string;
  readonly data: Record<string, unknown>;
}

/** The files of an export, parsed. */
async function exported(headers: Headers) {
  const response = await fetch(`${api.url}/api/v1/users/me/exports`, { method: "POST", headers });
  if (!response.ok) throw new Error(`The export answered ${response.status}: ${await response.text()}`);
  const files = unzipSync(await response.bytes());
  const text = new TextDecoder();
  return {
    response,
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, JSON.parse(text.decode(bytes))])),
  };
}

test("an export has the user, their organisations, and all events of theirs, opened", async () => {
  const email = `${crypto.randomUUID()}@example.com`;
  const ada = await session({ email, email_verified: true });
  const eve = await session();
  await send("PATCH", "/me", { name: "Ada", meta: { plan: "team" } }, ada.headers);
  await send("PATCH", "/me", { name: "Eve" }, eve.headers);
  const jobs = await Promise.all(
    [ada, ada, eve].map(({ headers }, n) => api.submit({ workflow: "nobody", payload: { n } }, headers)),
  );
  const org = await api.ask("/api/v1/orgs", post({ name: "Acme" }, ada.headers));
  const inviting = await api.ask("/api/v1/orgs", post({ name: "Inviting" }, eve.headers));
  const { org_id } = inviting.body;
  const invited = await api.ask(`/api/v1/orgs/${org_id}/invitations`, post({ email, role: "viewer" }, eve.headers));
  const { invited_at } = invited.body;

  const { response, files } = await exported(ada.headers);
  expect(response.headers.get("content-type")).toBe("application/zip");
  expect(response.headers.get("content-disposition")).toMatch(/^attachment; filename="levqor-user-\d+\.zip"$/);
  expect(Object.keys(files)).toEqual([
    ...["user.json", "organisations.json", "invitations.json"],
    ...["events/job.json", "events/user.json"],
  ]);
  expect(files["user.json"]).toEqual((await send("GET", "/me", undefined, ada.headers)).body);
  expect(files["organisations.json"]).toEqual([{ org_id: org.body.org_id, role: "owner" }]);
  expect(files["invitations.json"]).toEqual([{ org_id, role: "viewer", invited_at }]);
  const submitted: Exported[] = files["events/job.json"];
  expect(submitted.map(({ event_id }) => event_id).sort()).toEqual(
    jobs
      .slice(0, 2)
      .map(({ job_id }) => `job-${job_id}@1`)
      .sort(),
  );
  expect(submitted.map(({ data }) => data.payload)).toContainEqual({ n: 1 });
  const own: Exported[] = files["events/user.json"];
  expect(own.map(({ event_id }) => event_id)).toEqual([1, 2, 3, 4].map((version) => `user-${ada.user_id}@${version}`));
  expect(own[2]?.data).toEqual({ name: "Ada", meta: { plan: "team" } });
  expect(JSON.stringify(files)).not.toContain(eve.user_id);
});

test("what is recorded after the request is not in it, and no more is read than is taken", async () => {
  const { user_id, headers } = await session();
  const { position } = await api.submit({ workflow: "nobody" }, headers);
  await api.submit({ workflow: "nobody" }, headers);
  let reads = 0;
  const log: Harness["log"] = {
    ...api.personal_log,
    readStream: (...asked) => {
      reads++;
      return api.personal_log.readStream(...asked);
    },
  };
  await send("GET", "/me", undefined, { ...headers, "levqor-min-position": String(await api.log.head()) });
  await api.ask("/api/v1/jobs", { headers: { ...headers, "levqor-min-position": String(await api.log.head()) } });
  await api.projector.waitFor("user_streams", position, 10_000);
  const file = exportOf({ log, vault: api.vault, sql: api.sql, user_id, position, stop: new AbortController().signal });
  const pieces: Uint8Array[] = [(await file.next()).value as Uint8Array];
  expect(reads).toBeLessThanOrEqual(2);
  for await (const piece of file) pieces.push(piece);
  const events = new TextDecoder().decode(unzipSync(Buffer.concat(pieces))["events/job.json"]);
  expect(JSON.parse(events)).toHaveLength(1);
});

test("an export needs a recent sign-in, and no key of the account; operators make it for a user", async () => {
  const late = await session({ iat: Math.floor(Date.now() / 1000) - 3_600 });
  const post = (headers: Headers) => send("POST", "/me/exports", undefined, headers);
  expect((await post(late.headers)).body.error).toBe("step_up_required");
  const { headers, account } = await session();
  await send("GET", "/me", undefined, headers);
  const { files } = await exported({ ...operator, "levqor-account": account });
  expect(files["events/user.json"].at(-1)).toMatchObject({ type: "user.exported", meta: { account } });
  expect((await post(operator)).body.error).toBe("user_required");
});
