/** Streams: events as they happen, as server-sent events or over a WebSocket. */
import type { Feature } from "../feature.ts";
import { socketRoutes } from "./socket.ts";
import { streamRoutes } from "./streams.ts";
import { Submissions } from "./submissions.ts";

export const streams: Feature = {
  name: "streams",
  routes(parts) {
    const submissions = new Submissions(parts.log);
    return [...streamRoutes({ ...parts, submissions }), ...socketRoutes({ ...parts, submissions })];
  },
};
