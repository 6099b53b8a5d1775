/** Jobs, from intake to callback. */
import { type Checks, expectProblem, expectStatus, NO_JOB, UUID } from "./checks.ts";
import type { Answer, Client, Frame, Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkIntake(client: Client, { check }: Checks, job: object): Promise<void> {
  const intake = (body: unknown, headers: Record<string, string> = {}) =>
    client.post("/api/v1/intake", body, { headers });
  const payloadOf = (bytes: number) => JSON.stringify({ ...job, payload: { s: "x".repeat(bytes - 8) } });

  await check("POST /api/v1/intake responds with 202, and the status is available at once", async () => {
    const answer = await intake(job);
    expectStatus(answer, 202);
    const { job_id, status } = answer.body;
    expect(UUID.test(job_id) && status === "queued", "a job id and the status queued", answer.body);
    expect(Number(answer.headers.get("levqor-position")) > 0, "a Levqor-Position");
    const found = await client.ask(`/api/v1/status/${job_id}`);
    expectStatus(found, 200);
    expect(found.body.job_id === job_id && Number.isInteger(found.body.created_at), "the job's status", found.body);
    expect("result" in found.body && "error" in found.body, "result and error", found.body);
  });
  await check("a body that is not JSON, not UTF-8, or repeats a key is 400", async () => {
    expectProblem(await intake('{"workflow":'), 400, "malformed_json");
    expectProblem(await intake(new Uint8Array([0x22, 0xff, 0x22])), 400, "malformed_json");
    expectProblem(await intake('{"workflow":"a","workflow":"b","payload":{}}'), 400, "duplicate_key");
    expectProblem(await intake("[".repeat(10_000) + "]".repeat(10_000)), 400, "json_too_deep");
  });
  await check("another content type is 415", async () => {
    expectProblem(await intake(job, { "content-type": "text/plain" }), 415, "unsupported_media_type");
  });
  await check("an invalid body is 422, with a pointer to each error", async () => {
    const answer = await intake({ workflow: "", callback_url: "ftp://example.com", priority: "urgent", extra: 1 });
    expectProblem(answer, 422, "validation_failed");
    const pointers = answer.body.errors.map((error: Json) => error.pointer).sort();
    const wanted = ["/callback_url", "/extra", "/payload", "/priority", "/workflow"];
    expect(pointers.join() === wanted.join(), `errors at ${wanted.join(", ")}`, pointers);
  });
  await check("a payload over 200 KB, and a body over 512 KB, are 413", async () => {
    expectProblem(await intake(payloadOf(204_801)), 413, "payload_too_large");
    expectProblem(await intake(JSON.stringify(job) + " ".repeat(524_288)), 413, "body_too_large");
  });
  await check("Idempotency-Key returns the first response again, and rejects another body", async () => {
    const key = { "idempotency-key": `validate-${crypto.randomUUID()}` };
    const first = await intake(job, key);
    const again = await intake(job, key);
    expectStatus(first, 202);
    expectStatus(again, 202);
    expect(again.text === first.text, "the first response", again.body);
    expect(again.headers.get("idempotency-replayed") === "true", "Idempotency-Replayed: true");
    expectProblem(await intake({ ...job, priority: "low" }, key), 422, "idempotency_key_reused");
    expectProblem(await intake(job, { "idempotency-key": "x".repeat(256) }), 400, "invalid_idempotency_key");
  });
}

export async function checkJob(client: Client, { check }: Checks, job: object): Promise<void> {
  let job_id = NO_JOB;
  let position = 0;
  let history: Frame[] = [];

  await check("an http job runs to its end, and its stream shows every step live", async () => {
    const answer = await client.post("/api/v1/intake", job);
    expectStatus(answer, 202);
    job_id = answer.body.job_id;
    position = Number(answer.headers.get("levqor-position"));
    const ended = (frames: readonly Frame[]) => ["job.succeeded", "job.failed"].includes(frames.at(-1)?.event ?? "");
    history = await client.stream(`/api/v1/jobs/${job_id}/stream`, ended);
    const events = history.map((frame) => frame.event);
    expect(events[0] === "job.submitted" && events.includes("job.started"), "job.submitted, job.started", events);
    const versions = history.map((frame) => frame.data.version);
    expect(
      versions.every((version, i) => version === i + 1),
      "versions 1, 2, 3 …",
      versions,
    );
    expect(history[0]?.id === position, `the first event at position ${position}`, history[0]?.id);
    const { body } = await client.ask(`/api/v1/status/${job_id}`);
    const shown = await client.ask(`/api/v1/jobs/${job_id}`);
    expectStatus(shown, 200);
    expect(shown.body.job_id === job_id && shown.body.status === body.status, "the same job", shown.body);
    // A service that may call only public addresses cannot call itself under another.
    if (["address_refused", "connection_failed"].includes(body.error?.code)) return;
    expect(body.status === "succeeded" && body.error === null, "the job to succeed", body);
    expect(
      body.result.status === 200 && body.result.body.ok === true,
      "the response of /health as its result",
      body.result,
    );
  });
  await check("a stream resumes after Last-Event-ID without gaps or repeats", async () => {
    const [first, ...others] = history;
    expect(first !== undefined && others.length > 0, "a history to resume in");
    const resumed = await client.stream(`/api/v1/jobs/${job_id}/stream`, (frames) => frames.length >= others.length, {
      headers: { "last-event-id": String(first.id) },
    });
    const ids = (frames: readonly Frame[]) => frames.map((frame) => frame.id).join();
    expect(ids(resumed.slice(0, others.length)) === ids(others), `events ${ids(others)}`, ids(resumed));
    expectProblem(
      await client.ask(`/api/v1/jobs/${job_id}/stream`, { headers: { "last-event-id": "x" } }),
      400,
      "invalid_cursor",
    );
  });
  await check("a WebSocket shows what the stream shows, and survives an invalid message", async () => {
    const messages = [
      { type: "nonsense" },
      { type: "subscribe", id: "mine", job_id },
      { type: "subscribe", id: "mine" },
    ];
    const events = (answers: readonly Json[]) => answers.filter((answer) => answer.type === "event");
    const errors = (answers: readonly Json[]) => answers.filter((answer) => answer.type === "error");
    const answers = await client.socket(
      messages,
      (all) => events(all).length >= history.length && errors(all).length >= 2,
    );
    const shown = JSON.stringify(events(answers).map(({ event }) => event));
    expect(
      shown.startsWith(JSON.stringify(history.map(({ data }) => data)).slice(0, -1)),
      "the stream's events",
      shown,
    );
    const codes = errors(answers).map(({ problem }) => problem.error);
    expect(codes.join() === "validation_failed,validation_failed", "validation_failed twice", codes);
    expectProblem(await client.ask("/api/v1/jobs/ws"), 426, "upgrade_required");
  });
  await check("the stream of all jobs shows a new job", async () => {
    let submitted: string | undefined;
    await client.stream(
      "/api/v1/jobs/stream",
      (frames) => frames.some((frame) => frame.event === "job.submitted" && frame.data.job_id === submitted),
      {
        async onConnected() {
          submitted = (await client.post("/api/v1/intake", job)).body.job_id;
        },
      },
    );
  });
  await check("GET /api/v1/jobs/:job_id/events returns the history in pages", async () => {
    const all = await client.ask(`/api/v1/jobs/${job_id}/events?limit=100`);
    expectStatus(all, 200);
    const types = (events: Json[]) => events.map((event) => event.type).join();
    const streamed = history.map((frame) => frame.event).join();
    expect(types(all.body.data).startsWith(streamed), `events ${streamed}`, types(all.body.data));
    for (const event of all.body.data) {
      expect(event.meta.correlation_id === job_id && event.recorded_at.endsWith("Z"), "meta and time", event);
    }
    const first = (await client.ask(`/api/v1/jobs/${job_id}/events?limit=1`)).body;
    expect(first.data.length === 1 && first.has_more === true, "a page of one, and more", first);
    const next = (await client.ask(`/api/v1/jobs/${job_id}/events?limit=1&cursor=${first.next_cursor}`)).body;
    expect(next.data[0]?.version === 2, "version 2 on the second page", next);
  });
  await check("GET /api/v1/jobs lists a new job if asked with its position, filtered and in pages", async () => {
    const headers = { "levqor-min-position": String(position) };
    const list = async (query: string) => {
      const answer = await client.ask(`/api/v1/jobs?${query}`, { headers });
      expectStatus(answer, 200);
      return answer.body;
    };
    const { data } = await list("workflow=http&limit=100");
    expect(
      data.some((row: Json) => row.job_id === job_id),
      "the job in the list",
    );
    const page = await list("limit=1");
    expect(page.data.length === 1 && page.has_more === true, "a page of one, and more", page);
    const next = await list(`limit=1&cursor=${page.next_cursor}`);
    expect(next.data[0]?.job_id !== page.data[0].job_id, "another job on the next page", next);
    const none = await list("created_before=2001-01-01T00:00:00Z");
    expect(none.data.length === 0 && none.has_more === false && none.next_cursor === null, "an empty page", none);
    expectProblem(await client.ask("/api/v1/jobs?limit=101"), 422, "validation_failed");
    expectProblem(await client.ask("/api/v1/jobs?status=done"), 422, "validation_failed");
    expectProblem(await client.ask("/api/v1/jobs?cursor=abc"), 400, "invalid_cursor");
  });
}

export async function checkControl(client: Client, { check }: Checks, job: object): Promise<void> {
  const run_at = new Date(Date.now() + 3_600_000).toISOString();
  let [job_id, replay_id] = [NO_JOB, NO_JOB];
  await check("a job with run_at waits, and its status says for what and until when", async () => {
    const answer = await client.post("/api/v1/intake", { ...job, run_at });
    expectStatus(answer, 202);
    job_id = answer.body.job_id;
    const { body } = await client.ask(`/api/v1/status/${job_id}`);
    const { reason, until } = body.waiting_for ?? {};
    expect(body.status === "queued" && reason === "run_at" && until === run_at, `run_at, ${run_at}`, body);
  });
  await check("cancelling ends it, and repeating that gives the same response", async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await client.ask(`/api/v1/jobs/${job_id}/cancel`, { method: "POST" });
      expectStatus(answer, 200);
      expect(answer.body.status === "cancelled", "the status cancelled", answer.body);
    }
    const { body } = await client.ask(`/api/v1/status/${job_id}`);
    expect(body.status === "cancelled", "the status cancelled", body);
  });
  await check("replaying it creates one new job per key, which names its origin", async () => {
    const headers = { "idempotency-key": `validate-${crypto.randomUUID()}` };
    const ask = () => client.ask(`/api/v1/jobs/${job_id}/replay`, { method: "POST", headers });
    const [first, again] = [await ask(), await ask()];
    expectStatus(first, 202);
    expect(first.body.job_id === again.body.job_id, "the first response", again.body);
    const { body } = await client.ask(`/api/v1/status/${first.body.job_id}`);
    expect(body.origin_job_id === job_id, `origin_job_id ${job_id}`, body);
    replay_id = first.body.job_id;
    expectStatus(await client.ask(`/api/v1/jobs/${replay_id}/cancel`, { method: "POST" }), 200);
    expectProblem(await client.post(`/api/v1/jobs/${replay_id}/replay`, { other: 1 }), 422, "validation_failed");
  });
  await check("a bulk operation counts in a dry run, and does nothing twice for the same key", async () => {
    const body = { filter: { origin_job_id: job_id, status: "cancelled" } };
    const lines = ({ text }: Answer): Json[] =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    const counted = await client.post("/api/v1/jobs/replay", { ...body, dry_run: true });
    expectStatus(counted, 200);
    expect(lines(counted)[0]?.matched === 1, "1 job that was counted", counted.text);
    const headers = { "idempotency-key": `validate-${crypto.randomUUID()}` };
    for (let i = 0; i < 2; i++) {
      const last = lines(await client.post("/api/v1/jobs/replay", body, { headers })).at(-1);
      expect(last?.type === "finished" && last.changed === 1, "1 job that was replayed", last);
    }
    const cancelled = await client.post("/api/v1/jobs/cancel", { filter: { origin_job_id: replay_id } });
    expect(lines(cancelled).at(-1)?.changed === 1, "1 job that was cancelled", cancelled.text);
    expectProblem(await client.post("/api/v1/jobs/cancel", { filter: {} }), 422, "validation_failed");
  });
}

