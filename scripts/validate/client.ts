/** The external client for the checks. It knows no types: responses are checked piece by piece. */
import { expect, Failure } from "./expect.ts";

/** How long to wait for one request, and for a job to finish. */
const REQUEST_TIMEOUT_MS = 10_000;
export const JOB_TIMEOUT_MS = 20_000;
/** The longest window of a rate limit. */
const RETRY_AFTER_MAX_S = 70;

// biome-ignore lint/suspicious/noExplicitAny: an external client knows no types.
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit;
  /** False: without the key. */
  readonly key?: boolean;
}

export interface Frame {
  readonly id: number;
  readonly event: string;
  readonly data: Json;
}

/** Sends a request; if a rate limit refuses it, again when the limit allows. */
async function withinLimits(send: () => Promise<Response>): Promise<Response> {
  while (true) {
    const response = await send();
    const limit = response.headers.get("ratelimit");
    if (response.status !== 429 || !limit?.includes(";r=0;")) return response;
    const seconds = Number(response.headers.get("retry-after"));
    expect(seconds > 0 && seconds <= RETRY_AFTER_MAX_S, "Retry-After with a 429", response.headers.get("retry-after"));
    console.log(`  (rate limited, ${limit}: continuing in ${seconds} s)`);
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

export class Client {
  readonly #key: string | undefined;
  /** The calls that were made: method and path, without the query. */
  readonly calls = new Set<string>();

  constructor(
    readonly base_url: string,
    key: string | undefined,
  ) {
    this.#key = key;
  }

  async ask(path: string, { key = true, headers = {}, ...init }: Ask = {}): Promise<Answer> {
    this.#note(init.method ?? "GET", path);
    const response = await withinLimits(() =>
      fetch(this.base_url + path, {
        ...init,
        headers: this.#headers(headers, key),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        redirect: "manual",
      }),
    );
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "") && text !== "";
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  post(path: string, body: unknown, { headers = {}, ...ask }: Ask = {}): Promise<Answer> {
    return this.ask(path, {
      ...ask,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    });
  }

  /** Reads a stream of events until `enough` is satisfied. */
  async stream(
    path: string,
    enough: (frames: readonly Frame[]) => boolean,
    options: StreamOptions = {},
  ): Promise<Frame[]> {
    this.#note("GET", path);
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frames: Frame[] = [];
    let connected = false;
    try {
      const response = await withinLimits(() => {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), JOB_TIMEOUT_MS);
        return fetch(this.base_url + path, {
          headers: this.#headers(options.headers ?? {}, true),
          signal: stop.signal,
        });
      });
      expect(response.status === 200, "status 200", response.status);
      const type = response.headers.get("content-type") ?? "";
      expect(type.startsWith("text/event-stream"), "Content-Type text/event-stream", type);
      let partial = "";
      for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        if (!connected) await options.onConnected?.();
        connected = true;
        const blocks = (partial + text).split("\n\n");
        partial = blocks.pop() ?? "";
        frames.push(...blocks.flatMap(parseFrame));
        if (enough(frames)) return frames;
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    const seen = frames.map((frame) => frame.event).join(", ") || "none";
    throw new Failure(`expected more events of ${path} within ${JOB_TIMEOUT_MS / 1000} s; seen: ${seen}`);
  }

  /** Sends messages over a WebSocket, with the key as a browser would send it, until `enough` is satisfied. */
  async socket(messages: readonly unknown[], enough: (answers: readonly Json[]) => boolean): Promise<Json[]> {
    const key = this.#key && `levqor.key.${Buffer.from(this.#key).toString("base64url")}`;
    const address = new URL("/api/v1/jobs/ws", this.base_url.replace(/^http/, "ws"));
    this.#note("GET", address.pathname);
    const socket = new WebSocket(address, key ? ["levqor.v1", key] : ["levqor.v1"]);
    const answers: Json[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<Json[]>();
    const seen = () => answers.map((answer) => answer.type).join(", ") || "nothing";
    const fail = (how: string) => reject(new Failure(`expected more of the WebSocket ${how}; seen: ${seen()}`));
    const timer = setTimeout(() => fail(`within ${JOB_TIMEOUT_MS / 1000} s`), JOB_TIMEOUT_MS);
    socket.onopen = () => messages.forEach((message) => void socket.send(JSON.stringify(message)));
    socket.onmessage = ({ data }) => {
      answers.push(JSON.parse(data as string));
      if (enough(answers)) resolve(answers);
    };
    socket.onclose = ({ code }) => fail(`before its end with ${code}`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      socket.close();
    }
  }

  /** Waits until a schedule has fired this often; returns the data of its runs. */
  async firings(schedule: string, count: number): Promise<Json[]> {
    for (const deadline = Date.now() + JOB_TIMEOUT_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const { body } = await this.ask(`${schedule}/events?limit=100`);
      const fired = body.data.flatMap((event: Json) => (event.type === "schedule.fired" ? [event.data] : []));
      if (fired.length >= count) return fired;
      expect(Date.now() < deadline, `${count} runs within ${JOB_TIMEOUT_MS / 1000} s`, fired.length);
    }
  }

  #note(method: string, path: string): void {
    this.calls.add(`${method} ${path.replace(/[?#].*$/, "")}`);
  }

  #headers(headers: Record<string, string>, withKey: boolean): Record<string, string> {
    return withKey && this.#key !== undefined ? { "x-api-key": this.#key, ...headers } : headers;
  }
}

interface StreamOptions {
  readonly headers?: Record<string, string>;
  /** Called once when the stream is open. */
  readonly onConnected?: () => Promise<unknown>;
}

function parseFrame(block: string): Frame[] {
  const fields = new Map(
    block.split("\n").map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
  const id = fields.get("id");
  if (id === undefined) return [];
  return [{ id: Number(id), event: fields.get("event") ?? "", data: JSON.parse(fields.get("data") ?? "null") }];
}
