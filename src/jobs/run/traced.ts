/** Connectors and their calls as parts of their job's trace. */
import { ConnectorError, type OutboundFetch } from "../../../connectors/connector.ts";
import type { Span, Tracing } from "../../telemetry/mod.ts";
import { execute, type Outcome, type Runnable } from "./execute.ts";

type ExecuteOptions = Parameters<typeof execute>[1];

/** Like `execute`; `span` is the parent of the call. */
export async function executeTraced(
  runnable: Runnable,
  { payload, context, tracing, parent }: ExecuteOptions & { tracing: Tracing; parent: Span },
): Promise<Outcome> {
  // Nothing to report, and nothing to pass on.
  if (!tracing.active && parent.traceparent === undefined) return execute(runnable, { payload, context });
  const { name } = runnable.connector;
  const span = tracing.start(`connector ${name}`, {
    parent: parent.traceparent,
    attributes: { "levqor.connector": name },
  });
  try {
    const fetch = tracedFetch(context.fetch, { tracing, parent: span });
    const outcome = await execute(runnable, { payload, context: { ...context, fetch } });
    span.end({ error: outcome.ok ? undefined : outcome.error.code });
    return outcome;
  } catch (error) {
    span.end({ error: "stopped" });
    throw error;
  }
}

/** Calls that have the `traceparent`, unless the caller sets one, and are separate spans. */
export function tracedFetch(
  fetch: OutboundFetch,
  { tracing, parent }: { tracing: Tracing; parent: Pick<Span, "traceparent"> },
): OutboundFetch {
  if (!tracing.active && parent.traceparent === undefined) return fetch;
  return async (url, init = {}) => {
    const { method = "GET" } = init;
    const span = tracing.start(`${method} ${hostOf(url)}`, {
      kind: "client",
      parent: parent.traceparent,
      // Neither path nor query: both may contain secrets.
      attributes: { "http.request.method": method, "server.address": hostOf(url) },
    });
    const headers = new Headers(init.headers);
    if (span.traceparent !== undefined && !headers.has("traceparent")) headers.set("traceparent", span.traceparent);
    try {
      const response = await fetch(url, { ...init, headers });
      const { status } = response;
      const error = status >= 400 ? String(status) : undefined;
      span.end({ error, attributes: { "http.response.status_code": status } });
      return response;
    } catch (error) {
      span.end({ error: error instanceof ConnectorError ? error.code : "no_answer" });
      throw error;
    }
  };
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? "";
}
