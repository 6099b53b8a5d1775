/** Fills a log with the histories of jobs, through the log's own append. */
import { jobStream } from "../../events/job.ts";
import type { KnownNewEvent } from "../../events/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { personalLog } from "../../src/vault/mod.ts";
import { argument, report } from "../support/child.ts";
import { benchVault } from "../support/vault.ts";

export interface SeedArgument {
  readonly url: string;
  readonly events: number;
  /** Each job is about one of so many subjects, and sealed. */
  readonly subjects?: number;
}

/** Concurrent jobs: each event of a job comes this many events after the previous one. */
const WAVE = 1_000;

/** What happens to a job, in order. */
function history(job: number): KnownNewEvent[] {
  const payload = { customer: `c-${job % 1000}`, document: `https://example.com/reports/${job}.pdf`, pages: job % 40 };
  const end: KnownNewEvent =
    job % 10 === 0
      ? {
          type: "job.failed",
          data: { attempt: 1, error: { code: "unexpected_status", message: "The service responded with 503." } },
        }
      : { type: "job.succeeded", data: { attempt: 1, result: { status: 200, pages_read: job % 40 } } };
  return [
    { type: "job.submitted", data: { workflow: job % 3 ? "http" : "slack", payload, priority: "normal" } },
    { type: "job.started", data: { attempt: 1, worker: "worker-1", lease_seconds: 60 } },
    end,
  ];
}

const { url, events, subjects } = argument<SeedArgument>();
const recorded = openLog({ url });
const log = subjects === undefined ? recorded : personalLog(recorded, benchVault(connect(url)));
const about = (job: number) => (subjects === undefined ? {} : { subject: `user:${job % subjects}` });
let appended = 0;
for (let first = 0; appended < events; first += WAVE) {
  const wave = Array.from({ length: WAVE }, (_, i) => ({ id: Bun.randomUUIDv7(), events: history(first + i) }));
  for (let version = 0; version < 3; version++) {
    const taken = wave.slice(0, events - appended);
    appended += taken.length;
    await Promise.all(
      taken.map(({ id, events }, job) =>
        log.append({
          stream_id: jobStream(id),
          expected_version: version,
          events: [events[version] as KnownNewEvent],
          meta: { actor: version === 0 ? "anonymous" : "worker:worker-1", correlation_id: id, ...about(job) },
        }),
      ),
    );
  }
}
const head = await log.head();
await log.close();
if (head !== events) throw new Error(`The log should have ${events} events; its head is ${head}`);
report({ head });
process.exit(0);
