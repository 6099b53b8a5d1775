import { Tail, type TailOptions } from "./tail.ts";
import type { Bus } from "./types.ts";

/** A bus over the log alone: this process's commits reach it at once, those of other processes with the next poll. */
export function inProcessBus(options: TailOptions): Bus {
  const tail = new Tail(options);
  return {
    tail,
    listen: (listener) => tail.listen(listener),
    health: () => ({ kind: "in_process", connected: true, position: tail.end }),
    close: async () => tail.close(),
  };
}
