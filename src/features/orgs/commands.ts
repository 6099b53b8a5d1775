/** Reads organisations from the log, and runs commands on them. */
import type { EventMeta } from "../../../events/envelope.ts";
import { decode } from "../../../events/mod.ts";
import { orgAccount, orgStream } from "../../../events/org.ts";
import { firstDecision } from "../../domain/decider.ts";
import { type OrgCommand, type OrgRejection, type OrgState, orgDecider } from "../../domain/org.ts";
import { createOnce, type EventLog, type Handled, handle, type Once } from "../../log/mod.ts";

/** An organisation as it is in the log now; `undefined` if there is none. */
export async function readOrg(log: Pick<EventLog, "readStream">, orgId: string): Promise<OrgState | undefined> {
  const events = await log.readStream(orgStream(orgId));
  return events.length === 0 ? undefined : events.map(decode).reduce(orgDecider.evolve, orgDecider.initial);
}

/** Who acts, and what caused it. */
export type OrgMeta = Pick<EventMeta, "actor" | "request_id" | "traceparent">;

function metaOf(orgId: string, meta: OrgMeta): EventMeta {
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
    meta: metaOf(org_id, meta),
  });
}

/** Decides a command on an organisation and records the decision. Throws what `log.append` throws. */
export function commandOrg(
  log: EventLog,
  { org_id, command, meta }: { org_id: string; command: OrgCommand; meta: OrgMeta },
): Promise<Handled<OrgState, OrgRejection>> {
  return handle(log, { stream_id: orgStream(org_id), decider: orgDecider, command, meta: metaOf(org_id, meta) });
}
