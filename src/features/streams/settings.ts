/** How many streams may be open. */
import { integer, setting, settings } from "../../settings/mod.ts";

export const streamSettings = settings({
  max_streams: setting({
    env: "MAX_STREAMS",
    summary:
      "Event streams (SSE) that one process keeps open at once, and likewise WebSockets; more get a 503. An idle one takes some 16 KB.",
    example: "20000",
    default: 5_000,
    read: integer(1, 1_000_000),
  }),
});
