import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Event, parseEnvelope } from "@sentry/core";
import { createOutbound } from "../../../connectors/mod.ts";
import type { ErrorReported } from "../../../events/error.ts";
import { forwardError } from "../../../src/features/errors/forward.ts";
import { openService, type Service, until } from "../../jobs/support.ts";

const SYSTEM = { actor: "system:reaction:forward_error", account: "system" };
const KEY = "0123456789abcdef0123456789abcdef";
const ERROR_ID = "5f2c8e0b7a914d36b0c1d2e3f4a59687";
const data: ErrorReported = {
  source: "web",
  type: "TypeError",
  message: "x is undefined",
  frames: [
    { function: "render", file: "https://app.example.com/app.js", line: 4, column: 12 },
    { function: null, file: "https://app.example.com/app.js", line: 9, column: null },
  ],
  url: "https://app.example.com/jobs",
  release: "2026.1.15",
  reports: 7,
  streak: 2,
};

let service: Service;
let sentry: ReturnType<typeof standIn>;
beforeEach(async () => {
  service = await openService();
  sentry = standIn();
});
afterEach(async () => {
  await service.close();
  await sentry.stop();
});

/** What stands in for Sentry: it takes envelopes of one project, refuses all else, and knows what it has. */
function standIn() {
  const received: Event[] = [];
  const responses: Response[] = [];
  const faults: string[] = [];
  let waits = false;
  let hungUp = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const [headers, items] = parseEnvelope(new Uint8Array(await request.arrayBuffer()));
      const [itemHeaders, event] = (items[0] ?? []) as unknown as [{ type: string }, Event];
      const { event_id, sent_at } = headers as { event_id?: string; sent_at?: string };
      const wrong = {
        method: request.method !== "POST",
        path: pathname !== "/api/2/envelope/",
        key: searchParams.get("sentry_key") !== KEY,
        version: searchParams.get("sentry_version") !== "7",
        type: request.headers.get("content-type") !== "application/x-sentry-envelope",
        items: items.length !== 1 || itemHeaders?.type !== "event",
        id: !/^[0-9a-f]{32}$/.test(event_id ?? "") || event.event_id !== event_id,
        sent_at: Number.isNaN(Date.parse(sent_at ?? "")),
        person: ["user", "server_name", "breadcrumbs", "modules", "contexts"].some((name) => name in event),
      };
      const found = Object.entries(wrong).flatMap(([what, isWrong]) => (isWrong ? [what] : []));
      if (found.length > 0) {
        faults.push(...found);
        return new Response(null, { status: 400 });
      }
      received.push(event);
      if (waits) {
        request.signal.addEventListener("abort", () => hungUp++);
        await new Promise(() => {});
      }
      return responses.shift() ?? Response.json({ id: event_id });
    },
  });
  return {
    dsn: `http://${KEY}@127.0.0.1:${server.port}/2`,
    received,
    faults,
    respond: (...next: Response[]) => responses.push(...next),
    wait: () => {
      waits = true;
    },
    hungUp: () => hungUp,
    stop: () => server.stop(true),
  };
}

/** Runs jobs that forward, and submits one for a recorded report. */
async function forwarding({ dsn = sentry.dsn as string | null, allow = ["127.0.0.0/8"] } = {}) {
  const workflow = forwardError({ log: service.log, config: { sentry_dsn: dsn ?? undefined } });
  const system_workflows = new Map([[workflow.name, workflow]]);
  service.start({ connectors: new Map(), system_workflows, fetch: createOutbound({ allow }) });
  await service.log.append({
    stream_id: `error-${ERROR_ID}`,
    expected_version: 0,
    events: [{ type: "error.reported", data }],
    meta: { actor: "anonymous", correlation_id: "c" },
  });
  return () =>
    service.submit(
      workflow.name,
      { payload: { event_id: `error-${ERROR_ID}@1` }, backoff: { initial_seconds: 0 } },
      SYSTEM,
    );
}

