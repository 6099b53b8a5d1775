/**
 * Erasures hold: whatever happens to a process in the middle of one, and also after an older vault was restored, in which those
 * who were erased still have keys.
 */
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { entityId } from "../../../events/mod.ts";
import { invitationSubject } from "../../../events/org.ts";
import { type PersonalClass, personalClasses } from "../../../events/personal.ts";
import { supportSubject } from "../../../events/support.ts";
import { ERASED_CLASSES } from "../../../events/user.ts";
import type { ErasureRow, OrgInvitationRow } from "../../../projections/mod.ts";
import { untilDone } from "../../async/mod.ts";
import { isUndefinedTable, type Sql } from "../../db/mod.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import type { EventLog } from "../../log/mod.ts";
import { type Projector, pagesAt } from "../../projector/mod.ts";
import { defineReaction, submit } from "../../reactor/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import type { Feature } from "../feature.ts";

/** Persons who are looked at with one query. */
const PAGE = 1_000;

export interface RepeatingParts {
  readonly log: Pick<EventLog, "head">;
  readonly sql: Sql;
  readonly projector: Pick<Projector, "readAt">;
  readonly vault: Vault;
}

/**
 * Destroys the keys of all who are erased in the log, and of invitations that are over, if the vault does not know of it.
 * Resolves to how many these were. Throws what the vault throws, and if the read model is too far behind.
 */
export async function repeatErasures({ log, sql, projector, vault }: RepeatingParts): Promise<number> {
  const position = await log.head();
  let revived = 0;
  const erased = pagesAt(
    projector,
    { names: ["erasures"], position, page: PAGE },
    (after, take) => sql<Pick<ErasureRow, "subject" | "destroyed" | "position">[]>`
      select subject, destroyed, position from levqor_read.erasures
      where erased_at is not null and position > ${after} order by position limit ${take}`,
  );
  for await (const rows of erased) {
    for (const [classes, subjects] of byClasses(rows)) revived += await destroyRevived(vault, subjects, classes);
  }
  const over = pagesAt(
    projector,
    { names: ["org_invitations"], position, page: PAGE },
    (after, take) => sql<Pick<OrgInvitationRow, "invitation_id" | "position">[]>`
      select invitation_id, position from levqor_read.org_invitations
      where over_at is not null and position > ${after} order by position limit ${take}`,
  );
  for await (const rows of over) {
    revived += await destroyRevived(
      vault,
      rows.map(({ invitation_id }) => invitationSubject(invitation_id)),
      ERASED_CLASSES,
    );
  }
  return revived;
}

/** Destroys what the vault has of subjects that are erased in some classes. Resolves to how many these were. */
async function destroyRevived(
  vault: Vault,
  subjects: readonly string[],
  classes: readonly PersonalClass[],
): Promise<number> {
  const again = await vault.revived(subjects, classes);
  if (again.length > 0) await vault.destroy(again, classes);
  return again.length;
}

/** Users and subjects are erased in different classes. */
function byClasses(rows: readonly Pick<ErasureRow, "subject" | "destroyed">[]): [PersonalClass[], string[]][] {
  return [...Map.groupBy(rows, ({ destroyed }) => destroyed)].map(([destroyed, of]) => [
    destroyed.split(",") as PersonalClass[],
    of.map(({ subject }) => subject),
  ]);
}

/** The system workflow that destroys the keys of a support thread. */
const DESTROY_KEYS = "levqor.destroy_keys";

/** Whoever erases a thread destroys its keys; this does if they could not. */
const destroyKeys = defineReaction({
  name: "destroy_keys",
  events: ["support.erased"],
  react: ({ stream_id }) => [
    submit({ workflow: DESTROY_KEYS, payload: { subject: supportSubject(entityId(stream_id)) } }),
  ],
});

function destroyingWorkflow(vault: Pick<Vault, "destroy">): Connector {
  return defineSystemWorkflow({
    name: DESTROY_KEYS,
    summary: "Destroys the keys of an erased support thread.",
    input: Type.Object({ subject: Type.String({ maxLength: 300 }) }, { additionalProperties: false }),
    output: Type.Object({}),
    retry: { max_attempts: 20, backoff: { initial_seconds: 1, factor: 3, max_seconds: 600 } },
    async run({ subject }) {
      await vault.destroy(subject, personalClasses);
      return {};
    },
  });
}

export const erasures: Feature = {
  name: "erasures",
  reactions: () => [destroyKeys],
  workflows: ({ vault }) => [destroyingWorkflow(vault)],
  start({ log, sql, projector, vault, logger }) {
    const repeat = async () => {
      const subjects = await repeatErasures({ log, sql, projector, vault });
      if (subjects > 0) logger.warn({ subjects }, "The vault had keys of erased persons; they are destroyed again");
    };
    return untilDone(repeat, {
      first_ms: 1_000,
      most_ms: 60_000,
      on_fault(error) {
        // At a first start the read model is about to be built.
        const isNew = isUndefinedTable(error);
        if (!isNew) logger.error({ err: error }, "Cannot destroy the keys of erased persons again; retrying");
      },
    });
  },
};
