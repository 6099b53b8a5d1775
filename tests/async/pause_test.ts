import { expect, test } from "bun:test";
import { join } from "node:path";
import { pause } from "../../src/async/mod.ts";

/** A signal that counts its listeners. */
function countingSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
    listeners.add(listener);
    add(type, listener, options);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  return { controller, signal, listeners };
}

test("a pause lasts as long as requested, and reports it", async () => {
  const { signal, listeners } = countingSignal();
  const began = performance.now();
  const paused = pause(30, signal);
  expect(listeners.size).toBe(1);
  expect(await paused).toBe(true);
  expect(performance.now() - began).toBeGreaterThanOrEqual(29);
  expect(listeners.size).toBe(0);
});

test("a pause ends when its signal fires, and reports it", async () => {
  const { controller, signal, listeners } = countingSignal();
  const paused = pause(60_000, signal);
  controller.abort();
  expect(await paused).toBe(false);
  expect(listeners.size).toBe(0);
});

test("a finished pause leaves no timer behind: its process can exit", async () => {
  const script = `
    const { pause } = await import(${JSON.stringify(join(import.meta.dir, "../../src/async/mod.ts"))});
    await pause(60_000, AbortSignal.abort());
    const controller = new AbortController();
    const paused = pause(60_000, controller.signal);
    controller.abort();
    await paused;`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "inherit", "inherit"] });
  const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
  expect(await child.exited).toBe(0);
  clearTimeout(late);
}, 60_000);