export async function checkCallback(client: Client, { check }: Checks, job: object): Promise<void> {
  await check("GET /api/v1/callbacks/secret shows the same secret for a receiver each time", async () => {
    const ask = () => client.ask("/api/v1/callbacks/secret?receiver=https://example.com/");
    const [one, two] = [await ask(), await ask()];
    expectStatus(one, 200);
    expect(one.body.secret.startsWith("whsec_") && one.body.secret === two.body.secret, "one secret");
  });
  await check("a callback is attempted, each attempt is listed, and it can be redelivered", async () => {
    // Nobody has this name (RFC 6761): no attempt can succeed, and each is recorded.
    const callback = { ...job, callback_url: "http://levqor.invalid/" };
    const { job_id } = (await client.post("/api/v1/intake", callback)).body;
    const callbacks = `/api/v1/jobs/${job_id}/callbacks`;
    const attempts = ["job.callback_attempted", "job.callback_delivered", "job.callback_failed"];
    const attempted = (count: number) => (frames: readonly Frame[]) =>
      frames.filter((frame) => attempts.includes(frame.event)).length >= count;
    await client.stream(`/api/v1/jobs/${job_id}/stream`, attempted(1));
    const redelivery = await client.ask(`${callbacks}/redeliver`, { method: "POST" });
    expectStatus(redelivery, 202);
    expect(redelivery.body.job_id === job_id && redelivery.body.callback === "pending", "a callback", redelivery.body);
    await client.stream(`/api/v1/jobs/${job_id}/stream`, attempted(2));
    const log = await client.ask(callbacks);
    expectStatus(log, 200);
    const [first, ...others] = log.body.data;
    expect(first?.attempt === 1 && first.webhook_id === `msg_${job_id}`, "the first attempt", first);
    expect(typeof first.error?.code === "string", "why it failed", first);
    expect(
      others.some((entry: Json) => entry.outcome === "requested" && entry.actor !== ""),
      "the redelivery and who asked for it",
      others,
    );
    const { job_id: quiet } = (await client.post("/api/v1/intake", job)).body;
    const refused = await client.ask(`/api/v1/jobs/${quiet}/callbacks/redeliver`, { method: "POST" });
    expectProblem(refused, 409, "conflict");
  });
}

