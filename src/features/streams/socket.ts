/** Opens a WebSocket of events: `GET /api/v1/jobs/ws`. */

import { onAccessEnd, reachOf } from "../../access/mod.ts";
import type { ApiParts } from "../../http/api.ts";
import { contextOf } from "../../http/context.ts";
import { tags } from "../../http/document/tags.ts";
import { createCors } from "../../http/door/cors.ts";
import { originCheck } from "../../http/door/origin.ts";
import { fixedHeaders } from "../../http/door/security_headers.ts";
import { SOCKET_GONE_MS } from "../../http/limits.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { MessageBudget } from "../../http/stream/message_budget.ts";
import { StreamSlots } from "../../http/stream/stream_slots.ts";
import { EventSocket } from "./event_socket.ts";
import { EventSources } from "./event_source.ts";
import { streamProblems } from "./problems.ts";
import { SocketMessage, SocketRequest } from "./schemas.ts";
import type { Submissions } from "./submissions.ts";

const PATH = "/api/v1/jobs/ws";
/** The protocol of both sides, for clients that offer it. */
const PROTOCOL = "levqor.v1";
/** Events read at once for each subscription: the most that waits. */
const BATCH = 16;

export function socketRoutes(options: ApiParts & { submissions: Submissions }) {
  const { auth, logger, metrics, signal, timing, config } = options;
  const { public_url } = config;
  const origins = originCheck({ open: !auth.required, public_url, cors: createCors(config.cors_origins) });
  const on_fault = (error: unknown) => logger.warn({ err: error }, "A WebSocket cannot read the log");
  const sources = new EventSources({ ...options, on_fault, batch: BATCH });
  const budget = new MessageBudget();
  const slots = new StreamSlots({ max: config.max_streams, share: config.caller_share });

  return [
    route(
      {
        method: "GET",
        path: PATH,
        id: "openJobSocket",
        tag: tags.streams,
        summary: "Follow several jobs over one WebSocket",
        description:
          "Speaks JSON: the client sends `SocketRequest` messages of at most 16 KB and gets `SocketMessage` messages. Up to 32 subscriptions, each to one job or to all, each resumable from any position without gaps or repeats. Browsers, which cannot set headers, offer the protocols `levqor.v1` and `levqor.key.` with the key in base64url. An invalid message gets an `error` and ends nothing. One caller may send 200 messages or 512 KB at once, and then 20 messages and 64 KB a second, over all its connections, including ping frames and unsolicited pong frames: beyond that the connection is closed with 1008. A connection that is still open 5 seconds after a close is cut off, and counts among the caller's connections until then. A client that reads nothing for 30 seconds is disconnected with the close code 4408; 1001 says that the service is stopping. The service pings every 15 seconds, and closes a connection that has been silent for 60.",
        scope: "jobs:read",
        messages: { sent: SocketRequest, received: SocketMessage },
        responses: {
          101: {
            description: "The connection is a WebSocket. The messages from the service:",
            schema: SocketMessage,
            example: { type: "subscribed", id: "mine", after: 1042 },
          },
        },
        errors: [
          streamProblems.upgrade_required,
          problems.malformed_json,
          problems.json_too_deep,
          problems.duplicate_key,
          problems.number_not_representable,
          problems.too_many_numeric_keys,
          problems.invalid_cursor,
          problems.job_not_found,
          streamProblems.subscription_not_found,
          streamProblems.subscription_exists,
          streamProblems.message_too_large,
          streamProblems.too_many_subscriptions,
          problems.too_many_streams,
        ],
      },
      (call) => {
        const { request, server, caller, cause } = call;
        const { request_id } = cause;
        const protocol = readProtocol(request);
        origins.checkSocket(contextOf(request));
        const headers: Record<string, string> = { ...Object.fromEntries(fixedHeaders), "x-request-id": request_id };
        // Set explicitly, or Bun would select the first of the client's list: that may be the key.
        if (protocol) headers["sec-websocket-protocol"] = protocol;
        const release = slots.acquire(caller);
        const on_open = () => {
          const closed = metrics.opened("websocket");
          return () => {
            closed();
            // A client that does not disconnect keeps the descriptor for that long, and cannot be told from one that does.
            setTimeout(release, timing?.socket_gone_ms ?? SOCKET_GONE_MS).unref();
          };
        };
        const on_access_end = (end: () => void) => onAccessEnd(caller, end);
        const data = new EventSocket({
          on_access_end,
          sources,
          reach: reachOf(caller),
          caller: caller.counted_as,
          spend: (bytes) => budget.spend(caller.counted_as, bytes),
          logger,
          request_id,
          instance: PATH,
          signal,
          timing,
          on_open,
        });
        if (server?.upgrade(request, { headers, data })) return;
        release();
        throw new Problem(
          streamProblems.upgrade_required,
          "The request does not ask for a WebSocket (RFC 6455, version 13).",
          {
            headers: { upgrade: "websocket" },
          },
        );
      },
    ),
  ];
}

/** The protocol to select, out of those that the client offers; `undefined` if it offers none. */
function readProtocol(request: Request): string | undefined {
  const offered = request.headers.get("sec-websocket-protocol");
  if (offered === null) return undefined;
  const names = offered.split(",").map((name) => name.trim());
  if (!names.includes(PROTOCOL)) {
    throw invalid([{ pointer: "Sec-WebSocket-Protocol", message: `must offer ${PROTOCOL}, or be absent` }]);
  }
  return PROTOCOL;
}
