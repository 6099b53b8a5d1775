/**
 * Separate users: a malicious one, alternating between attacks and pauses, and a polite one whose requests are timed
 * meanwhile. The malicious one may do what any user may: it has a session and a key, and the limits of both.
 */
import { SignJWT } from "jose";
import { pause } from "../../src/async/mod.ts";
import { Client } from "./client.ts";
import type { PoliteTimes } from "./evidence.ts";
import { HARMED, NOBODY, PIPELINE } from "./kinds.ts";
import { Random } from "./random.ts";

/** What the deployment tells the service about sessions. */
export const SESSIONS = { JWT_ISSUER: "https://auth.torture.test" } as const;
/** Rate limits: what the malicious user may send per minute; the polite one's are not tested here. */
export const TIERS = "harmful=120,polite=none";

/** Attacks and pauses, alternating. */
const WINDOW_MS = 3_000;
/** What is still under way when a window begins belongs to the one before. */
const AFTERMATH_MS = 500;
const HARM_EVERY_MS = 100;
const BAD_MESSAGES = { at_once: 5, every_ms: 20 };
const POLITE_AT_ONCE = 4;
const POLITE_EVERY_MS = 50;
const TIMEOUT_MS = 8_000;
/** This many responses as fast as this mean that nothing is broken any more. */
const SWIFT = { in_a_row: 20, ms: 1_000 };

export interface HarmOptions {
  readonly urls: readonly string[];
  readonly jwt_secret: string;
  readonly seed: number;
}

export class Harm {
  readonly times: { calm: number[]; harmed: number[] } & PoliteTimes = { calm: [], harmed: [] };
  /** What the malicious user reached that is not its own. */
  readonly said: string[] = [];
  readonly #options: HarmOptions;
  readonly #random: Random;
  #session = "";
  #key = "";
  #polite = "";
  /** A job of the polite user's. */
  #job = "";

  constructor(options: HarmOptions) {
    this.#options = options;
    this.#random = new Random(options.seed ^ 0x2545f491);
  }

