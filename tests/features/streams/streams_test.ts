// Slow: clients that read nothing are disconnected only after seconds, and megabytes have to back up first.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import net from "node:net";
import { SignJWT } from "jose";
import type { StoredEvent } from "../../../events/envelope.ts";
import { jobEvents } from "../../../events/job.ts";
import { openLog } from "../../../src/log/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { openSse, type SseClient } from "../../http/sse_client.ts";
import { recordLarge } from "./support.ts";

let api: Harness;
const clients: SseClient[] = [];
beforeAll(async () => {
  api = await startApi({ timing: { heartbeat_ms: 100, slow_consumer_s: 4 } });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await api.stop();
});

async function open(path: string, headers?: Record<string, string>): Promise<SseClient> {
  const client = await openSse(api.url + path, headers);
  clients.push(client);
  return client;
}
const complete = (job_id: string) => api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: {} }));
const beat = (job_id: string, version: number) =>
  api.log.append({
    stream_id: `job-${job_id}`,
    expected_version: version,
    events: [{ type: "job.heartbeat", data: { attempt: 1, lease_seconds: 30 } }],
    meta: { actor: "worker:test", correlation_id: job_id },
  });
const ids = (frames: { id: number }[]) => frames.map(({ id }) => id);

describe("the stream of one job", () => {
  test("starts with the job's first event and continues live", async () => {
    const { job_id, position } = await api.submit({ payload: { a: 1 } });
    const client = await open(`/api/v1/jobs/${job_id}/stream`);
    expect(client.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(client.response.headers.get("cache-control")).toBe("no-store");
    expect(client.response.headers.get("x-accel-buffering")).toBe("no");
    expect(await client.take(1)).toEqual([
      {
        id: position,
        event: "job.submitted",
        data: {
          position,
          stream_id: `job-${job_id}`,
          job_id,
          version: 1,
          type: "job.submitted",
          data: { workflow: "http", payload: { a: 1 } },
          meta: { actor: "anonymous", correlation_id: job_id, request_id: expect.any(String) },
          recorded_at: expect.stringMatching(/Z$/),
        },
      },
    ]);
    await api.submit();
    await complete(job_id);
    expect(await client.take(1)).toEqual([
      expect.objectContaining({ event: "job.succeeded", data: expect.objectContaining({ version: 2, job_id }) }),
    ]);
  });

  test("shows a body of several lines in one", async () => {
    const answer = await api.ask("/api/v1/intake", post('{\r\n"workflow": "http",\n"payload": {"line": "a\\nb"}\n}'));
    const client = await open(`/api/v1/jobs/${answer.body.job_id}/stream`);
    expect((await client.take(1))[0]?.data.data).toEqual({ workflow: "http", payload: { line: "a\nb" } });
  });

  test("resumes after Last-Event-ID, or after a position, without gaps or repeats, while events come in", async () => {
    const { job_id, position } = await api.submit();
    let version = 1;
    let writing = true;
    const writer = (async () => {
      while (writing) if ((await beat(job_id, version)).ok) version++;
    })();
    const seen: number[] = [];
    for (let i = 0; i < 10; i++) {
      const last = seen.at(-1);
      const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": String(last) };
      const client = await openSse(`${api.url}/api/v1/jobs/${job_id}/stream?after=0`, headers);
      seen.push(...ids(await client.take(7)));
      await client.close();
    }
    writing = false;
    await writer;
    const recorded = await api.log.readStream(`job-${job_id}`, { limit: 70 });
    expect(seen).toEqual(recorded.map((event) => event.position));

    const client = await open(`/api/v1/jobs/${job_id}/stream?after=${position}`);
    expect(ids(await client.take(1))).toEqual([recorded[1]?.position ?? 0]);
  });

  test("shows only the requested types", async () => {
    const { job_id } = await api.submit();
    await complete(job_id);
    const client = await open(`/api/v1/jobs/${job_id}/stream?types=job.failed,job.succeeded`);
    expect((await client.take(1)).map(({ event }) => event)).toEqual(["job.succeeded"]);
  });

  test("rejects an unknown type, and lists the known ones, once", async () => {
    const answer = await fetch(`${api.url}/api/v1/jobs/stream?types=job.failed,job.suceeded`);
    expect(answer.status).toBe(422);
    const problem = await answer.json();
    const last = Object.keys(jobEvents).at(-1) as string;
    expect(problem.errors).toEqual([{ pointer: "?types", message: expect.stringContaining(last) }]);
    expect(problem.detail).toContain('"job.suceeded" is not one of them');
    expect(problem.detail).not.toContain(last);
  });

  test("does not exist for a missing job", async () => {
    const answer = await api.ask("/api/v1/jobs/0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70/stream");
    expect([answer.status, answer.body.error]).toEqual([404, "job_not_found"]);
  });

  test("many at once each see their own job", async () => {
    const jobs = await Promise.all(Array.from({ length: 30 }, () => api.submit()));
    const streams = await Promise.all(jobs.map(({ job_id }) => open(`/api/v1/jobs/${job_id}/stream`)));
    await Promise.all(jobs.map(({ job_id }) => complete(job_id)));
    for (const [i, stream] of streams.entries()) {
      const frames = await stream.take(2);
      expect(frames.map(({ event, data }) => [event, data.job_id])).toEqual([
        ["job.submitted", jobs[i]?.job_id],
        ["job.succeeded", jobs[i]?.job_id],
      ]);
    }
  });
});

describe("the stream of all jobs", () => {
  test("starts with what happens from now on", async () => {
    await api.submit();
    const client = await open("/api/v1/jobs/stream");
    const next = await api.submit();
    const frames = await client.take(1);
    expect(frames.map(({ id, event, data }) => [id, event, data.job_id])).toEqual([
      [next.position, "job.submitted", next.job_id],
    ]);
  });

  test("from the first position, shows every event of every job and nothing else", async () => {
    await api.log.append({
      stream_id: `service-${crypto.randomUUID()}`,
      expected_version: 0,
      events: [{ type: "service.heartbeat", data: {} }],
      meta: { actor: "system:test", correlation_id: "test" },
    });
    await api.submit();
    const recorded = (await api.log.readRange(0, 100_000)).filter((event) => event.stream_id.startsWith("job-"));
    const client = await open("/api/v1/jobs/stream?after=0");
    expect(ids(await client.take(recorded.length))).toEqual(recorded.map((event) => event.position));
  });

  test("shows only one workflow if requested", async () => {
    const { position } = await api.submit();
    const wanted = await api.submit({ workflow: "only me" });
    const other = await api.submit();
    await complete(other.job_id);
    await complete(wanted.job_id);
    const client = await open(`/api/v1/jobs/stream?workflow=only%20me&after=${position}`);
    const frames = await client.take(2);
    expect(frames.map(({ event, data }) => [event, data.job_id])).toEqual([
      ["job.submitted", wanted.job_id],
      ["job.succeeded", wanted.job_id],
    ]);
  });

  test("resumes after Last-Event-ID, whatever ?after says", async () => {
    const [first, second] = [await api.submit(), await api.submit()];
    const client = await open("/api/v1/jobs/stream?after=0", { "last-event-id": String(first.position) });
    expect(ids(await client.take(1))).toEqual([second.position]);
  });

  test("an invalid position is rejected", async () => {
    for (const [query, header, error] of [
      ["?after=-1", undefined, "validation_failed"],
      ["?after=x", undefined, "validation_failed"],
      ["", "x", "invalid_cursor"],
      ["", "-5", "invalid_cursor"],
    ] as const) {
      const headers: Record<string, string> = header === undefined ? {} : { "last-event-id": header };
      expect((await api.ask(`/api/v1/jobs/stream${query}`, { headers })).body.error).toBe(error);
    }
  });

  test("a position beyond the log's end is rejected: its successors may never come", async () => {
    const { job_id } = await api.submit();
    const head = await api.log.head();
    const beyond = [head + 1, "9007199254740991", "9007199254740992", "9223372036854775808", `1${"0".repeat(200)}`];
    const odd = [`0${head}`, `${head}.0`, "1e0", "+1", "0x1", "٣", "1,2"];
    for (const path of ["/api/v1/jobs/stream", `/api/v1/jobs/${job_id}/stream`]) {
      for (const after of beyond) {
        const asked = await api.ask(`${path}?after=${after}`);
        expect([asked.status, asked.body.error, after]).toEqual([400, "invalid_cursor", after]);
        expect(asked.body.detail).toBe(`No event has the position ${after}: it is beyond the end of the log.`);
        const resumed = await api.ask(path, { headers: { "last-event-id": String(after) } });
        expect([resumed.status, resumed.body.error, after]).toEqual([400, "invalid_cursor", after]);
      }
      for (const after of odd) {
        expect((await api.ask(`${path}?after=${encodeURIComponent(after)}`)).body.error).toBe("validation_failed");
        if (after === "٣") continue;
        expect((await api.ask(path, { headers: { "last-event-id": after } })).body.error).toBe("invalid_cursor");
      }
      // The end itself is none beyond it.
      await open(`${path}?after=${head}`);
    }
  });
});

describe("a connection", () => {
  test("that is silent gets heartbeats", async () => {
    const client = await open("/api/v1/jobs/stream");
    setTimeout(() => void api.submit(), 350);
    await client.take(1);
    expect(client.comments.filter((comment) => comment === "heartbeat").length).toBeGreaterThanOrEqual(2);
  });

  test("that the client leaves stops reading the log", async () => {
    const own = await startApi({ own_bus: true });
    const { tail } = own.bus;
    expect(tail.followers).toBe(0);
    const { job_id } = await own.submit();
    const streams = await Promise.all([
      openSse(`${own.url}/api/v1/jobs/stream?after=0`),
      openSse(`${own.url}/api/v1/jobs/${job_id}/stream`),
      openSse(`${own.url}/api/v1/jobs/${job_id}/stream`),
    ]);
    await Promise.all(streams.map((stream) => stream.take(1)));
    // One for the stream of all jobs, one shared by those of single jobs.
    expect(tail.followers).toBe(2);
    await Promise.all(streams.map((stream) => stream.close()));
    await until(() => tail.followers === 0);
    await own.stop();
  });

  test("ends when the service stops", async () => {
    const own = await startApi();
    const { job_id } = await own.submit();
    const streams = await Promise.all([
      openSse(`${own.url}/api/v1/jobs/stream?after=0`),
      openSse(`${own.url}/api/v1/jobs/${job_id}/stream`),
    ]);
    for (const stream of streams) await stream.take(1);
    own.shutDown();
    for (const stream of streams) {
      expect(await stream.rest()).toEqual([]);
      expect(stream.closed()).toMatchObject({ reason: "stopping" });
    }
    await own.stop();
  });

  test("whose client reads nothing for a while learns, when it reads again, that it was cut off", async () => {
    const own = await startApi({ timing: { slow_consumer_s: 4 } });
    await recordLarge(own, 100);
    const socket = net.connect(Number(new URL(own.url).port), "127.0.0.1");
    let received = "";
    const ended = new Promise<void>((resolve) => socket.on("end", resolve));
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.write("GET /api/v1/jobs/stream?after=0 HTTP/1.1\r\nHost: api\r\n\r\n");
    socket.pause();
    await until(() => own.logged.some(({ reason }) => reason === "slow_consumer"));
    socket.resume();
    await ended;
    const [last] = received.split("\n\n").slice(-2);
    expect(last).toEndWith(
      `event: closed\ndata: {"reason":"slow_consumer","detail":"Nothing was read for too long. Connect again and resume."}`,
    );
    // The end of the answer itself: it was not torn off.
    expect(received).toEndWith("\r\n0\r\n\r\n");
    await own.stop();
  }, 60_000);

  test("whose client never reads is cut off, and little is buffered for it", async () => {
    const { position } = await api.submit();
    await recordLarge(api, 200);
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await until(() => api.connections() === 0);
    const before = process.memoryUsage().rss;
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: Number(new URL(api.url).port),
      socket: {
        open(it) {
          it.write(`GET /api/v1/jobs/stream?after=${position} HTTP/1.1\r\nHost: api\r\n\r\n`);
          it.pause();
        },
        data() {},
      },
    });
    await until(() => api.connections() === 1);
    await Bun.sleep(1_000);
    // 30 MB wait for it; one batch of them is in memory at most.
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    await until(() => api.connections() === 0);
    socket.terminate();
  }, 60_000);
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return;
    await Bun.sleep(10);
  }
  throw new Error(`Waited in vain for ${condition}`);
}

