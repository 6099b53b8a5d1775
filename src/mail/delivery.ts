/** How a mail leaves the service. */
import type { Letter } from "./letter.tsx";

/** A mail as it is handed over. */
export interface Outgoing extends Pick<Letter, "subject"> {
  readonly from: string;
  /** One address. */
  readonly to: string;
  readonly reply_to: string | undefined;
  readonly html: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Handing {
  /** Identifies the mail: handing it over again within 24 hours sends nothing. A UUID. */
  readonly mail_id: string;
  /** Cancels the attempt. */
  readonly signal: AbortSignal;
}

export interface Delivery {
  /**
   * Hands a mail over, and returns its id at the provider. Throws a `ConnectorError`: `mail_unavailable` if another attempt
   * may succeed, `mail_rejected` if none can. Throws the signal's reason if it fires.
   */
  deliver(mail: Outgoing, handing: Handing): Promise<{ readonly provider_id: string }>;
}