  /** Creates the users' credentials, and the polite one's first job. */
  async prepare(signal: AbortSignal): Promise<void> {
    const { urls } = this.#options;
    this.#session = await this.#sessionOf("0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", "harmful");
    this.#polite = await this.#sessionOf("0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21", "polite");
    for (const session of [this.#session, this.#polite]) await acceptTerms(new Client(urls, session), signal);
    const scopes = ["jobs:read", "jobs:write", "workers:write"];
    const own = new Client(urls, this.#session);
    const made = await own.insist("/api/v1/keys", {
      // A key does not outlive the session that issues it.
      body: { name: "harmful", scopes, tier: "harmful", workflows: [HARMED], expires_at: daysFromNow(29) },
      signal,
    });
    if (made?.status !== 201) throw new Error(`Cannot create the malicious user's key: ${JSON.stringify(made?.body)}`);
    this.#key = made.body.key;
    // In the malicious user's account, the names of others mean something else.
    const body = { name: PIPELINE, format: 1, steps: [{ id: "never", sleep: { seconds: 1 } }] };
    const stored = await own.insist("/api/v1/pipelines", { body, signal });
    if (stored?.status !== 201) throw new Error(`Cannot store the malicious user's pipeline: ${stored?.status}`);
    const submitted = await this.#politely("/api/v1/intake", { workflow: NOBODY, payload: {} }, signal);
    if (submitted?.status !== 202) throw new Error(`Cannot submit politely: ${submitted?.status}`);
    this.#job = ((await submitted.json()) as { job_id: string }).job_id;
  }

  /** Alternates between attacks and pauses, until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#attack(AbortSignal.any([signal, AbortSignal.timeout(WINDOW_MS)]));
      await pause(WINDOW_MS, signal);
    }
  }

  /** The same, while the polite user's requests are timed: windows with and without attacks alternate. */
  async measure(signal: AbortSignal): Promise<void> {
    await this.#untilQuiet(signal);
    while (!signal.aborted) {
      for (const times of [this.times.calm, this.times.harmed]) {
        const window = AbortSignal.any([signal, AbortSignal.timeout(WINDOW_MS)]);
        const harm = times === this.times.harmed ? this.#attack(window) : undefined;
        await pause(AFTERMATH_MS, window);
        await Promise.all(Array.from({ length: POLITE_AT_ONCE }, () => this.#time(times, window)));
        await harm;
      }
    }
  }

  /** Until the service has recovered from the last fault, and responds at once again. */
  async #untilQuiet(signal: AbortSignal): Promise<void> {
    for (let swift = 0; swift < SWIFT.in_a_row && !signal.aborted; await pause(POLITE_EVERY_MS, signal)) {
      const began = performance.now();
      const answer = await this.#politely("/api/v1/jobs?limit=20", undefined, AbortSignal.timeout(TIMEOUT_MS));
      await answer?.text().catch(() => {});
      swift = answer?.ok && performance.now() - began < SWIFT.ms ? swift + 1 : 0;
    }
  }

  async #time(times: number[], window: AbortSignal): Promise<void> {
    const asked = [`/api/v1/status/${this.#job}`, "/api/v1/jobs?limit=20", "/api/v1/intake"];
    for (let turn = this.#random.below(asked.length); !window.aborted; turn++) {
      const path = asked[turn % asked.length] as string;
      const body = path.endsWith("intake") ? { workflow: NOBODY, payload: { polite: turn } } : undefined;
      const began = performance.now();
      const answer = await this.#politely(path, body, AbortSignal.timeout(TIMEOUT_MS));
      await answer?.text().catch(() => {});
      // A client without a response waits as long as it can.
      times.push(answer && answer.status < 500 ? performance.now() - began : TIMEOUT_MS);
      await pause(POLITE_EVERY_MS, window);
    }
  }

  async #politely(path: string, body: object | undefined, signal: AbortSignal): Promise<Response | undefined> {
    return await this.#send(path, { credential: `Bearer ${this.#polite}`, body, signal });
  }

  /** Everything that a user can think of, at once, until the signal fires. */
  async #attack(signal: AbortSignal): Promise<void> {
    const loops = [
      ...Array.from({ length: 10 }, () => this.#floodStreams(signal)),
      ...Array.from({ length: 2 }, () => this.#floodSocket(signal)),
      this.#until(signal, () => this.#submit(COSTLY, signal)),
      this.#until(signal, () => this.#submit(TOO_MANY, signal)),
      this.#until(signal, () => this.#submit("[".repeat(30_000), signal)),
      this.#until(signal, () => this.#send("/api/v1/jobs", { credential: `Bearer ${crypto.randomUUID()}`, signal })),
      this.#until(signal, () => this.#claimAndRelease(signal)),
      this.#until(signal, () => this.#meddle(signal)),
      this.#until(signal, () => this.#look(signal)),
    ];
    await Promise.all(loops);
  }

  /** Again and again, whatever the result: far more often than allowed, but without overloading this process. */
  async #until(signal: AbortSignal, act: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted) {
      await act();
      await pause(HARM_EVERY_MS, signal);
    }
  }

  /** Streams of what never happens, which stay open. */
  async #floodStreams(signal: AbortSignal): Promise<void> {
    const path = `/api/v1/jobs/stream?workflow=${HARMED}-${crypto.randomUUID()}`;
    await this.#until(signal, async () => {
      const answer = await this.#send(path, { credential: this.#key, signal, headers: { "last-event-id": "0" } });
      await answer?.text().catch(() => {});
    });
  }

  /** Messages that match no schema, as long as allowed. */
  async #floodSocket(signal: AbortSignal): Promise<void> {
    const bad = JSON.stringify({ type: "subscribe", all: true, types: Array(1_000).fill("no.such") });
    await this.#until(signal, async () => {
      const protocols = ["levqor.v1", `levqor.key.${Buffer.from(this.#key).toString("base64url")}`];
      const socket = new WebSocket(`${this.#url().replace("http", "ws")}/api/v1/jobs/ws`, protocols);
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      socket.onclose = () => end();
      socket.onerror = () => end();
      socket.onopen = async () => {
        while (!signal.aborted && socket.readyState === WebSocket.OPEN) {
          if (socket.bufferedAmount < 1_000_000) for (let n = 0; n < BAD_MESSAGES.at_once; n++) socket.send(bad);
          await pause(BAD_MESSAGES.every_ms, signal);
        }
        socket.close();
        end();
      };
      signal.addEventListener("abort", () => end(), { once: true });
      await over;
      socket.close();
    });
  }

  async #claimAndRelease(signal: AbortSignal): Promise<void> {
    await this.#submit({ workflow: HARMED, payload: {} }, signal, this.#key);
    const claim = { worker: "harmful", workflows: [HARMED], max_jobs: 10, wait_seconds: 1 };
    const answer = await this.#send("/api/v1/workers/claim", { credential: this.#key, body: claim, signal });
    const { jobs = [] } = ((await answer?.json().catch(() => ({}))) ?? {}) as { jobs?: object[] };
    for (const job of jobs as { job_id: string; attempt: number }[]) {
      const { job_id, attempt } = job;
      await this.#send("/api/v1/workers/release", { credential: this.#key, body: { job_id, attempt }, signal });
    }
  }

  /** What belongs to another does not exist. */
  async #meddle(signal: AbortSignal): Promise<void> {
    const job = `/api/v1/jobs/${this.#job}`;
    const calls: [path: string, body?: object][] = [
      [`/api/v1/status/${this.#job}`],
      [`${job}/events`],
      [`${job}/cancel`, {}],
      [`${job}/replay`, {}],
      [`${job}/callbacks/redeliver`, {}],
      ["/api/v1/workers/complete", { job_id: this.#job, attempt: 1, result: null }],
    ];
    const [path, body] = this.#random.pick(calls);
    const credential = this.#random.pick([`Bearer ${this.#session}`, this.#key]);
    const answer = await this.#send(path, { credential, body, signal });
    if (answer?.ok) this.said.push(`an unauthorized user reached another's job: ${path} returned ${answer.status}`);
    await answer?.text().catch(() => {});
  }

  /** A list shows what is the account's own. */
  async #look(signal: AbortSignal): Promise<void> {
    const [credential, expected] = this.#random.pick([
      [`Bearer ${this.#session}`, OWN],
      [this.#key, OWN],
      [`Bearer ${this.#polite}`, [NOBODY]],
    ] satisfies [string, readonly string[]][]);
    const answer = await this.#send("/api/v1/jobs?limit=100", { credential, signal });
    const { data = [] } = ((await answer?.json().catch(() => ({}))) ?? {}) as { data?: { workflow: string }[] };
    const others = data.find(({ workflow }) => !expected.includes(workflow));
    if (others) this.said.push(`a list of jobs shows another account's: one of ${others.workflow}`);
  }

  async #submit(body: object | string, signal: AbortSignal, credential = `Bearer ${this.#session}`): Promise<void> {
    const answer = await this.#send("/api/v1/intake", { credential, body, signal });
    await answer?.text().catch(() => {});
  }

  async #send(path: string, sent: Sent): Promise<Response | undefined> {
    const { credential, body, signal, headers } = sent;
    const isKey = !credential.startsWith("Bearer ");
    try {
      return await fetch(this.#url() + path, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          "content-type": "application/json",
          ...(isKey ? { "x-api-key": credential } : { authorization: credential }),
          ...headers,
        },
        body: typeof body === "object" ? JSON.stringify(body) : body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        keepalive: false,
      });
    } catch {
      return undefined;
    }
  }

  #url(): string {
    return this.#random.pick(this.#options.urls);
  }

  async #sessionOf(sub: string, levqor_tier: string): Promise<string> {
    const claims = { sub, aud: "authenticated", iss: SESSIONS.JWT_ISSUER, app_metadata: { levqor_tier } };
    // Clocks of the service are set, forward and back.
    const signing = new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setIssuedAt().setExpirationTime("30d");
    return await signing.sign(new TextEncoder().encode(this.#options.jwt_secret));
  }
}

