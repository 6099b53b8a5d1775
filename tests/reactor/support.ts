/** What the reactor's tests share: reactions that do each thing that one can. */
import { entityId, eventId } from "../../events/mod.ts";
import type { Decider } from "../../src/domain/decider.ts";
import { derivedUuid } from "../../src/log/derived_id.ts";
import type { EventLog } from "../../src/log/mod.ts";
import { command, defineReaction, submit } from "../../src/reactor/mod.ts";
import { readAll } from "../support/events.ts";

/** A stream that counts: a command that is done twice shows. */
export interface Tally {
  readonly type: "count";
  readonly refused?: boolean;
}

export const tally: Decider<number, Tally> = {
  initial: 0,
  evolve: (count, event) => ((event.type as string) === "test.counted" ? count + 1 : count),
  decide({ refused }, count) {
    if (refused) return { rejected: true, code: "full", message: "Cannot count further." };
    return [{ type: "test.counted", data: { count: count + 1 } }];
  },
};

/** What the events of these tests say; recorded as submissions of jobs, which everybody knows. */
export interface Asked {
  /** The tally that is to count; `refused`: in vain. */
  readonly count?: string;
  readonly refused?: boolean;
  /** How many jobs are to follow. */
  readonly jobs?: number;
  /** Whether the jobs that follow ask for the same. */
  readonly forever?: boolean;
  readonly poison?: string;
}

/** Counts and submits as a job of the workflow `ask` says. */
export const answering = defineReaction({
  name: "answering",
  from: "start",
  events: ["job.submitted"],
  react({ data: { workflow, payload }, stream_id }) {
    if (workflow !== "ask") return [];
    const asked = payload as Asked;
    if (asked.poison !== undefined) throw new Error(asked.poison);
    const { count, refused, jobs = 0, forever } = asked;
    const next = { workflow: forever ? "ask" : "answer", payload: forever ? payload : { to: entityId(stream_id) } };
    return [
      ...Array.from({ length: jobs }, (_, n) => submit(next, { key: String(n) })),
      ...(count === undefined
        ? []
        : [
            command({
              stream_id: `tally-${count}`,
              decider: tally,
              command: { type: "count", ...(refused && { refused }) },
            }),
          ]),
    ];
  },
});

/** Records questions, each as a job. Returns their ids, and the last position. */
export async function ask(log: EventLog, ...asked: readonly Asked[]): Promise<{ ids: string[]; position: number }> {
  const ids = asked.map(() => Bun.randomUUIDv7());
  const appended = await Promise.all(
    asked.map((payload, n) =>
      log.append({
        stream_id: `job-${ids[n]}`,
        expected_version: 0,
        events: [{ type: "job.submitted", data: { workflow: "ask", payload } }],
        meta: { actor: "test", correlation_id: `asked-${n}` },
      }),
    ),
  );
  return { ids, position: Math.max(...appended.map((result) => (result.ok ? result.position : 0))) };
}

/** The id of the job that follows from a question. */
export function answerId(asked_id: string, key = "0"): string {
  return derivedUuid(["reaction", "answering", eventId({ stream_id: `job-${asked_id}`, version: 1 }), key]);
}

/** What there is in the log of all answers: how often each tally counted, and how often each job was submitted. */
export async function effects(log: EventLog): Promise<{ counted: Map<string, number>; answers: Map<string, number> }> {
  const counted = new Map<string, number>();
  const answers = new Map<string, number>();
  for (const { type, stream_id, data_json } of await readAll(log)) {
    const { workflow, payload } = JSON.parse(data_json) as { workflow?: string; payload?: { to: string } };
    const [map, key] = type === "test.counted" ? [counted, stream_id] : [answers, payload?.to];
    if (type === "test.counted" || workflow === "answer") map.set(String(key), (map.get(String(key)) ?? 0) + 1);
  }
  return { counted, answers };
}
