/** One line for each request, at debug: at info a busy service would write more log than answers. */
import { Elysia } from "elysia";
import type { ApiLogger } from "./options.ts";
import { requestId } from "./request_id.ts";

export function requestLog(logger: ApiLogger) {
  const app = new Elysia({ name: "levqor/request-log" });
  // Without the hook there is nothing to pay on the hot path.
  if (!logger.isLevelEnabled("debug")) return app;
  return app.onAfterResponse({ as: "global" }, ({ request, set, server, responseValue }) => {
    const status = responseValue instanceof Response ? responseValue.status : (set.status ?? 200);
    logger.debug(
      {
        request_id: requestId(request),
        method: request.method,
        path: new URL(request.url).pathname,
        status,
        ip: server?.requestIP(request)?.address,
        user_agent: request.headers.get("user-agent"),
      },
      "Request answered",
    );
  });
}
