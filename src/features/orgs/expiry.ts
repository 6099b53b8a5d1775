/** Ends invitations that have expired, so that nothing of them stays: one process does, by a lease. */
import { toTime } from "../../../events/time.ts";
import { isUndefinedTable, type Sql, type SweepOptions, sweep } from "../../db/mod.ts";
import { INVITATION_MS } from "../../domain/org.ts";
import type { EventLog } from "../../log/mod.ts";
import { type Projector, pagesAt } from "../../projector/mod.ts";
import { commandOrg } from "./commands.ts";

const LOOK_EVERY_MS = 10 * 60_000;
/** Invitations that are looked for at once. */
const PAGE = 100;

export interface ExpiryParts {
  readonly log: EventLog;
  readonly sql: Sql;
  readonly projector: Pick<Projector, "readAt">;
}

/** Ends what has expired at `now`, in milliseconds since 1970. Resolves to how many organisations had some. */
export async function endExpired({ log, sql, projector }: ExpiryParts, now = Date.now()): Promise<number> {
  const position = await log.head();
  const ended = new Set<string>();
  const before = toTime(now - INVITATION_MS);
  const expired = pagesAt(
    projector,
    { names: ["org_invitations"], position, page: PAGE },
    (after, take) => sql<{ org_id: string; position: number }[]>`
      select org_id, position from levqor_read.org_invitations
      where over_at is null and invited_at <= ${before} and position > ${after} order by position limit ${take}`,
  );
  for await (const rows of expired) {
    for (const { org_id } of rows) {
      if (ended.has(org_id)) continue;
      ended.add(org_id);
      await commandOrg(log, { org_id, command: { type: "expire", now }, meta: { actor: "system:invitations" } });
    }
  }
  return ended.size;
}

export function startExpiring({
  instance,
  logger,
  ...parts
}: ExpiryParts & { readonly instance: string; readonly logger: SweepOptions["logger"] }): { stop(): Promise<void> } {
  const { sql } = parts;
  return sweep({ sql, name: "invitations", holder: instance, every_ms: LOOK_EVERY_MS, logger }, async () => {
    try {
      await endExpired(parts);
    } catch (error) {
      // At a first start the read model is about to be built, and nothing can have expired.
      if (!isUndefinedTable(error)) throw error;
    }
  });
}