interface Sent {
  /** `Bearer …`, or a key. */
  readonly credential: string;
  readonly body?: object | string | undefined;
  readonly signal: AbortSignal;
  readonly headers?: Record<string, string>;
}

async function acceptTerms(user: Client, signal: AbortSignal): Promise<void> {
  const terms = await user.insist("/api/v1/terms", { signal });
  const { terms_version } = terms?.body ?? {};
  const accepted = await user.insist("/api/v1/terms", { body: { terms_version }, signal });
  if (accepted?.status !== 200) throw new Error(`Cannot accept the terms: ${JSON.stringify(accepted?.body)}`);
}

const COSTLY_WORKFLOW = "torture-costly";

/** A step whose condition compares everything with everything. */
function costly(): string {
  const list = Array.from({ length: 5_000 }, (_, n) => n);
  return JSON.stringify({
    workflow: COSTLY_WORKFLOW,
    payload: { l: list, m: list },
    steps: [
      {
        id: "compare",
        if: "{{ payload.l.map(x, payload.l) == payload.l.map(x, payload.m) }}",
        uses: "http",
        with: { url: "http://127.0.0.1:1/" },
      },
    ],
    max_attempts: 1,
    timeout_seconds: 20,
  });
}

/** Expressions by the thousand, to be parsed at intake. */
function tooMany(): string {
  const text = "{{ payload.a + payload.b }}".repeat(1_000);
  const steps = Array.from({ length: 10 }, (_, n) => ({
    id: `s${n}`,
    uses: "http",
    with: { url: "http://h/", body: text },
  }));
  return JSON.stringify({ workflow: COSTLY_WORKFLOW, payload: {}, steps, max_attempts: 1, timeout_seconds: 20 });
}

function daysFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}

/** The workflows of the malicious user's jobs. */
const OWN: readonly string[] = [HARMED, COSTLY_WORKFLOW];
const COSTLY = costly();
const TOO_MANY = tooMany();
