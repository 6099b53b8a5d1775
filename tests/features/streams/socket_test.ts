// Slow: clients that read nothing are disconnected only after seconds, and megabytes have to back up first.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import net from "node:net";
import { type Harness, type HarnessOptions, post, startApi } from "../../http/harness.ts";
import { type Message, openSocket, type SocketClient, type SocketOptions } from "../../http/socket_client.ts";
import { recordLarge } from "./support.ts";

let api: Harness;
const clients: SocketClient[] = [];
const others: Harness[] = [];
beforeAll(async () => {
  api = await startApi();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const other of others.splice(0)) await other.stop();
});
afterAll(() => api.stop());

async function open(options?: SocketOptions, { url } = api): Promise<SocketClient> {
  const client = await openSocket(url, options);
  clients.push(client);
  return client;
}
async function startOther(options: HarnessOptions): Promise<Harness> {
  const other = await startApi(options);
  others.push(other);
  return other;
}
const complete = (job_id: string) => api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: {} }));
const positions = (events: Message[]) => events.map(({ event }) => event.position);

async function subscribe(client: SocketClient, request: object): Promise<Message> {
  client.send({ type: "subscribe", ...request });
  const answer = await client.next();
  expect(answer.type).toBe("subscribed");
  return answer;
}

describe("a subscription", () => {
  test("after a position that no event has yet is refused: what follows it may never come", async () => {
    const { job_id } = await api.submit();
    const head = await api.log.head();
    const client = await open();
    for (const wanted of [{ all: true }, { job_id }]) {
      for (const after of [head + 1, 2 ** 53 - 1, 2 ** 53, 1e300]) {
        client.send({ type: "subscribe", id: "beyond", ...wanted, after });
        const { type, id, problem } = await client.next();
        expect([type, id, problem.status, problem.error]).toEqual(["error", "beyond", 400, "invalid_cursor"]);
      }
      for (const after of [-1, 0.5, "1", null, true, [1]]) {
        client.send({ type: "subscribe", id: "odd", ...wanted, after });
        expect((await client.next()).problem.error).toBe("validation_failed");
      }
    }
    expect(await subscribe(client, { id: "end", all: true, after: head })).toMatchObject({ after: head });
  });

  test("to one job starts with its first event, continues live, and shows what SSE shows", async () => {
    const { job_id, position } = await api.submit({ payload: { a: 1 } });
    const client = await open();
    expect(await subscribe(client, { id: "mine", job_id: job_id.toUpperCase() })).toEqual({
      type: "subscribed",
      id: "mine",
      after: 0,
    });
    expect(await client.events(1)).toEqual([
      {
        type: "event",
        id: "mine",
        event: {
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
    expect(await client.events(1)).toEqual([
      expect.objectContaining({ event: expect.objectContaining({ type: "job.succeeded", job_id, version: 2 }) }),
    ]);
  });

  test("to all jobs starts with what happens from now on, and gets a name if it has none", async () => {
    await api.submit();
    const client = await open();
    expect(await subscribe(client, { all: true })).toEqual({
      type: "subscribed",
      id: "1",
      after: await api.log.head(),
    });
    const { position } = await api.submit();
    expect(positions(await client.events(1))).toEqual([position]);
  });

  test("can be limited to some types, and to one workflow, including jobs that were submitted before", async () => {
    const early = await api.submit({ workflow: "wanted" });
    const other = await api.submit({ workflow: "other" });
    const client = await open();
    await subscribe(client, { id: "types", all: true, types: ["job.succeeded"] });
    await subscribe(client, { id: "workflow", all: true, workflow: "wanted", after: other.position });
    await subscribe(client, { id: "both", all: true, workflow: "wanted", types: ["job.succeeded"] });
    await complete(other.job_id);
    await complete(early.job_id);
    const late = await api.submit({ workflow: "wanted" });
    const events = await client.events(5);
    const of = (id: string) =>
      events.filter((message) => message.id === id).map(({ event }) => [event.type, event.job_id]);
    expect(of("types")).toEqual([
      ["job.succeeded", other.job_id],
      ["job.succeeded", early.job_id],
    ]);
    expect(of("workflow")).toEqual([
      ["job.succeeded", early.job_id],
      ["job.submitted", late.job_id],
    ]);
    expect(of("both")).toEqual([["job.succeeded", early.job_id]]);
  });

  test("resumes from any position without gaps or repeats, while events come in, across connections", async () => {
    const before = await api.log.head();
    let writing = true;
    const writer = (async () => {
      while (writing) await api.submit();
    })();
    const seen: number[] = [];
    for (let i = 0; i < 8; i++) {
      const client = await openSocket(api.url);
      client.send({ type: "subscribe", all: true, after: seen.at(-1) ?? before });
      expect((await client.next()).after).toBe(seen.at(-1) ?? before);
      seen.push(...positions(await client.events(20)));
      client.close();
    }
    writing = false;
    await writer;
    const recorded = await api.log.readRange(before, 160);
    expect(seen).toEqual(recorded.map((event) => event.position));
  });

  test("ends when told to: nothing comes after `unsubscribed`, and the others continue", async () => {
    const { job_id } = await api.submit();
    const client = await open();
    await subscribe(client, { id: "one", all: true });
    await subscribe(client, { id: "other", all: true });
    client.send({ type: "unsubscribe", id: "one" });
    expect(await client.next()).toEqual({ type: "unsubscribed", id: "one" });
    await complete(job_id);
    await api.submit();
    expect((await client.events(2)).map(({ id }) => id)).toEqual(["other", "other"]);
    // Its name is free again.
    await subscribe(client, { id: "one", job_id });
  });

  test("is one of at most 32", async () => {
    const { job_id, position } = await api.submit();
    const client = await open();
    for (let i = 0; i < 32; i++) await subscribe(client, { id: `s${i}`, job_id, after: position });
    client.send({ type: "subscribe", id: "more", job_id });
    expect(await client.next()).toMatchObject({
      type: "error",
      id: "more",
      problem: { error: "too_many_subscriptions", status: 429 },
    });
    client.send({ type: "unsubscribe", id: "s7" });
    expect((await client.next()).type).toBe("unsubscribed");
    await subscribe(client, { id: "more", job_id, after: position });
    await complete(job_id);
    const names = (await client.events(32)).map(({ id }) => id);
    expect(new Set(names).size).toBe(32);
    expect(names).toContain("more");
  });

  test("whose client leaves stops reading the log", async () => {
    const own = await startOther({ own_bus: true });
    const { tail } = own.bus;
    expect(tail.followers).toBe(0);
    const { job_id, position } = await own.submit();
    const client = await openSocket(own.url);
    await subscribe(client, { all: true });
    await subscribe(client, { job_id, after: position });
    await own.submit();
    await client.events(1);
    await until(() => tail.followers === 2);
    client.close();
    await until(() => tail.followers === 0);
  });
});

describe("a message", () => {
  test("that is rejected gets the reason, and the connection continues", async () => {
    const { job_id } = await api.submit();
    const client = await open();
    await subscribe(client, { id: "taken", all: true });
    const bad: [object | string | Uint8Array<ArrayBuffer>, string, string][] = [
      ["{", "malformed_json", "The message is not valid JSON"],
      ["1", "validation_failed", "must be an object"],
      ["[]", "validation_failed", "must be an object"],
      [new Uint8Array([1, 2]), "malformed_json", "The message is binary; JSON text is expected."],
      [`{"type":"ping","n":1e400}`, "number_not_representable", "the number at /n is not an integer of 64 bits"],
      [`{"type":"ping","type":"ping"}`, "duplicate_key", 'An object of the message repeats the key "type".'],
      [{}, "validation_failed", "/type must be one of subscribe, unsubscribe, ping."],
      [{ type: "nonsense" }, "validation_failed", "/type must be one of subscribe, unsubscribe, ping."],
      [{ type: "subscribe" }, "validation_failed", "/job_id or /all must be given, and not both."],
      [{ type: "subscribe", all: true, job_id }, "validation_failed", "/job_id or /all must be given, and not both."],
      [{ type: "subscribe", job_id: "x" }, "validation_failed", "/job_id must be a UUID."],
      [{ type: "subscribe", all: false }, "validation_failed", "/all must be true."],
      [{ type: "subscribe", all: true, after: -1 }, "validation_failed", "/after must be at least 0."],
      [{ type: "subscribe", all: true, types: [] }, "validation_failed", "/types"],
      [{ type: "subscribe", all: true, colour: 1 }, "validation_failed", "/colour is not supported here."],
      [{ type: "subscribe", all: true, id: "" }, "validation_failed", "/id must have at least 1 character."],
      [
        { type: "subscribe", all: true, id: "x".repeat(65) },
        "validation_failed",
        "/id must have at most 64 characters.",
      ],
      [{ type: "subscribe", all: true, id: "taken" }, "subscription_exists", '"taken"'],
      [{ type: "subscribe", job_id: crypto.randomUUID() }, "job_not_found", "No job has the id"],
      [{ type: "unsubscribe" }, "validation_failed", "/id is missing."],
      [{ type: "unsubscribe", id: "nobody" }, "subscription_not_found", '"nobody"'],
    ];
    for (const [message, code, detail] of bad) {
      if (message instanceof Uint8Array) client.sendBinary(message);
      else client.send(message);
      const answer = await client.next();
      expect([answer.type, answer.problem.error]).toEqual(["error", code]);
      expect(answer.problem.detail).toContain(detail);
      expect(answer.problem).toMatchObject({ instance: "/api/v1/jobs/ws", type: `/problems/${code}` });
    }
    // The response names the message by its id, if that is valid.
    const ids = ["", "x", "😀".repeat(64), "😀".repeat(65)];
    for (const id of ids) client.send({ type: "nonsense", id });
    const named: unknown[] = [];
    for (const _ of ids) named.push((await client.next()).id);
    expect(named).toEqual([undefined, "x", "😀".repeat(64), undefined]);
    client.send({ type: "ping", id: "still-here" });
    expect(await client.next()).toEqual({ type: "pong", id: "still-here" });
    await api.submit();
    expect((await client.events(1))[0].id).toBe("taken");
  });

  test("has at most 16,384 bytes; above 65,536 the connection is closed", async () => {
    const client = await open();
    const ofLength = (bytes: number) => {
      const bare = JSON.stringify({ type: "ping", id: "ü" });
      return bare + " ".repeat(bytes - Buffer.byteLength(bare));
    };
    client.send(ofLength(16_384));
    expect(await client.next()).toEqual({ type: "pong", id: "ü" });
    client.send(ofLength(16_385));
    expect((await client.next()).problem).toMatchObject({ error: "message_too_large", status: 413 });
    client.send(ofLength(65_536));
    expect((await client.next()).problem).toMatchObject({ error: "message_too_large" });
    client.send(ofLength(65_537));
    expect((await client.rest()).code).toBe(1009);
  });
});

describe("the upgrade", () => {
  const key = "the-key/with=odd+signs";
  const offered = Buffer.from(key).toString("base64url");

  test("needs the key: in the header, or, for browsers, among the protocols", async () => {
    const own = await startOther({ api_keys: [key] });
    const withHeader = await open({ headers: { "x-api-key": key } }, own);
    expect(withHeader.protocol).toBe("");
    const asBrowser = await open({ protocols: ["levqor.v1", `levqor.key.${offered}`] }, own);
    expect(asBrowser.protocol).toBe("levqor.v1");
    // Whatever the order: the key is never what is answered.
    const reversed = await open({ protocols: [`levqor.key.${offered}`, "levqor.v1"] }, own);
    expect(reversed.protocol).toBe("levqor.v1");
    for (const client of [withHeader, asBrowser, reversed]) {
      client.send({ type: "ping" });
      expect(await client.next()).toEqual({ type: "pong" });
    }
    expect(JSON.stringify(own.logged)).not.toContain(key);
    expect(JSON.stringify(own.logged)).not.toContain(offered);
  });

  test("without it, or from a request for something else, is rejected with a problem", async () => {
    const own = await startOther({ api_keys: [key] });
    const wrong = Buffer.from("wrong").toString("base64url");
    const cases: [Record<string, string>, number, string][] = [
      [{}, 401, "unauthorized"],
      [{ "x-api-key": "wrong" }, 401, "unauthorized"],
      [{ "sec-websocket-protocol": "levqor.v1" }, 401, "unauthorized"],
      [{ "sec-websocket-protocol": `levqor.v1, levqor.key.${wrong}` }, 401, "unauthorized"],
      [{ "sec-websocket-protocol": `levqor.v1, levqor.key.${offered}`, "x-api-key": "wrong" }, 401, "unauthorized"],
      [{ "sec-websocket-protocol": `levqor.key.${offered}` }, 422, "validation_failed"],
      [{ "sec-websocket-protocol": "graphql-ws", "x-api-key": key }, 422, "validation_failed"],
    ];
    for (const [headers, status, error] of cases) {
      const answer = await handshake(own, headers);
      expect([answer.status, answer.body.error]).toEqual([status, error]);
      expect(answer.headers).toMatch(/^content-type: application\/problem\+json/im);
      expect(answer.body.request_id).toBeString();
    }
    // A key in the address is none.
    expect((await own.ask(`/api/v1/jobs/ws?key=${key}`)).status).toBe(401);
    const plain = await own.ask("/api/v1/jobs/ws", { headers: { "x-api-key": key } });
    expect([plain.status, plain.body.error, plain.headers.get("upgrade")]).toEqual([
      426,
      "upgrade_required",
      "websocket",
    ]);
    expect((await handshake(own, { "x-api-key": key })).status).toBe(101);
  });

  test("without keys, is open only to pages of this service and of its own machine", async () => {
    const host = new URL(api.url).host;
    for (const origin of [`http://${host}`, "http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"]) {
      expect((await handshake(api, { origin })).status).toBe(101);
    }
    for (const origin of ["https://evil.example", "http://127.0.0.1.evil.example", "null"]) {
      const answer = await handshake(api, { origin });
      expect([answer.status, answer.body.error]).toEqual([403, "origin_refused"]);
    }
    const own = await startOther({ api_keys: [key] });
    expect((await handshake(own, { origin: "https://app.example", "x-api-key": key })).status).toBe(101);
  });
});

describe("a connection", () => {
  test("is closed with 1001 when the service stops, with the reason", async () => {
    const own = await startApi();
    const client = await openSocket(own.url);
    await subscribe(client, { all: true });
    own.shutDown();
    expect(await client.rest()).toEqual({
      messages: [{ type: "closed", reason: "stopping", detail: "The service is stopping. Connect again and resume." }],
      code: 1001,
      reason: "stopping: The service is stopping. Connect again and resume.",
    });
    await own.stop();
  });

  test("that is silent is pinged, and stays open as long as its client responds", async () => {
    const own = await startOther({ timing: { heartbeat_ms: 200, socket_silent_s: 2 } });
    const answering = await open({}, own);
    const silent = await rawSocket(own);
    await silent.ended;
    const frames = silent.frames();
    expect(frames.filter(({ opcode }) => opcode === PING).length).toBeGreaterThan(2);
    expect(JSON.parse(frames.at(-2)?.payload.toString() ?? "")).toMatchObject({ type: "closed", reason: "silent" });
    expect(closing(frames)).toEqual([4408, "silent: No ping was answered for too long. Connect again and resume."]);
    // The other was answered for all that time.
    answering.send({ type: "ping" });
    expect(await answering.next()).toEqual({ type: "pong" });
  }, 60_000);

  test("whose client reads nothing is cut off with a reason, and little is buffered for it", async () => {
    const own = await startOther({ timing: { slow_consumer_s: 1 } });
    await recordLarge(own, 300);
    const head = await own.log.head();
    const quick = await open({}, own);
    const slow = await rawSocket(own);
    slow.send({ type: "subscribe", id: "a", all: true, after: 0 });
    slow.send({ type: "subscribe", id: "b", all: true, after: 0 });
    slow.pause();
    await until(() => own.logged.some(({ reason }) => reason === "slow_consumer"));

    // Once it reads again, it finds what was on its way, whole and in order, and why there is no more.
    slow.resume();
    await slow.ended;
    const frames = slow.frames();
    const texts = frames.filter(({ opcode }) => opcode === TEXT).map(({ payload }) => JSON.parse(payload.toString()));
    expect(texts.at(-1)).toMatchObject({ type: "closed", reason: "slow_consumer" });
    // 90 MB wait for it: all but what the kernel's own buffers hold was never sent.
    expect(texts.length).toBeWithin(10, 150);
    for (const id of ["a", "b"]) {
      const seen = positions(texts.filter((message) => message.type === "event" && message.id === id));
      const sent = (await own.log.readRange(0, head)).filter((event) => event.stream_id.startsWith("job-"));
      expect(seen).toEqual(sent.slice(0, seen.length).map((event) => event.position));
    }
    expect(closing(frames)).toEqual([4408, "slow_consumer: Nothing was read for too long. Connect again and resume."]);
    quick.send({ type: "ping" });
    expect(await quick.next()).toEqual({ type: "pong" });
  }, 60_000);

  test("whose client reads slowly, but reads, gets everything", async () => {
    const own = await startOther({ timing: { slow_consumer_s: 4 } });
    await recordLarge(own, 100);
    const slow = await rawSocket(own);
    slow.send({ type: "subscribe", all: true, after: 0 });
    const count = () => slow.frames().filter(({ opcode }) => opcode === TEXT).length;
    const began = performance.now();
    for (let chunks = 1; !slow.isOver() && (chunks % 10 > 0 || count() < 101); chunks++) {
      await slow.readSome();
      await Bun.sleep(150);
    }
    // All in all it took longer than a client may read nothing.
    expect(performance.now() - began).toBeGreaterThan(4_000);
    expect(count()).toBe(101);
    slow.destroy();
  }, 60_000);

  test("whose client keeps asking and reads nothing is cut off", async () => {
    const own = await startOther({ timing: { slow_consumer_s: 1_000 } });
    await recordLarge(own, 100);
    const slow = await rawSocket(own);
    slow.send({ type: "subscribe", all: true, after: 0 });
    slow.pause();
    // Not so fast that this alone ends it.
    const asking = setInterval(() => slow.send({ type: "ping" }), 30);
    await until(() => own.logged.some(({ reason }) => reason === "slow_consumer"));
    clearInterval(asking);
    slow.destroy();
  });
});

test("more messages than one caller may send close the connection, over however many they come; others are unaffected", async () => {
  const [ada, bob] = ["the-key-of-ada-7c1e", "the-key-of-bob-7c1e"];
  const own = await startOther({ api_keys: [ada, bob] });
  const as = (key: string) => open({ headers: { "x-api-key": key } }, own);
  const other = await as(bob);
  const [first, second] = [await as(ada), await as(ada)];
  for (let index = 0; index < 150; index++) first.send({ type: "nothing", filler: "x".repeat(1_000) });
  // Both draw on one allowance: whose message comes when would be chance.
  for (let index = 0; index < 150; index++) await first.next();
  for (let index = 0; index < 1_000; index++) second.send("{");
  const { messages, code, reason } = await second.rest();
  expect([code, reason]).toEqual([
    1008,
    "too_many_messages: The caller sent more messages than allowed. Connect again and send fewer.",
  ]);
  expect(messages.at(-1)).toMatchObject({ type: "closed", reason: "too_many_messages" });
  // 50 are left of the first 200, and some more for the time that it took.
  expect(messages.length).toBeWithin(50, 900);
  first.send({ type: "ping" });
  other.send({ type: "ping", id: "still here" });
  expect(await other.next()).toEqual({ type: "pong", id: "still here" });
});

test("more bytes than one caller may send close the connection, too", async () => {
  const own = await startOther({});
  const client = await open({}, own);
  for (let index = 0; index < 60; index++) client.send({ type: "nothing", filler: "x".repeat(15_000) });
  const { messages, code } = await client.rest();
  expect(code).toBe(1008);
  expect(messages.length).toBeWithin(30, 45);
});

test("unsolicited pongs count as messages; replies to our pings are free, on many connections too", async () => {
  const own = await startOther({ timing: { heartbeat_ms: 500 } });
  // In three seconds, more pongs than one caller may send messages.
  const polite = await Promise.all(Array.from({ length: 60 }, () => rawSocket(own)));
  for (const one of polite) one.answerPings();
  await until(() => polite.every(({ pings }) => pings() >= 6));
  expect(polite.filter(({ isOver }) => isOver())).toEqual([]);
  expect(own.logged.filter(({ reason }) => reason === "too_many_messages")).toEqual([]);

  const rude = await rawSocket(own);
  rude.write(...Array.from({ length: 3_000 }, () => EMPTY_PONG));
  await rude.ended;
  expect(closing(rude.frames())).toEqual([
    1008,
    "too_many_messages: The caller sent more messages than allowed. Connect again and send fewer.",
  ]);
  for (const one of polite) one.destroy();
});

test("empty messages and pings count, too", async () => {
  for (const frame of [EMPTY_TEXT, EMPTY_PING]) {
    const own = await startOther({});
    const client = await rawSocket(own);
    client.write(...Array.from({ length: 3_000 }, () => frame));
    await client.ended;
    expect(closing(client.frames())).toMatchObject({ 0: 1008 });
  }
});

test("a client that stays after the close keeps its share, and is soon disconnected", async () => {
  const own = await startOther({ max_streams: 1, timing: { socket_gone_ms: 60_000 } });
  const staying = await rawSocket(own, { allowHalfOpen: true });
  staying.write(...Array.from({ length: 3_000 }, () => EMPTY_PONG));
  await until(() => Boolean(closing(staying.frames())));
  const began = performance.now();
  expect((await handshake(own, {})).status).toBe(503);
  // What is sent to an end that is closed comes back as a reset.
  await sendUntilEnded(staying);
  expect(performance.now() - began).toBeLessThan(30_000);
}, 60_000);

test("a client that closes, and stays, keeps its share, and is soon disconnected", async () => {
  const own = await startOther({ max_streams: 1, timing: { socket_gone_ms: 60_000 } });
  const staying = await rawSocket(own, { allowHalfOpen: true });
  staying.write([0x88, 0x80, 0, 0, 0, 0]);
  await until(() => staying.frames().at(-1)?.opcode === CLOSE);
  const began = performance.now();
  expect((await handshake(own, {})).status).toBe(503);
  await sendUntilEnded(staying);
  expect(performance.now() - began).toBeLessThan(30_000);
}, 60_000);

test("a client that was told to go, reads nothing and keeps sending is cut off", async () => {
  const own = await startOther({ timing: { slow_consumer_s: 1 } });
  await recordLarge(own, 100);
  const slow = await rawSocket(own, { allowHalfOpen: true });
  slow.send({ type: "subscribe", all: true, after: 0 });
  slow.pause();
  await until(() => own.logged.some(({ reason }) => reason === "slow_consumer"));
  const began = performance.now();
  await sendUntilEnded(slow, 100);
  expect(performance.now() - began).toBeLessThan(30_000);
}, 60_000);

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
/** What clients send with nothing in it, masked with zeros. */
const EMPTY_TEXT = [0x81, 0x80, 0, 0, 0, 0];
const EMPTY_PING = [0x89, 0x80, 0, 0, 0, 0];
const EMPTY_PONG = [0x8a, 0x80, 0, 0, 0, 0];

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

test("one process keeps a limited number of WebSockets open, and rejects others until one has left", async () => {
  const own = await startApi({ max_streams: 2 });
  try {
    for (let i = 0; i < 3; i++) expect((await own.ask("/api/v1/jobs/ws")).status).toBe(426);
    const [first] = [await openSocket(own.url), await openSocket(own.url)];
    const refused = await handshake(own, {});
    expect(refused.headers).toMatch(/^retry-after: 5\r$/im);
    expect([refused.status, refused.body.error]).toEqual([503, "too_many_streams"]);
    first.close();
    await until(async () => (await handshake(own, {})).status === 101);
  } finally {
    await own.stop();
  }
});

/** What a handshake is answered with. */
async function handshake({ url }: Harness, headers: Record<string, string>) {
  const { socket, head, rest } = await upgrade(url, { headers });
  const status = Number(head.split(" ")[1]);
  if (status === 101) {
    socket.destroy();
    return { status, headers: head, body: undefined as Message };
  }
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
  const chunks: Buffer[] = [rest];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await until(() => Buffer.concat(chunks).length >= length);
  socket.destroy();
  return { status, headers: head, body: JSON.parse(Buffer.concat(chunks).toString()) as Message };
}

interface UpgradeOptions {
  readonly headers?: Record<string, string>;
  /** Whether it stays when the service says that it leaves. */
  readonly allowHalfOpen?: boolean;
}

async function upgrade(url: string, { headers = {}, allowHalfOpen = false }: UpgradeOptions = {}) {
  const { port, host } = new URL(url);
  const socket = net.connect({ port: Number(port), host: "127.0.0.1", allowHalfOpen });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `GET /api/v1/jobs/ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${lines.join("")}\r\n`,
  );
  let received = Buffer.alloc(0);
  const { promise, resolve } = Promise.withResolvers<void>();
  const gather = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.includes("\r\n\r\n")) resolve();
  };
  socket.on("data", gather);
  await promise;
  socket.off("data", gather);
  const end = received.indexOf("\r\n\r\n");
  return { socket, head: received.subarray(0, end).toString(), rest: received.subarray(end + 4) };
}

/** A client that answers no ping and reads only when it is let. */
async function rawSocket({ url }: Harness, options: UpgradeOptions = {}) {
  const { socket, rest } = await upgrade(url, options);
  const chunks: Buffer[] = [rest];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  let over = false;
  const ended = new Promise<void>((resolve) =>
    socket.on("close", () => {
      over = true;
      resolve();
    }),
  );
  let answered = 0;
  function answer(): void {
    const pings = framesIn(chunks).filter(({ opcode }) => opcode === PING).length;
    for (; answered < pings; answered++) socket.write(Buffer.from(EMPTY_PONG));
  }
  return {
    ended,
    isOver: () => over,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    /** Reads one chunk, if one comes soon. */
    async readSome() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const patience = setTimeout(resolve, 100);
      socket.once("data", () => {
        socket.pause();
        resolve();
      });
      socket.resume();
      await promise;
      clearTimeout(patience);
    },
    destroy: () => socket.destroy(),
    write: (...frames: number[][]) => void socket.write(Buffer.from(frames.flat())),
    /** From now on it answers pings, as it should. */
    answerPings: () => socket.on("data", () => answer()),
    /** Those that it has answered. */
    pings: () => answered,
    /** Text, unfragmented, masked with zeros. */
    send(message: object) {
      const payload = Buffer.from(JSON.stringify(message));
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
    },
    /** Those that have come whole. */
    frames: () => framesIn(chunks),
  };
}

