/** An ordinary client of the API that knows several addresses of it. */

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // an external client knows no types: what it meets is checked piece by piece.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Which of the addresses, modulo their number; any by default. */
  readonly api?: number;
  readonly timeout_ms?: number;
}

const TIMEOUT_MS = 8_000;

export class Client {
  readonly #urls: readonly string[];
  readonly #key: string;
  /**
   * Responses that are not the API's: each of its own has its request's id. They count as none, except in the report.
   */
  readonly foreign: string[] = [];
  #next = 0;

  constructor(urls: readonly string[], key: string) {
    this.#urls = urls;
    this.#key = key;
  }

  /** One request; `undefined` if there was no response. */
  async ask(
    path: string,
    { method, body, headers, api, timeout_ms = TIMEOUT_MS }: Ask = {},
  ): Promise<Answer | undefined> {
    const url = this.#urls[(api ?? this.#next++) % this.#urls.length];
    try {
      const response = await fetch(`${url}${path}`, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: { "x-api-key": this.#key, "content-type": "application/json", ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(timeout_ms),
        keepalive: false,
      });
      const text = await response.text();
      if (!response.headers.has("x-request-id")) {
        this.foreign.push(`${response.status} to ${path}: ${JSON.stringify(text.slice(0, 200))}`);
        return undefined;
      }
      return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
    } catch {
      return undefined;
    }
  }

  /**
   * Repeats a request, at each address in turn, until the response is anything but a 5xx or a 429, or `signal` fires.
   */
  async insist(path: string, { signal, ...ask }: Ask & { readonly signal: AbortSignal }): Promise<Answer | undefined> {
    for (let tries = 0; ; tries++) {
      const answer = await this.ask(path, { ...ask, api: ask.api === undefined ? undefined : ask.api + tries });
      if (answer && answer.status < 500 && answer.status !== 429) return answer;
      if (signal.aborted) return undefined;
      await Bun.sleep(Math.min(100 * 2 ** tries, 1_000));
    }
  }
}
