/**
 * No statement waits for ever. A connection can become silent (a host that lost power, a firewall that forgot it), and
 * the operating system takes a quarter of an hour to notice. The client has no time limit of its own.
 */
import { NoAnswerError } from "./faults.ts";

interface Statement extends Promise<unknown> {
  /**
   * The client's own way to ask the server to cancel it; with `cancel()` the promise's rejection would be unhandled.
   */
  readonly canceller?: ((statement: Statement) => Promise<void>) | null;
}

export interface TimeoutOptions {
  /** How long a statement may take, from when it is awaited. */
  readonly ms: number;
  /** Called when one took longer: its connection is silent, or busy with what nobody waits for any more. */
  readonly on_silence: () => void;
}

/** Makes a statement fail with `NoAnswerError` when it takes too long, and the server cancel it if it still can. */
export function withTimeout<S extends Promise<unknown>>(statement: S, { ms, on_silence }: TimeoutOptions): S {
  const send = statement.then.bind(statement);
  let answer: Promise<unknown> | undefined;
  const awaitAnswer = () =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        (statement as Statement).canceller?.(statement).catch(() => {});
        on_silence();
        reject(new NoAnswerError(ms));
      }, ms);
      const settle =
        <T>(pass: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          pass(value);
        };
      send(settle(resolve), settle(reject));
    });
  // biome-ignore lint/suspicious/noThenProperty: the client sends a statement when its `then` is called, and nowhere else.
  statement.then = (fulfilled, rejected) => {
    answer ??= awaitAnswer();
    return answer.then(fulfilled as () => never, rejected);
  };
  return statement;
}