type RawSocket = Awaited<ReturnType<typeof rawSocket>>;

/** Sends pings, so many at once, until the service has closed its end: its clock has steps of 4 seconds. */
async function sendUntilEnded(socket: RawSocket, count = 1): Promise<void> {
  while (!socket.isOver()) {
    socket.write(...Array.from({ length: count }, () => EMPTY_PING));
    await Bun.sleep(10);
  }
}

function framesIn(chunks: Buffer[]): Frame[] {
  const bytes = Buffer.concat(chunks);
  chunks.splice(0, chunks.length, bytes);
  const frames = [];
  for (let frame = readFrame(bytes, 0); frame; frame = readFrame(bytes, frame.end)) frames.push(frame);
  return frames;
}

/** What the last frame closes the connection with. */
function closing(frames: Frame[]) {
  const last = frames.at(-1);
  return last?.opcode === CLOSE && [last.payload.readUInt16BE(0), last.payload.subarray(2).toString()];
}

/** A frame from the service, which masks and fragments none; `undefined` where it has not come whole. */
function readFrame(bytes: Buffer, at: number) {
  if (bytes.length < at + 2) return undefined;
  const opcode = (bytes[at] as number) & 0x0f;
  const short = bytes[at + 1] as number;
  const start = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  if (bytes.length < start) return undefined;
  const length = short < 126 ? short : bytes.readUIntBE(short === 126 ? at + 2 : start - 6, short === 126 ? 2 : 6);
  const end = start + length;
  return end > bytes.length ? undefined : { opcode, payload: bytes.subarray(start, end), end };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (await condition()) return;
    await Bun.sleep(10);
  }
  throw new Error(`Waited in vain for ${condition}`);
}
