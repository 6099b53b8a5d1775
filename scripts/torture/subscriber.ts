/** A subscriber of the live stream of all jobs: whenever its stream ends it goes on at another API. */
import { pause } from "../../src/async/mod.ts";

/** Without a sign of life for this long it reconnects; the service promises one every 15 s. */
const SILENCE_MS = 20_000;
/** It leaves by itself as often, as people do who close a laptop. */
const STAY_MS = 20_000;

export class Subscriber {
  /** Of the events, in the order in which they came. */
  readonly positions: number[] = [];
  connections = 0;
  readonly #urls: readonly string[];
  readonly #key: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(urls: readonly string[], key: string) {
    this.#urls = urls;
    this.#key = key;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopping.signal.aborted; turn++) {
      const silence = new AbortController();
      try {
        await this.#listen(this.#urls[turn % this.#urls.length] as string, silence);
      } catch {
        // Whatever it was: from the last event on.
      }
      silence.abort();
      await pause(200, this.#stopping.signal);
    }
  }

  async #listen(url: string, silence: AbortController): Promise<void> {
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    try {
      const response = await fetch(`${url}/api/v1/jobs/stream`, {
        headers: { "x-api-key": this.#key, "last-event-id": String(this.positions.at(-1) ?? 0) },
        signal: AbortSignal.any([this.#stopping.signal, silence.signal, AbortSignal.timeout(STAY_MS)]),
      });
      if (!response.ok || !response.body) return;
      this.connections++;
      let partial = "";
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        const blocks = (partial + text).split("\n\n");
        partial = blocks.pop() ?? "";
        for (const block of blocks) {
          const id = /^id: ?(\d+)$/m.exec(block)?.[1];
          if (id !== undefined) this.positions.push(Number(id));
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
