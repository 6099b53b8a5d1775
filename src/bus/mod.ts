/** Spreads logged events: over NATS JetStream, or in this process and by polling the log. */
export { type FollowOptions, follow } from "./follow.ts";
export { type InProcessBusOptions, inProcessBus } from "./in_process.ts";
export { type JetStreamBusOptions, jetStreamBus, type Lead } from "./jetstream.ts";
export { EVENT_SUBJECT_PREFIX, Header } from "./message.ts";
export { type OpenBusOptions, openBus } from "./open.ts";
export { STREAM } from "./stream.ts";
export type { Bus, BusHealth, BusLogger, News } from "./types.ts";