export async function checkDevelopment(client: Client, { check }: Checks): Promise<void> {
  const path = `/api/v1/_dev/complete/${NO_JOB}`;
  const probe = await client.post(path, { result: {} });
  if (probe.body?.error === "not_found") {
    await check("POST /api/v1/_dev/complete/:job_id does not exist in production", async () => {
      expectProblem(probe, 404, "not_found");
    });
    return;
  }
  await check("a job that nothing here runs waits, says why, and can be completed by hand", async () => {
    expectProblem(probe, 404, "job_not_found");
    const workflow = `validate-${crypto.randomUUID()}`;
    const { job_id } = (await client.post("/api/v1/intake", { workflow, payload: {} })).body;
    const waiting = (await client.ask(`/api/v1/status/${job_id}`)).body;
    expect(waiting.status === "queued" && waiting.waiting_for?.reason === "worker", "to wait for a worker", waiting);
    const done = await client.post(`/api/v1/_dev/complete/${job_id}`, { result: { by: "hand" } });
    expectStatus(done, 200);
    expect(done.body.ok === true, "ok", done.body);
    const ended = (await client.ask(`/api/v1/status/${job_id}`)).body;
    expect(ended.status === "succeeded" && ended.result.by === "hand", "the job to have succeeded", ended);
    expectProblem(await client.post(`/api/v1/_dev/complete/${job_id}`, { result: {} }), 409, "conflict");
  });
}
