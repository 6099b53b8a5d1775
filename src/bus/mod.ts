/** Distributes logged events: over NATS JetStream, or within this process and by polling the log. */
export { type FollowOptions, follow } from "./follow.ts";
export { inProcessBus } from "./in_process.ts";
export { openBus } from "./open.ts";
export type { News } from "./tail.ts";
export type { Bus } from "./types.ts";
export { untilNews } from "./until_news.ts";
