/** Reads organisations from the log, and runs commands on them. */
import type { EventMeta, StoredEvent } from "../../../events/envelope.ts";
import { decode } from "../../../events/mod.ts";
import { orgAccount, orgStream } from "../../../events/org.ts";
import { firstDecision } from "../../domain/decider.ts";
import { type OrgCommand, type OrgRejection, type OrgState, orgDecider } from "../../domain/org.ts";
import { createOnce, type EventLog, type Handled, handle, type Once } from "../../log/mod.ts";

/** The events of an organisation: the addresses in invitations stay sealed, which decide nothing. */
export function readOrgEvents(log: Pick<EventLog, "readStream">, orgId: string): Promise<StoredEvent[]> {
  return log.readStream(orgStream(orgId), { as_recorded: true });
}

/** What the events of an organisation amount to; `undefined`: there is none. */
export function orgOf(events: readonly StoredEvent[]): OrgState | undefined {
  return events.length === 0 ? undefined : events.map(decode).reduce(orgDecider.evolve, orgDecider.initial);
}

/** An organisation as it is in the log now; `undefined` if there is none. */
export async function readOrg(log: Pick<EventLog, "readStream">, orgId: string): Promise<OrgState | undefined> {
  return orgOf(await readOrgEvents(log, orgId));
}

/** Who acts, and what caused it. */
export type OrgMeta = Pick<EventMeta, "actor" | "request_id" | "traceparent">;

export function orgMeta(orgId: string, meta: OrgMeta): EventMeta {
  return { ...meta, account: orgAccount(orgId), correlation_id: orgId };
}

/** Creates an organisation, once for each Idempotency-Key, from which its id is derived. Throws what `log.append` throws. */
export function createOrg(
  log: EventLog,
  { org_id, name, owner, meta }: { org_id: string; name: string; owner: string; meta: OrgMeta },
): Promise<Once> {
  return createOnce(log, {
    stream_id: orgStream(org_id),
    events: firstDecision(orgDecider, { type: "create", name, owner }),
    meta: orgMeta(org_id, meta),
  });
}

/** Decides a command on an organisation and records the decision. Throws what `log.append` throws. */
export function commandOrg(
  log: EventLog,
  { org_id, command, meta }: { org_id: string; command: OrgCommand; meta: OrgMeta },
): Promise<Handled<OrgState, OrgRejection>> {
  return handle(log, {
    stream_id: orgStream(org_id),
    decider: orgDecider,
    command,
    meta: orgMeta(org_id, meta),
    read: () => readOrgEvents(log, org_id),
  });
}
