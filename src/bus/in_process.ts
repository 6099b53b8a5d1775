import type { EventLog } from "../log/types.ts";
import { LogNews } from "./log_news.ts";
import type { Bus } from "./types.ts";

export interface InProcessBusOptions {
  readonly log: EventLog;
  /** Milliseconds between two looks for other processes' commits; 200 by default. */
  readonly poll_ms?: number;
}

/** A bus over the log alone: this process's commits reach it at once, those of others at the next poll. */
export function inProcessBus({ log, poll_ms = 200 }: InProcessBusOptions): Bus {
  const news = new LogNews(log, () => poll_ms);
  return {
    listen: (listener) => news.listen(listener),
    health: () => ({ kind: "in_process", connected: true, position: news.last }),
    close: async () => news.close(),
  };
}
