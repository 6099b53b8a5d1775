/** Completes an erasure that is on record, whatever happened to the request for it. */
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { personalClasses } from "../../../events/personal.ts";
import type { Sql } from "../../db/mod.ts";
import { EVERYTHING } from "../../domain/reach.ts";
import { commandJob, jobMeta } from "../../jobs/commands.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import type { EventLog } from "../../log/mod.ts";
import { type Projector, pagesAt } from "../../projector/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { COMPLETE_ERASURE } from "./reactions.ts";

/** Jobs that are looked for at once. */
const JOBS = 100;

const Erasure = Type.Object({ subject: Type.String({ maxLength: 300 }) }, { additionalProperties: false });

interface ErasureParts {
  readonly log: EventLog;
  readonly sql: Sql;
  readonly projector: Pick<Projector, "readAt">;
  readonly vault: Vault;
}

export function erasureWorkflow({ log, sql, projector, vault }: ErasureParts): Connector {
  return defineSystemWorkflow({
    name: COMPLETE_ERASURE,
    summary: "Destroys the keys of an erased subject, and cancels its unfinished jobs.",
    input: Erasure,
    output: Type.Object({ cancelled: Type.Integer() }),
    retry: { max_attempts: 20, backoff: { initial_seconds: 1, factor: 3, max_seconds: 600 } },
    async run({ subject }, { signal, idempotency_key }) {
      await vault.destroy(subject, personalClasses);
      // Whoever began to submit a job before the erasure has recorded it by now.
      const position = await log.head();
      let cancelled = 0;
      const unfinished = pagesAt(
        projector,
        { names: ["jobs"], position, page: JOBS },
        (after, take) => sql<{ job_id: string; position: number }[]>`
          select job_id, position from levqor_read.jobs
          where subject = ${subject} and position > ${after} and status in ('queued', 'running')
          order by position limit ${take}`,
      );
      for await (const jobs of unfinished) {
        if (signal.aborted) break;
        for (const { job_id } of jobs) {
          const handled = await commandJob(log, {
            job_id,
            reach: EVERYTHING,
            command: { type: "cancel", reason: "subject_erased" },
            meta: { ...jobMeta(job_id, { actor: `system:${idempotency_key}` }) },
          });
          if (handled.ok && handled.events.length > 0) cancelled++;
        }
      }
      return { cancelled };
    },
  });
}
