/** Side effects, by the stand-in's own count: none without a claim, none after its success is recorded. */
import type { Check, Evidence } from "../evidence.ts";
import type { LogEvent } from "../observer.ts";
import type { EffectRequest } from "../stand_in.ts";

/** The requests of each idempotency key, in order of arrival. */
function requestsByKey({ requests }: Evidence): Map<string, EffectRequest[]> {
  const byKey = new Map<string, EffectRequest[]>();
  for (const request of requests) {
    const known = byKey.get(request.key);
    if (known) known.push(request);
    else byKey.set(request.key, [request]);
  }
  return byKey;
}

/** Where the log allows an attempt at a key's side effect, and where it records that it is done. */
function recordsOf(key: string, { histories }: Evidence): { starts: LogEvent[]; success: LogEvent | undefined } {
  const [jobId = "", step, item] = key.split("/");
  const history = histories.get(jobId) ?? [];
  const isOf = ({ data }: LogEvent) => data.step === step && String(data.item ?? "") === (item ?? "");
  const [started, succeeded] = step === undefined ? ["job.started", "job.succeeded"] : STEP_RECORDS;
  return {
    starts: history.filter((event) => event.type === started && isOf(event)),
    success: history.find((event) => event.type === succeeded && isOf(event)),
  };
}

const STEP_RECORDS = ["job.step_started", "job.step_succeeded"];

export const effectsClaimed: Check = {
  name: "every attempt at a side effect has its own claim",
  run: (evidence) => {
    const faults: string[] = [];
    for (const [key, requests] of requestsByKey(evidence)) {
      const { starts } = recordsOf(key, evidence);
      for (const [index, { serial, arrived_at }] of requests.entries()) {
        const claim = starts[index];
        if (!claim) {
          faults.push(`${key}: request ${serial} is number ${index + 1}, and there were ${starts.length} claims`);
        } else if (arrived_at < evidence.timeline.notRecordedAt(claim.position)) {
          faults.push(`${key}: request ${serial} came before claim ${index + 1} was recorded at ${claim.position}`);
        }
      }
    }
    return { looked_at: `${evidence.requests.length} requests`, faults };
  },
};

export const effectsOnce: Check = {
  name: "no side effect is repeated after its success is recorded",
  run: (evidence) => {
    const faults: string[] = [];
    let repeated = 0;
    for (const [key, requests] of requestsByKey(evidence)) {
      if (requests.length > 1) repeated++;
      const { success } = recordsOf(key, evidence);
      if (!success) continue;
      const since = evidence.timeline.recordedBy(success.position);
      for (const { serial, arrived_at } of requests) {
        if (arrived_at > since) faults.push(`${key}: request ${serial} came after its success at ${success.position}`);
      }
    }
    return { looked_at: `${repeated} side effects retried`, faults };
  },
};

export const resultsTrue: Check = {
  name: "every recorded result is a response that was really given",
  run: (evidence) => {
    const faults: string[] = [];
    const byKey = requestsByKey(evidence);
    let results = 0;
    for (const [jobId, history] of evidence.histories) {
      const result = history.find(({ type }) => type === "job.succeeded")?.data.result;
      const { workflow, payload } = history[0]?.data ?? {};
      if (workflow !== "http" || !result || !String(payload.url).includes("/effect/")) continue;
      results++;
      const given = (byKey.get(jobId) ?? []).some(
        ({ serial, status }) => serial === result.body?.serial && status === result.status,
      );
      if (!given) faults.push(`job ${jobId}: nobody gave the response ${JSON.stringify(result.body)}`);
    }
    return { looked_at: `${results} results`, faults };
  },
};

export const stepsBuildOnRecord: Check = {
  name: "later steps get the recorded outputs of earlier ones, at one version of their pipeline",
  run: ({ requests, histories }) => {
    const faults: string[] = [];
    const later = requests.filter(({ after, version }) => after !== undefined || version !== undefined);
    for (const { key, serial, after, version } of later) {
      const history = histories.get(key.split("/")[0] ?? "") ?? [];
      const pinned = history.find(({ type }) => type === "job.pipeline_pinned")?.data.version;
      if (version !== pinned) faults.push(`${key}: request ${serial} is of version ${version}, the job has ${pinned}`);
      if (after !== undefined && !isOnRecord(after, history)) {
        faults.push(
          `${key}: request ${serial} builds on response ${after}, which no earlier step of the job has recorded`,
        );
      }
    }
    return { looked_at: `${later.length} requests of steps`, faults };
  },
};

/** Whether a step of the job returned the response with this serial: itself, or in its origin. */
function isOnRecord(serial: number, history: readonly LogEvent[]): boolean {
  return history.some(({ type, data }) => {
    const isOutput = type === "job.step_succeeded" || type === "job.step_reused";
    return isOutput && data.output?.body?.serial === serial;
  });
}
