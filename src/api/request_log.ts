/** One line for each request, at debug: at info a busy service would write more log than answers. */
import { Elysia } from "elysia";
import { contextOf, pathOf } from "./context.ts";
import type { ApiLogger } from "./options.ts";

export function requestLog(logger: ApiLogger) {
  const app = new Elysia({ name: "levqor/request-log" });
  // Without the hooks there is nothing to pay on the hot path.
  if (!logger.isLevelEnabled("debug")) return app;
  // Gathered at the start: when the answer is out, the request's own fields may be gone.
  const lines = new WeakMap<Request, { started: number; fields: object }>();
  return app
    .onRequest(({ request, server }) => {
      lines.set(request, {
        started: performance.now(),
        fields: {
          request_id: contextOf(request).request_id,
          method: request.method,
          path: pathOf(request),
          ip: server?.requestIP(request)?.address,
          user_agent: request.headers.get("user-agent"),
        },
      });
    })
    .onAfterResponse({ as: "global" }, ({ request, set }) => {
      const line = lines.get(request);
      if (!line) return;
      const duration_ms = Math.round((performance.now() - line.started) * 100) / 100;
      logger.debug({ ...line.fields, status: set.status ?? 200, duration_ms }, "Request answered");
    });
}