describe("one process", () => {
  let own: Harness;
  beforeAll(async () => {
    own = await startApi({ max_streams: 2, timing: { heartbeat_ms: 100 } });
  });
  afterAll(() => own.stop());

  /** Opens streams until there are two; those that were closed take a moment to be gone. */
  async function openTwo(): Promise<SseClient[]> {
    const open: SseClient[] = [];
    const deadline = performance.now() + 15_000;
    while (open.length < 2) {
      if (performance.now() > deadline) throw new Error(`${open.length} streams could be opened`);
      await openSse(`${own.url}/api/v1/jobs/stream`).then(
        (client) => open.push(client),
        () => Bun.sleep(20),
      );
    }
    return open;
  }

  test("keeps a limited number of streams open, of one job or of all, and rejects others until one has left", async () => {
    const { job_id } = await own.submit();
    const all = await openSse(`${own.url}/api/v1/jobs/stream`);
    const one = await openSse(`${own.url}/api/v1/jobs/${job_id}/stream`);
    for (const path of ["/api/v1/jobs/stream", `/api/v1/jobs/${job_id}/stream`]) {
      const refused = await own.ask(path);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(refused.body).toMatchObject({
        error: "too_many_streams",
        detail: "This process keeps 2 streams of this kind open, its maximum.",
      });
    }
    await all.close();
    await one.close();
    for (const client of await openTwo()) await client.close();
  });

  test("keeps a share of them for one caller, and the rest for others; the operator may use all", async () => {
    const [key, secret] = ["k".repeat(24), "a secret of no less than 32 bytes"];
    const jwt = { verify_with: { secret }, issuer: "https://auth.example.com", audience: "authenticated" };
    const shared = await startApi({ max_streams: 6, caller_share: 0.34, api_keys: [key], jwt });
    const opened: SseClient[] = [];
    try {
      const exp = Math.floor(Date.now() / 1000) + 600;
      const session = async (sub: string) => ({
        authorization: `Bearer ${await new SignJWT({ iss: jwt.issuer, aud: jwt.audience, sub, exp })
          .setProtectedHeader({ alg: "HS256" })
          .sign(new TextEncoder().encode(secret))}`,
      });
      const jobOf = async (headers: Record<string, string>) => (await shared.submit({}, headers)).job_id;
      const operator = { "x-api-key": key };
      for (const headers of [await session("ada"), await session("bob")]) {
        const path = `/api/v1/jobs/${await jobOf(headers)}/stream`;
        for (let index = 0; index < 2; index++) opened.push(await openSse(shared.url + path, headers));
        const refused = await shared.ask(path, { headers });
        expect([refused.status, refused.headers.get("retry-after"), refused.body.error, refused.body.detail]).toEqual([
          503,
          "5",
          "too_many_streams",
          "This process keeps 2 streams of this kind open for one caller, its maximum.",
        ]);
      }
      for (let index = 0; index < 2; index++) {
        opened.push(await openSse(`${shared.url}/api/v1/jobs/stream`, operator));
      }
      const refused = await shared.ask("/api/v1/jobs/stream", { headers: operator });
      expect(refused.body.detail).toBe("This process keeps 6 streams of this kind open, its maximum.");
    } finally {
      await Promise.all(opened.map((client) => client.close()));
      await shared.stop();
    }
  });

  test("lets streams whose filter matches nothing read the log in turn, one at a time for each caller", async () => {
    let reading = 0;
    let most = 0;
    let reads = 0;
    const scanned = await startApi({
      openApiLog: (url) => {
        const log = openLog({ url });
        const read = log.readRange.bind(log);
        const readRange: typeof log.readRange = async (after, limit) => {
          reads++;
          most = Math.max(most, ++reading);
          try {
            return await read(after, limit);
          } finally {
            reading--;
          }
        };
        return Object.assign(log, { readRange });
      },
    });
    try {
      for (let index = 0; index < 120; index++) await scanned.submit();
      const path = "/api/v1/jobs/stream?after=0&workflow=nobody_runs_this";
      const streams = await Promise.all(Array.from({ length: 20 }, () => openSse(scanned.url + path)));
      // Each of them has come to the end when it shows what is recorded then.
      const wanted = streams.map((stream) => stream.take(1));
      await scanned.submit({ workflow: "nobody_runs_this" });
      expect((await Promise.all(wanted)).flat()).toHaveLength(20);
      // What is recent need not be read again: the follower of the log still has it.
      expect(reads).toBeGreaterThanOrEqual(20);
      // One more for those who follow single jobs.
      expect(most).toBeLessThanOrEqual(2);
      await Promise.all(streams.map((stream) => stream.close()));
    } finally {
      await scanned.stop();
    }
  }, 60_000);

  test("reads single jobs in turn, too, for streams whose filter matches nothing and for callback logs", async () => {
    let reading = 0;
    let most = 0;
    const reads = { all: 0 };
    const scanned = await startApi({
      openApiLog: (url) => {
        const log = openLog({ url });
        const read = log.readStream.bind(log);
        const readStream: typeof log.readStream = async (stream_id, options) => {
          // The first event alone says whether there is such a job.
          if (options?.limit === 1) return await read(stream_id, options);
          reads.all++;
          most = Math.max(most, ++reading);
          try {
            return await read(stream_id, options);
          } finally {
            reading--;
          }
        };
        return Object.assign(log, { readStream });
      },
    });
    try {
      const { job_id } = await scanned.submit();
      const meta = { actor: "system:test", correlation_id: job_id };
      const version = { attempt: 1, lease_seconds: 600 };
      const events = [
        { type: "job.started", data: { ...version, worker: "w" } },
        ...Array.from({ length: 119 }, () => ({ type: "job.heartbeat", data: version })),
      ];
      expect((await scanned.log.append({ stream_id: `job-${job_id}`, expected_version: 1, events, meta })).ok).toBe(
        true,
      );
      const path = `/api/v1/jobs/${job_id}/stream?types=job.cancelled`;
      const streams = await Promise.all(Array.from({ length: 20 }, () => openSse(scanned.url + path)));
      const wanted = streams.map((stream) => stream.take(1));
      const logs = await Promise.all(Array.from({ length: 20 }, () => scanned.ask(`/api/v1/jobs/${job_id}/callbacks`)));
      expect(logs.map(({ status, body }) => [status, body.data])).toEqual(new Array(20).fill([200, []]));
      expect(reads.all).toBeGreaterThanOrEqual(40 * 3);
      // One caller has one read at a time.
      expect(most).toBe(1);
      await scanned.ask(`/api/v1/jobs/${job_id}/cancel`, { method: "POST" });
      expect((await Promise.all(wanted)).flat()).toHaveLength(20);
      await Promise.all(streams.map((stream) => stream.close()));
    } finally {
      await scanned.stop();
    }
  }, 60_000);

  test("reads long events a few at a time, for streams of one job and of all", async () => {
    const read: number[] = [];
    const note = (events: readonly StoredEvent[]) => {
      if (events.length > 1) read.push(events.reduce((sum, { data_json }) => sum + data_json.length, 0));
      return events as StoredEvent[];
    };
    const scanned = await startApi({
      openApiLog: (url) => {
        const log = openLog({ url });
        const [readStream, readRange] = [log.readStream.bind(log), log.readRange.bind(log)];
        return Object.assign(log, {
          readStream: (async (...args) => note(await readStream(...args))) as typeof log.readStream,
          readRange: (async (...args) => note(await readRange(...args))) as typeof log.readRange,
        });
      },
    });
    try {
      const { job_id } = await scanned.submit();
      const meta = { actor: "system:test", correlation_id: job_id };
      const version = { attempt: 1, lease_seconds: 600 };
      const events = [
        { type: "job.started", data: { ...version, worker: "w" } },
        ...Array.from({ length: 30 }, () => ({ type: "job.heartbeat", data: version })),
        ...Array.from({ length: 30 }, (_, i) => ({
          type: "job.step_succeeded",
          data: {
            attempt: 1,
            step: `s${i}`,
            step_attempt: 1,
            output_length: 80_000,
            output: "字".repeat(i % 2 ? 20_000 : 80_000),
          },
        })),
      ];
      const appended = await scanned.log.append({ stream_id: `job-${job_id}`, expected_version: 1, events, meta });
      expect(appended.ok).toBe(true);
      read.length = 0;
      for (const path of [`/api/v1/jobs/${job_id}/stream`, "/api/v1/jobs/stream?after=0"]) {
        const stream = await openSse(scanned.url + path);
        expect(await stream.take(62)).toHaveLength(62);
        await stream.close();
      }
      expect(read.length).toBeGreaterThan(0);
      expect(Math.max(...read)).toBeLessThanOrEqual(65_536);
    } finally {
      await scanned.stop();
    }
  }, 60_000);

  test("forgets streams that were never established", async () => {
    for (let i = 0; i < 3; i++) {
      expect((await own.ask(`/api/v1/jobs/${Bun.randomUUIDv7()}/stream`)).status).toBe(404);
      expect((await own.ask("/api/v1/jobs/stream?after=x")).status).toBe(422);
      const head = await own.ask("/api/v1/jobs/stream", { method: "HEAD" });
      expect([200, 503]).toContain(head.status);
    }
    for (const client of await openTwo()) await client.close();
  });
});
