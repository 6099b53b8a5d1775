/**
 * Erases users who asked for it. Each step may be repeated, so a job that is interrupted at any point completes the rest:
 *
 * request (they are locked out) → what they have ends → keys destroyed → what they had created meanwhile ends → `user.erased`
 */
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { ofAccount } from "../../../events/account.ts";
import { keyStream } from "../../../events/key.ts";
import { INVITED_ADDRESS, invitationSubject, orgAccount, orgStream } from "../../../events/org.ts";
import { scheduleStream } from "../../../events/schedule.ts";
import { subjectStream } from "../../../events/subject.ts";
import { ERASED_CLASSES, userAccount } from "../../../events/user.ts";
import { commandUser, readUser } from "../../access/users.ts";
import type { Sql } from "../../db/mod.ts";
import { keyDecider } from "../../domain/key.ts";
import { orgDecider } from "../../domain/org.ts";
import { EVERYTHING } from "../../domain/reach.ts";
import { scheduleDecider } from "../../domain/schedule.ts";
import { commandJob, jobMeta } from "../../jobs/commands.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import { create, type EventLog, handle } from "../../log/mod.ts";
import { type Projector, pagesAt } from "../../projector/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { ERASE_USER } from "./reactions.ts";

/** Things that are looked for at once. */
const PAGE = 100;
/** Within a second, every process has locked the user out; requests that began before may take as long as any. */
const READS = ["keys", "schedules", "jobs", "org_members", "org_invitations"] as const;

export interface ErasureParts {
  readonly log: EventLog;
  readonly sql: Sql;
  readonly projector: Pick<Projector, "readAt">;
  readonly vault: Pick<Vault, "destroy" | "pseudonym">;
}

export function erasureWorkflow(parts: ErasureParts): Connector {
  const { log, vault } = parts;
  return defineSystemWorkflow({
    name: ERASE_USER,
    summary: "Erases a user: ends what they have, and destroys their keys.",
    input: Type.Object({ user_id: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
    output: Type.Object({ erased: Type.Boolean() }),
    retry: { max_attempts: 100, backoff: { initial_seconds: 1, factor: 3, max_seconds: 600 } },
    async run({ user_id }, { signal, idempotency_key }) {
      // Not on record: nobody asked for it.
      if ((await readUser(log, user_id))?.status !== "erasing") return { erased: false };
      const actor = `system:${idempotency_key}`;
      await endAll(parts, { user_id, actor, signal });
      await vault.destroy(userAccount(user_id), ERASED_CLASSES);
      await endAll(parts, { user_id, actor, signal });
      signal.throwIfAborted();
      const command = { type: "complete_erasure", destroyed: ERASED_CLASSES } as const;
      await commandUser(log, { user_id, command, meta: { actor } });
      return { erased: true };
    },
  });
}

interface Ending {
  readonly user_id: string;
  readonly actor: string;
  readonly signal: AbortSignal;
}

/** Ends what belongs to a user: keys, schedules, unfinished jobs, subjects, invitations and memberships. */
async function endAll({ log, sql, projector, vault }: ErasureParts, { user_id, actor, signal }: Ending): Promise<void> {
  const account = userAccount(user_id);
  const user = await readUser(log, user_id);
  // Of somebody who never was here, an invitation says no more than its own week lets it.
  const email = user && !user.is_unclaimed ? user.profile.email : null;
  const address = email === null ? null : await vault.pseudonym({ kind: INVITED_ADDRESS, value: email });
  const invitations: string[] = [];
  const meta = (id: string) => ({ actor, ...ofAccount(account), correlation_id: id });
  const position = await log.head();
  /** Page by page, by position: what does not end, such as a membership, does not come again. */
  async function each<Row extends { readonly position: number }>(
    select: (after: number, take: number) => PromiseLike<readonly Row[]>,
    end: (row: Row) => Promise<unknown>,
  ): Promise<void> {
    for await (const rows of pagesAt(projector, { names: READS, position, page: PAGE }, select)) {
      for (const row of rows) {
        signal.throwIfAborted();
        await end(row);
      }
    }
  }

  await each(
    (after, take) => sql<{ key_id: string; position: number }[]>`
      select key_id, position from levqor_read.keys
      where account = ${account} and revoked_at is null and position > ${after} order by position limit ${take}`,
    ({ key_id }) =>
      handle(log, {
        stream_id: keyStream(key_id),
        decider: keyDecider,
        command: { type: "revoke", reason: "The user was erased." },
        meta: meta(key_id),
      }),
  );
  await each(
    (after, take) => sql<{ schedule_id: string; position: number }[]>`
      select schedule_id, position from levqor_read.schedules
      where account = ${account} and position > ${after} order by position limit ${take}`,
    ({ schedule_id }) =>
      handle(log, {
        stream_id: scheduleStream(schedule_id),
        decider: scheduleDecider,
        // What was due and has not fired is not counted: nobody will ask.
        command: { type: "delete", now: 0, count: 0, next_run_at: 0 },
        meta: meta(schedule_id),
      }),
  );
  await each(
    (after, take) => sql<{ job_id: string; position: number }[]>`
      select job_id, position from levqor_read.jobs
      where account = ${account} and status in ('queued', 'running') and position > ${after}
      order by position limit ${take}`,
    ({ job_id }) =>
      commandJob(log, {
        job_id,
        reach: EVERYTHING,
        command: { type: "cancel", reason: "subject_erased" },
        meta: { ...jobMeta(job_id, { actor }) },
      }),
  );
  // Persons in the user's own naming: nobody could ask for them any more.
  await each(
    (after, take) => sql<{ subject: string; position: number }[]>`
      select subject, max(position) as position from levqor_read.jobs
      where account = ${account} and subject <> ${account} group by subject having max(position) > ${after}
      order by max(position) limit ${take}`,
    ({ subject }) =>
      create(log, {
        stream_id: subjectStream(subject),
        events: [{ type: "subject.erased", data: {} }],
        meta: { ...meta(subject), subject },
      }),
  );
  // Those by the user, and those for the address that is to be forgotten.
  await each(
    (after, take) => sql<{ org_id: string; invitation_id: string; position: number }[]>`
      select org_id, invitation_id, position from levqor_read.org_invitations
      where over_at is null and (invited_by = ${account} or address = ${address}) and position > ${after}
      order by position limit ${take}`,
    async ({ org_id, invitation_id }) => {
      await handle(log, {
        stream_id: orgStream(org_id),
        decider: orgDecider,
        command: { type: "forget", member: account, address },
        meta: { actor, account: orgAccount(org_id), correlation_id: org_id },
      });
      invitations.push(invitationSubject(invitation_id));
    },
  );
  if (invitations.length > 0) await vault.destroy(invitations, ERASED_CLASSES);
  await each(
    (after, take) => sql<{ org_id: string; position: number }[]>`
      select org_id, position from levqor_read.org_members
      where member = ${account} and position > ${after} order by position limit ${take}`,
    // An organisation without any other member keeps its owner, who is nobody any more.
    ({ org_id }) =>
      handle(log, {
        stream_id: orgStream(org_id),
        decider: orgDecider,
        command: { type: "remove", member: account, by: account },
        meta: { actor, account: orgAccount(org_id), correlation_id: org_id },
      }),
  );
}
