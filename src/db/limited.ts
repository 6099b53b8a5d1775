/**
 * No statement waits for ever. A connection that goes silent without an end (a host that lost its power, a firewall
 * that forgot it) answers nothing, and the operating system takes a quarter of an hour to notice. The client knows no
 * limit of its own.
 */
import { NoAnswerError } from "./faults.ts";

interface Statement extends Promise<unknown> {
  /** The client's own way to ask the server to stop it; `cancel()` would leave the promise's rejection to nobody. */
  readonly canceller?: ((statement: Statement) => Promise<void>) | null;
}

export interface Limit {
  /** How long a statement may take, from when it is awaited. */
  readonly ms: number;
  /** Told when one took longer: its connection is silent, or busy with what nobody waits for any more. */
  readonly on_silence: () => void;
}

/** Makes a statement fail with `NoAnswerError` when it takes too long, and the server stop it where it still can. */
export function limited<S extends Promise<unknown>>(statement: S, { ms, on_silence }: Limit): S {
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
