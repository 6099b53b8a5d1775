/** Delivery in development: mails are kept in memory, and shown at `/_dev/mails`. Nothing is sent. */
import type { Delivery, Outgoing } from "./delivery.ts";

/** The oldest are dropped. */
export const OUTBOX_MAX = 100;

/** A mail that would have been sent. */
export interface ShownMail extends Outgoing {
  readonly mail_id: string;
  /** RFC 3339. */
  readonly at: string;
}

export class Outbox implements Delivery {
  /** By id. */
  readonly #mails = new Map<string, ShownMail>();
  readonly #onMail: (mail_id: string) => void;

  /** `on_mail` is told of each mail, by its id. */
  constructor(on_mail: (mail_id: string) => void) {
    this.#onMail = on_mail;
  }

  /** Newest first. */
  mails(): readonly ShownMail[] {
    return [...this.#mails.values()].reverse();
  }

  async deliver(mail: Outgoing, { mail_id }: Parameters<Delivery["deliver"]>[1]) {
    if (!this.#mails.has(mail_id)) {
      this.#mails.set(mail_id, { ...mail, mail_id, at: new Date().toISOString() });
      const [oldest] = this.#mails.keys();
      if (this.#mails.size > OUTBOX_MAX && oldest !== undefined) this.#mails.delete(oldest);
      this.#onMail(mail_id);
    }
    return { provider_id: mail_id };
  }
}
