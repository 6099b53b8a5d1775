/**
 * Delivery through Resend, with its SDK, which is loaded with the first mail. Errors contain neither addresses nor text of
 * the mail, nor Resend's own messages, which may quote them.
 */
import type { Resend } from "resend";
import { ConnectorError } from "../../connectors/connector.ts";
import { retryAfter } from "../../connectors/retry_after.ts";
import type { Delivery } from "./delivery.ts";

export interface ResendOptions {
  readonly api_key: string;
  readonly base_url: string;
  /** How long one attempt may take; 10 s by default. */
  readonly timeout_ms?: number;
}

/** The tag with a mail's id. */
export const MAIL_ID_TAG = "mail_id";

const TIMEOUT_MS = 10_000;
/** The form of Resend's documented error names. */
const ERROR_NAME = /^[a-z_]{1,64}$/;
/** Statuses between 400 and 499 after which a retry may succeed. */
const RETRYABLE = new Set([408, 425, 429]);

/** Delivery by an account at Resend. */
export function resendDelivery({ api_key, base_url, timeout_ms = TIMEOUT_MS }: ResendOptions): Delivery {
  let client: Promise<Resend> | undefined;
  const load = async () => {
    const { Resend } = await import("resend");
    return new Resend(api_key, { baseUrl: base_url });
  };

  return {
    async deliver({ reply_to, headers, ...mail }, { mail_id, signal }) {
      client ??= load();
      const { emails } = await client;
      signal.throwIfAborted();
      const timeout = AbortSignal.timeout(timeout_ms);
      const sent = await emails.send(
        {
          ...mail,
          ...(reply_to !== undefined && { replyTo: reply_to }),
          // What Resend reports about the mail repeats them.
          tags: [{ name: MAIL_ID_TAG, value: mail_id }],
          ...(Object.keys(headers).length > 0 && { headers: { ...headers } }),
        },
        { idempotencyKey: mail_id, signal: AbortSignal.any([signal, timeout]) },
      );
      signal.throwIfAborted();
      if (timeout.aborted) throw unavailable(`Resend did not respond within ${timeout_ms} ms.`);
      if (sent.error) throw failure(sent.error, sent.headers);
      const { id } = sent.data;
      if (typeof id !== "string" || id === "") throw unavailable("Resend accepted a mail without giving its id.");
      return { provider_id: id };
    },
  };
}

interface Refusal {
  readonly name: string;
  /** Absent if the response is not Resend's own. */
  readonly statusCode?: number | null;
}

function failure(
  { name, statusCode: status }: Refusal,
  headers: Readonly<Record<string, string>> | null,
): ConnectorError {
  if (headers === null) return unavailable("Resend cannot be reached.");
  const reason = ERROR_NAME.test(name) ? name : "unknown";
  const message = `Resend responded ${status ?? "without a status"}: ${reason}.`;
  const detail = { status: status ?? null, reason };
  const is_final = status != null && status >= 400 && status < 500 && !RETRYABLE.has(status);
  // The first request with this idempotency key is still being processed.
  const is_concurrent = reason === "concurrent_idempotent_requests";
  if (is_final && !is_concurrent) return new ConnectorError("mail_rejected", message, { detail });
  return unavailable(message, { detail, retry_after: retryAfter(headers["retry-after"] ?? null, Date.now()) });
}

function unavailable(message: string, options: ConnectorError["options"] = {}): ConnectorError {
  return new ConnectorError("mail_unavailable", message, options);
}
