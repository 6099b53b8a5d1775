import { expect, test } from "bun:test";
import { rejectOnAbort } from "../../src/async/mod.ts";

test("a promise settles as it would, with a signal or without", async () => {
  const { signal } = new AbortController();
  const failed = new Error("no");
  for (const one of [signal, null, undefined]) {
    expect(await rejectOnAbort(Promise.resolve(1), one)).toBe(1);
    expect(await rejectOnAbort(Promise.reject(failed), one).catch((error) => error)).toBe(failed);
  }
});

test("it rejects with the signal's reason as soon as it fires, or at once if it has", async () => {
  const controller = new AbortController();
  const reason = new Error("stopped");
  const { promise, resolve } = Promise.withResolvers<number>();
  const waiting = rejectOnAbort(promise, controller.signal).catch((error) => error);
  controller.abort(reason);
  expect(await waiting).toBe(reason);
  resolve(1);
  expect(await rejectOnAbort(Promise.withResolvers().promise, controller.signal).catch((error) => error)).toBe(reason);
});