describe("a report", () => {
  test("is sent as Sentry's protocol has it, with nothing of this machine or of a person", async () => {
    const submit = await forwarding();
    const { result } = await service.reaches(await submit(), "succeeded");
    const [event] = sentry.received;
    expect(sentry.faults).toEqual([]);
    expect(result).toEqual({ sentry_event_id: event?.event_id });
    expect(event).toMatchObject({
      platform: "javascript",
      level: "error",
      release: "2026.1.15",
      request: { url: "https://app.example.com/jobs" },
      tags: { source: "web", error_id: ERROR_ID },
      extra: { reports: 7 },
      fingerprint: [ERROR_ID],
      exception: {
        values: [
          {
            type: "TypeError",
            value: "x is undefined",
            stacktrace: {
              frames: [
                { filename: "https://app.example.com/app.js", lineno: 9 },
                { function: "render", filename: "https://app.example.com/app.js", lineno: 4, colno: 12 },
              ],
            },
          },
        ],
      },
    });
    expect(Math.abs((event?.timestamp ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  });

  test("keeps its id at Sentry when it is sent again", async () => {
    const submit = await forwarding();
    for (const id of [await submit(), await submit()]) await service.reaches(id, "succeeded");
    const [first, second] = sentry.received;
    expect(first?.event_id).toBe(second?.event_id as string);
  });

  test.each([[429], [503]])("that Sentry answers with %d is sent again", async (status) => {
    sentry.respond(new Response(null, { status, headers: { "retry-after": "0" } }));
    const submit = await forwarding();
    expect(await service.reaches(await submit(), "succeeded")).toMatchObject({ attempt: 2 });
    expect(sentry.received).toHaveLength(2);
  });

  test.each([
    ["as long as Sentry asks for", "3000", 3_000],
    ["at most a day", "9999999", 86_400],
    ["no longer than for any error if Sentry asks for nothing that is a delay", "soon", 0],
    ["no longer than for any error if Sentry asks for a negative delay", "-60", 0],
  ])("waits %s", async (_, header, retry_in_seconds) => {
    sentry.respond(new Response(null, { status: 429, headers: { "retry-after": header } }));
    const submit = await forwarding();
    const id = await submit();
    const retry = await until(
      async () => (await service.history(id)).find(({ type }) => type === "job.retry_scheduled"),
      { what: "the attempt to end" },
    );
    expect(retry.data).toMatchObject({ retry_in_seconds, error: { detail: { status: 429 } } });
  });

  test("that Sentry refuses is not sent again", async () => {
    sentry.respond(new Response("no", { status: 400 }));
    const submit = await forwarding();
    const { error, attempt } = await service.reaches(await submit(), "failed");
    expect([error?.code, error?.detail, attempt]).toEqual(["unexpected_status", { status: 400 }, 1]);
  });

  test("is no longer sent when its job is cancelled", async () => {
    sentry.wait();
    const submit = await forwarding();
    const id = await submit();
    await until(() => sentry.received.length > 0, { what: "the request" });
    const { commandJob } = await import("../../../src/jobs/mod.ts");
    const { EVERYTHING } = await import("../../../src/domain/reach.ts");
    const meta = { actor: "key:operator", correlation_id: id };
    await commandJob(service.log, { job_id: id, reach: EVERYTHING, command: { type: "cancel" }, meta });
    await until(() => sentry.hungUp() > 0, { what: "the connection to be closed" });
  });

  test("goes to no address that OUTBOUND_ALLOW does not permit", async () => {
    const submit = await forwarding({ allow: [] });
    expect((await service.reaches(await submit(), "failed")).error?.code).toBe("address_refused");
    expect(sentry.received).toEqual([]);
  });

  test("is not sent when the DSN is no longer set", async () => {
    const submit = await forwarding({ dsn: null });
    expect((await service.reaches(await submit(), "failed")).error?.code).toBe("not_configured");
  });

  test("that is not recorded fails its job", async () => {
    await forwarding();
    const payload = { event_id: `error-${"0".repeat(32)}@1` };
    const id = await service.submit("levqor.forward_error", { payload }, SYSTEM);
    expect((await service.reaches(id, "failed")).error?.code).toBe("invalid_payload");
  });
});
