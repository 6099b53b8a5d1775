/** What happens besides the jobs while the load lasts: schedules that fire, and a pipeline that changes. */
import { pause } from "../../src/async/mod.ts";
import type { Client } from "./client.ts";
import { http, PIPELINE, pipelineOf } from "./kinds.ts";
import { Random } from "./random.ts";

const CRONS = ["* * * * * *", "*/3 * * * * *", "1-59/7 * * * * *"];
const NEW_VERSION_EVERY_MS = 4_000;

export interface Background {
  /** Stops all schedules, when the faults are over; resolves when that is recorded. */
  settle(signal: AbortSignal): Promise<void>;
}

/** Creates the schedules and the pipeline, and keeps changing the latter until the signal fires. */
export async function startBackground(
  client: Client,
  { url, signal }: { url: string; signal: AbortSignal },
): Promise<Background> {
  const schedules = await Promise.all(CRONS.map((cron, index) => createSchedule(client, { cron, index, url, signal })));
  const made = await client.insist("/api/v1/pipelines", {
    body: { name: PIPELINE, format: 1, ...pipelineOf(url, 1) },
    headers: { "idempotency-key": PIPELINE },
    signal,
  });
  if (made && made.status !== 201) throw new Error(`Cannot store the pipeline: ${JSON.stringify(made.body)}`);
  const changing = changePipeline(client, { url, signal });
  return {
    settle: async (giveUp) => {
      await changing;
      for (const id of schedules) {
        if (id) await client.insist(`/api/v1/schedules/${id}/pause`, { method: "POST", signal: giveUp });
      }
    },
  };
}

interface ScheduleWanted {
  readonly cron: string;
  readonly index: number;
  readonly url: string;
  readonly signal: AbortSignal;
}

async function createSchedule(
  client: Client,
  { cron, index, url, signal }: ScheduleWanted,
): Promise<string | undefined> {
  const job = http({ name: `schedule-${index}`, url }, { delay: 50 }, new Random(index));
  const answer = await client.insist("/api/v1/schedules", {
    body: { name: `torture ${index}`, cron, job },
    headers: { "idempotency-key": `schedule-${index}` },
    signal,
  });
  if (answer && answer.status !== 201) throw new Error(`Cannot create a schedule: ${JSON.stringify(answer.body)}`);
  return answer?.body.schedule_id;
}

async function changePipeline(client: Client, { url, signal }: { url: string; signal: AbortSignal }): Promise<void> {
  while (await pause(NEW_VERSION_EVERY_MS, signal)) {
    const path = `/api/v1/pipelines/${PIPELINE}`;
    const newest = await client.ask(path);
    const etag = newest?.headers.get("etag");
    if (newest?.status !== 200 || !etag) continue;
    // Its number is that of the version it is about to be: if somebody else is first, this one gets a 412.
    const number = Number(/\d+/.exec(etag)?.[0]) + 1;
    await client.ask(path, {
      method: "PUT",
      body: { format: 1, ...pipelineOf(url, number) },
      headers: { "if-match": etag },
    });
  }
}
