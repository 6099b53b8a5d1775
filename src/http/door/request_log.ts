/**
 * One line per request, at level info, written when its response begins: with the client's address and user agent, and
 * no other personal data. The route's pattern is logged instead of the path, which may contain a name.
 *
 * A line costs more than everything else that the door does, and at 15,000 requests/s the lines would be 4 MB/s. So
 * `errors` writes only the interesting ones (decision 59).
 */

import type { RequestContext } from "../context.ts";
import type { ApiConfig, ApiLogger } from "../options.ts";
import { holdsCredential } from "../request/credential.ts";
import type { AddressOf } from "./client_address.ts";

/** What takes longer is slow. */
const SLOW_MS = 1_000;
/** Lines per second in the mode `errors`: a client that causes nothing but errors must not fill the disk. */
const LINES_PER_SECOND = 20;
/** Of a user agent, in characters; real ones are shorter. */
const USER_AGENT_LENGTH = 256;

interface AnsweredRequest {
  readonly request: Request;
  readonly context: RequestContext;
  readonly status: number;
  readonly duration_ms: number;
}

export interface RequestLogOptions {
  readonly logger: Pick<ApiLogger, "info" | "isLevelEnabled">;
  readonly mode: ApiConfig["request_log"];
  /** Of the client. */
  readonly addressOf: AddressOf;
}

/** Writes a line if one is due; `undefined` if none ever is. */
export function requestLog({
  logger,
  mode,
  addressOf,
}: RequestLogOptions): ((answered: AnsweredRequest) => void) | undefined {
  if (mode === "off" || !logger.isLevelEnabled("info")) return undefined;
  const write = (answered: AnsweredRequest) => {
    logger.info({ ...lineOf(answered), ip: addressOf(answered.request) }, "Request completed");
  };
  return mode === "all" ? write : errorsAlone(write, logger);
}

function errorsAlone(
  write: (answered: AnsweredRequest) => void,
  logger: Pick<ApiLogger, "info">,
): (answered: AnsweredRequest) => void {
  let second = 0;
  let lines = 0;
  return (answered) => {
    const { status, duration_ms, context } = answered;
    if (status < 400 && (duration_ms < SLOW_MS || context.hasNoDeadline)) return;
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      if (lines > LINES_PER_SECOND) logger.info({ requests: lines - LINES_PER_SECOND }, "Requests left out of the log");
      second = now;
      lines = 0;
    }
    if (++lines <= LINES_PER_SECOND) write(answered);
  };
}

function lineOf({ request, context, status, duration_ms }: AnsweredRequest) {
  return {
    request_id: context.request_id,
    trace_id: context.traceparent?.slice(3, 35),
    method: request.method,
    route: context.route ?? null,
    status,
    duration_ms: Math.round(duration_ms * 100) / 100,
    user_agent: userAgentOf(context),
  };
}

function userAgentOf({ headers }: RequestContext): string | undefined {
  const agent = headers["user-agent"];
  return agent === undefined || holdsCredential(agent, headers) ? undefined : agent.slice(0, USER_AGENT_LENGTH);
}
