/** Running a job again, as a new one. */
import { entityId, type StoredEvent } from "../../events/envelope.ts";
import type { JobReplayedFrom } from "../../events/job.ts";

export interface ReplayOptions {
  /** In place of the origin's. */
  readonly payload?: Record<string, unknown>;
}

/** The first events of a job that runs another one again from the start: with the same submission, byte for byte. */
export function replayEvents(
  origin: readonly StoredEvent[],
  { payload }: ReplayOptions = {},
): { type: string; data_json: string }[] {
  const [submission] = origin;
  if (submission?.type !== "job.submitted") throw new Error("Cannot replay a job that was never submitted");
  const { data_json, stream_id } = submission;
  const from: JobReplayedFrom = { origin_job_id: entityId(stream_id) };
  return [
    {
      type: submission.type,
      data_json: payload === undefined ? data_json : JSON.stringify({ ...JSON.parse(data_json), payload }),
    },
    { type: "job.replayed_from", data_json: JSON.stringify(from) },
  ];
}
