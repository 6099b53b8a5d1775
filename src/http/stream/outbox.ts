/** Sends over one WebSocket, no faster than its client reads. */
import type { ServerWebSocket } from "bun";

/** How many responses may wait for a client that sends and does not read. */
const MAX_WAITING_REPLIES = 100;

export interface OutboxOptions {
  readonly socket: Pick<ServerWebSocket<unknown>, "sendText" | "getBufferedAmount">;
  /** How long a client may read nothing. */
  readonly slow_ms: number;
  /** Called once, if a client reads too slowly. */
  readonly onSlow: () => void;
}

/** Buffers at most one event, and a bounded number of responses, besides the kernel's buffer. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** Set while the socket accepts no more; resolves when it does again. */
  #full: PromiseWithResolvers<void> | undefined;
  #unread: Timer | undefined;
  #waitingReplies = 0;
  #ended = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** If sent data waits for the client to read: resolves when it has, or the outbox has ended. */
  get full(): Promise<void> | undefined {
    return this.#full?.promise;
  }

  /** For messages that nobody waits to send: responses. */
  reply(text: string): void {
    if (this.#full && ++this.#waitingReplies > MAX_WAITING_REPLIES) this.#cutOff();
    else this.send(text);
  }

  /** For events, when it is not full. */
  send(text: string): void {
    if (this.#ended || this.#options.socket.sendText(text) > 0) return;
    this.#full ??= Promise.withResolvers();
    if (this.#unread === undefined) this.#watch();
  }

  /** Called when the client has read some of what waited. */
  drained(): void {
    if (!this.#full || this.#ended) return;
    clearTimeout(this.#unread);
    if (this.#options.socket.getBufferedAmount() > 0) this.#watch();
    else this.#release();
  }

  /** Nothing more goes out, and nobody waits. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#unread);
    this.#release();
  }

  #watch(): void {
    this.#unread = setTimeout(() => this.#cutOff(), this.#options.slow_ms);
  }

  #cutOff(): void {
    if (!this.#ended) this.#options.onSlow();
  }

  #release(): void {
    const full = this.#full;
    this.#full = undefined;
    this.#unread = undefined;
    this.#waitingReplies = 0;
    full?.resolve();
  }
}
