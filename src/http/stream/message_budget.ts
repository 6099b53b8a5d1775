/**
 * Limits a caller's messages over all WebSockets of this process: a burst of messages and bytes, and more as time goes
 * on.
 */
import { MESSAGE_BURST, MESSAGE_BYTES_BURST, MESSAGE_BYTES_PER_S, MESSAGES_PER_S } from "../limits.ts";

/** How many callers are remembered; a bucket that was not used for a while is full, and need not be. */
const SWEEP_AT = 1_000;

interface Bucket {
  messages: number;
  bytes: number;
  /** By `performance.now()`. */
  at: number;
}

export class MessageBudget {
  readonly #buckets = new Map<string, Bucket>();

  /** Whether the caller may send this message. A refused one costs nothing. */
  spend(identity: string, bytes: number): boolean {
    const now = performance.now();
    if (this.#buckets.size >= SWEEP_AT) this.#sweep(now);
    const bucket = this.#filled(identity, now);
    if (bucket.messages < 1 || bucket.bytes < bytes) return false;
    bucket.messages -= 1;
    bucket.bytes -= bytes;
    return true;
  }

  #filled(identity: string, now: number): Bucket {
    const bucket = this.#buckets.get(identity);
    if (!bucket) {
      const full = { messages: MESSAGE_BURST, bytes: MESSAGE_BYTES_BURST, at: now };
      this.#buckets.set(identity, full);
      return full;
    }
    const seconds = (now - bucket.at) / 1000;
    bucket.messages = Math.min(MESSAGE_BURST, bucket.messages + seconds * MESSAGES_PER_S);
    bucket.bytes = Math.min(MESSAGE_BYTES_BURST, bucket.bytes + seconds * MESSAGE_BYTES_PER_S);
    bucket.at = now;
    return bucket;
  }

  #sweep(now: number): void {
    const filling_ms = 1000 * Math.max(MESSAGE_BURST / MESSAGES_PER_S, MESSAGE_BYTES_BURST / MESSAGE_BYTES_PER_S);
    for (const [identity, { at }] of this.#buckets) if (now - at > filling_ms) this.#buckets.delete(identity);
  }
}
