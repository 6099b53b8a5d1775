/** Mails the summary of each period to operators when the period is over. */
import { type Static, Type } from "@sinclair/typebox";
import { type Connector, ConnectorError } from "../../../connectors/connector.ts";
import { databaseNow, type Sql, type SweepOptions, sweep } from "../../db/mod.ts";
import { defineSystemWorkflow, submitSystemJob } from "../../jobs/mod.ts";
import { derivedUuid } from "../../log/derived_id.ts";
import type { EventLog } from "../../log/mod.ts";
import { MAIL_RETRY, type Mailing, MailOutcome, NOT_MAILED } from "../../mail/mod.ts";
import type { Projector } from "../../projector/mod.ts";
import { READ_MODELS, summaryOf } from "./figures.ts";
import { letterOf } from "./letter.ts";
import { kinds, lastPeriod, periodAt } from "./period.ts";

const MAIL_SUMMARY = "levqor.mail_summary";

/** Identifies a period. */
const Asked = Type.Object(
  {
    period: Type.Union(kinds.map((kind) => Type.Literal(kind))),
    date: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" }),
  },
  { additionalProperties: false },
);

/** `not_started_yet`: the service did not exist in the period. */
const Outcome = Type.Union([MailOutcome, Type.Object({ skipped: Type.Literal("not_started_yet") })]);

export interface MailSummaryOptions extends Pick<Mailing, "mailer" | "receiving_email"> {
  readonly log: Pick<EventLog, "head">;
  readonly sql: Sql;
  readonly projector: Pick<Projector, "readAt">;
}

/** How long the read models may take to contain all events of the period. */
const READ_MODELS_WAIT_MS = 60_000;

export function mailSummary({ log, sql, projector, mailer, receiving_email: to }: MailSummaryOptions): Connector {
  return defineSystemWorkflow({
    name: MAIL_SUMMARY,
    summary: "Mails the summary of a day or a week to operators.",
    input: Asked,
    output: Outcome,
    retry: MAIL_RETRY,
    async run({ period: kind, date }, { idempotency_key, signal }): Promise<Static<typeof Outcome>> {
      const period = periodAt(kind, date);
      if (!period) throw new Error(`Cannot mail the summary of ${date}: there is no such day`);
      if (!mailer || !to) return NOT_MAILED;
      const reached = { names: READ_MODELS, position: await log.head(), timeout_ms: READ_MODELS_WAIT_MS };
      const read = await projector.readAt(reached, () => summaryOf(sql, period));
      if (!read.ok) throw new ConnectorError("timeout", `The period cannot be summed up yet: ${read.detail}.`);
      const summary = read.rows;
      if (summary.uptime.percent === null) return { skipped: "not_started_yet" };
      return await mailer.send({ kind: "summary", to, ...letterOf(summary) }, { idempotency_key, signal });
    },
  });
}

/** Between two looks whether a period is over. */
const LOOK_EVERY_MS = 30_000;

export interface SubmitSummariesOptions {
  readonly log: EventLog;
  readonly sql: Sql;
  readonly instance: string;
  readonly logger: SweepOptions["logger"];
  /** Absent: nothing is mailed. */
  readonly config: { readonly mail: { readonly delivery?: unknown; readonly receiving_email?: string | undefined } };
}

/**
 * Submits the job that mails a period's summary, once for each period: its id is derived from the period, so whichever
 * process does it again, also after a restart, meets the first.
 */
export async function submitSummaries(
  { log, sql }: Pick<SubmitSummariesOptions, "log" | "sql">,
  done: Set<string>,
): Promise<void> {
  const now = await databaseNow(sql);
  for (const kind of kinds) {
    const { date } = lastPeriod(kind, now);
    const job_id = derivedUuid(["summary", kind, date]);
    if (done.has(job_id)) continue;
    await submitSystemJob(log, {
      job_id,
      submission: { workflow: MAIL_SUMMARY, payload: { period: kind, date } },
      meta: { actor: "system:summary", correlation_id: job_id },
    });
    done.add(job_id);
  }
}

/** Looks again and again whether a period is over: one process does, by a lease. */
export function startSubmitting({ config, ...parts }: SubmitSummariesOptions): { stop(): Promise<void> } {
  if (!config.mail.delivery || !config.mail.receiving_email) return { stop: async () => {} };
  const done = new Set<string>();
  const { sql, instance: holder, logger } = parts;
  return sweep({ sql, name: "summaries", holder, every_ms: LOOK_EVERY_MS, logger }, () => submitSummaries(parts, done));
}
