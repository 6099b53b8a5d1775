/** The longest delay of a runtime timer: with a longer one, it would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `ring` in `ms` milliseconds, however many. Returns a function that cancels it. */
export function alarm(ms: number, ring: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number) => {
    const part = Math.min(left, MAX_TIMER_MS);
    timer = setTimeout(() => (left > part ? wait(left - part) : ring()), part);
  };
  wait(ms);
  return () => clearTimeout(timer);
}
