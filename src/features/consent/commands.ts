/** Commands on consents. */
import { consentStream, type MarketingConfirmed } from "../../../events/consent.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { type ConsentCommand, type ConsentRejection, type ConsentState, consentDecider } from "../../domain/consent.ts";
import { foldStream } from "../../log/fold.ts";
import { type EventLog, type Handled, handle } from "../../log/mod.ts";

/** Where somebody agreed, as far as the request says. */
export type Origin = Pick<MarketingConfirmed, "ip" | "user_agent">;

/** The stream of a user's consents. `user`: as events name them, `user:<id>`. */
export function streamOfUser(user: string): string {
  return consentStream(user.slice("user:".length));
}

/** What somebody's stream of consents says now. */
export async function readConsents(log: Pick<EventLog, "readStream">, stream_id: string): Promise<ConsentState> {
  const { initial, evolve } = consentDecider;
  return (await foldStream(log, { stream_id, evolve, known: { state: initial, version: 0 } })).state;
}

/** Runs a command on a user's consents, which are sealed under their key. Throws what `log.append` throws. */
export function commandUser(
  log: EventLog,
  { user, command, meta }: { user: string; command: ConsentCommand; meta: Pick<EventMeta, "actor" | "request_id"> },
): Promise<Handled<ConsentState, ConsentRejection>> {
  const stream_id = streamOfUser(user);
  const about = { ...meta, account: user, subject: user, correlation_id: stream_id };
  return handle(log, { stream_id, decider: consentDecider, command, meta: about });
}
