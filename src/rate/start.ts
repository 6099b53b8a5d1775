import { connect } from "../db/mod.ts";
import { RateLimiter, type RateLimiterOptions } from "./limiter.ts";

/** What processes tell each other about rate limits is soon worthless. */
const TIMEOUTS = { answer_timeout_ms: 2_000, connect_timeout_ms: 2_000 };

export interface RunningLimiter {
  readonly limiter: RateLimiter;
  stop(): Promise<void>;
}

/**
 * Starts the limiter on a separate connection: what processes tell each other must not wait behind queries, nor these
 * behind it.
 */
export function startLimiter({ url, ...options }: Omit<RateLimiterOptions, "sql"> & { url: string }): RunningLimiter {
  const sql = connect(url, { max: 1, application_name: "levqor-rate", ...TIMEOUTS });
  const limiter = new RateLimiter({ ...options, sql });
  return {
    limiter,
    async stop() {
      await limiter.stop();
      await sql.end({ timeout: 1 });
    },
  };
}
