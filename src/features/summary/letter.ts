/** A summary for people: what is mailed, and what browsers are shown. */
import type { Letter } from "../../mail/mod.ts";
import type { Summary } from "./figures.ts";

/** What each figure means. */
const DEFINITIONS = {
  submitted: "jobs submitted in the period, excluding the service's own",
  succeeded: "jobs that ended in the period and succeeded",
  failed: "jobs that ended in the period and failed",
  cancelled: "jobs that were cancelled in the period",
  unfinished: "jobs that were waiting or running when the period ended",
  uptime: "of the period's minutes since the first start, those in which a process recorded a start or a heartbeat",
  reports: "reports of errors that were recorded in the period",
  new_groups: "errors that were reported in the period for the first time",
  threads_opened: "support threads opened in the period",
  messages: "messages in support threads, of senders and operators",
} as const;

export function letterOf(summary: Summary): Letter {
  const { period, position, runs, failures, queue, uptime, errors, support } = summary;
  const failed = failures.map(({ error_code, jobs }) => [error_code, String(jobs)] as const);
  const figures = { ...runs, ...queue, ...errors, ...support };
  const row = (heading: string, name: keyof typeof figures & keyof typeof DEFINITIONS) =>
    [heading, figures[name].toLocaleString("en"), DEFINITIONS[name]] as const;
  return {
    subject: period.kind === "day" ? `Levqor on ${period.date}` : `Levqor in the week from ${period.date}`,
    paragraphs: [
      `From ${period.from} to ${period.to}, as of position ${position} of the event log.`,
      {
        table: [
          row("Jobs submitted", "submitted"),
          row("Succeeded", "succeeded"),
          row("Failed", "failed"),
          row("Cancelled", "cancelled"),
          row("Unfinished", "unfinished"),
          ["Cost", "not available", "job costs are not recorded yet"],
          [
            "Uptime",
            uptime.percent === null ? "not available" : `${uptime.percent}%, ${uptime.minutes_down} minutes down`,
            DEFINITIONS.uptime,
          ],
          row("Error reports", "reports"),
          row("New errors", "new_groups"),
          row("Support threads", "threads_opened"),
          row("Support messages", "messages"),
        ],
      },
      ...(failed.length > 0 ? ["The most frequent reasons why jobs failed:", { table: failed }] : []),
    ],
  };
}
