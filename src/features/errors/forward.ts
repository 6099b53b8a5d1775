/** Forwards a recorded report to Sentry: what the jobs of `levqor.forward_error` do. */

import type { Event } from "@sentry/core";
import { type Static, Type } from "@sinclair/typebox";
import { type Connector, ConnectorError } from "../../../connectors/connector.ts";
import { retryAfter } from "../../../connectors/retry_after.ts";
import { entityId, eventId, type RecordedEvent } from "../../../events/envelope.ts";
import type { ErrorReported } from "../../../events/error.ts";
import { decode } from "../../../events/mod.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import { derivedUuid } from "../../log/derived_id.ts";
import type { EventLog } from "../../log/mod.ts";

export const FORWARD_ERROR = "levqor.forward_error";

const ForwardInput = Type.Object(
  { event_id: Type.String({ pattern: "^error-[0-9a-f]{32}@[1-9][0-9]{0,9}$" }) },
  { additionalProperties: false },
);
export type ForwardInput = Static<typeof ForwardInput>;

export interface ForwardOptions {
  readonly log: Pick<EventLog, "readStream">;
  readonly config: { readonly sentry_dsn: string | undefined };
}

export function forwardError({ log, config: { sentry_dsn } }: ForwardOptions): Connector {
  return defineSystemWorkflow({
    name: FORWARD_ERROR,
    summary: "Forwards a reported error to Sentry.",
    input: ForwardInput,
    output: Type.Object({ sentry_event_id: Type.String() }),
    // Sentry drops an event whose id it knows, so forwarding one again does no harm.
    retry: { max_attempts: 10, backoff: { initial_seconds: 5, max_seconds: 3_600 } },
    async run({ event_id }, { fetch, signal }) {
      if (sentry_dsn === undefined) {
        throw new ConnectorError("not_configured", "SENTRY_DSN is not set in this process, so nothing is forwarded.");
      }
      const event = toSentry(await reported(log, event_id));
      // On first use: a service that forwards nothing never loads it.
      const sentry = await import("@sentry/core");
      const dsn = sentry.makeDsn(sentry_dsn);
      if (!dsn) throw new ConnectorError("not_configured", "Sentry's SDK cannot read SENTRY_DSN.");
      const sdk = { name: "sentry.javascript.core", version: sentry.SDK_VERSION };
      // Bytes only if it has attachments.
      const body = sentry.serializeEnvelope(sentry.createEventEnvelope(event, dsn, { sdk })) as string;
      const headers = { "content-type": "application/x-sentry-envelope" };
      const url = sentry.getEnvelopeEndpointWithUrlEncodedAuth(dsn, undefined, sdk);
      const response = await fetch(url, { method: "POST", headers, body, signal }).catch((cause) => {
        signal.throwIfAborted();
        if (cause instanceof ConnectorError) throw cause;
        throw new ConnectorError("connection_failed", "The connection to Sentry failed.", { cause });
      });
      await response.body?.cancel();
      const { status } = response;
      if (status === 200) return { sentry_event_id: event.event_id };
      throw new ConnectorError("unexpected_status", `Sentry responded with ${status}.`, {
        detail: { status },
        retry_after: retryAfter(response.headers.get("retry-after"), Date.now()),
      });
    },
  });
}

/** The event of a report. Throws if it does not exist. */
async function reported(log: ForwardOptions["log"], event_id: string): Promise<RecordedEvent<string, ErrorReported>> {
  const [stream_id = "", version] = event_id.split("@");
  const [stored] = await log.readStream(stream_id, { after_version: Number(version) - 1, limit: 1 });
  const event = stored && decode(stored);
  if (event?.type === "error.reported") return event;
  const message = `No report is recorded as ${event_id}.`;
  throw new ConnectorError("invalid_payload", message, { detail: { errors: [{ pointer: "/event_id", message }] } });
}

/** A report as an event of Sentry's protocol, with an id derived from the recorded event's. */
function toSentry(event: RecordedEvent<string, ErrorReported>): Event & { readonly event_id: string } {
  const { source, type, message, frames, url, release, environment, reports } = event.data;
  const error_id = entityId(event.stream_id);
  return {
    event_id: derivedUuid(["sentry", eventId(event)]).replaceAll("-", ""),
    timestamp: Date.parse(event.recorded_at) / 1000,
    platform: "javascript",
    level: "error",
    ...(release !== undefined && { release }),
    ...(environment !== undefined && { environment }),
    ...(url !== undefined && { request: { url } }),
    tags: { source, error_id },
    extra: { reports },
    // So Sentry groups errors as this service does.
    fingerprint: [error_id],
    exception: {
      values: [
        {
          type,
          value: message,
          // In Sentry's order, the frame that failed is last.
          ...(frames.length > 0 && { stacktrace: { frames: frames.toReversed().map(toSentryFrame) } }),
        },
      ],
    },
  };
}

function toSentryFrame({ function: name, file, line, column }: ErrorReported["frames"][number]) {
  return {
    ...(name !== null && { function: name }),
    ...(file !== null && { filename: file }),
    ...(line !== null && { lineno: line }),
    ...(column !== null && { colno: column }),
  };
}
