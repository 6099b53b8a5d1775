/** How much of an error a job's history keeps. A step may fail thousands of times, and each time is recorded. */
import type { JobError } from "../../../events/job.ts";
import { excerpt, faultOfValue } from "../../json/mod.ts";

/** In code points of the message, and UTF-16 units of the detail's JSON. */
export const KEPT = { message: 10_000, detail: 20_000 };
/** The same for an error that is followed by a retry: the next attempt says more. */
export const KEPT_OF_RETRIED = { message: 500, detail: 1_000 };
/** For each text in a detail that is too long as a whole, in code points. */
const KEPT_OF_TEXT = 100;

/** The error as it is recorded: its code unchanged, the rest cut if it is too long, marked by an `…`. */
export function shortenError({ code, message, detail }: JobError, { retried }: { retried: boolean }): JobError {
  const most = retried ? KEPT_OF_RETRIED : KEPT;
  const short = { code, message: excerpt(message, most.message) };
  if (detail === undefined) return short;
  // The log rejects what nests too deeply, with the reason.
  if (faultOfValue(detail) || lengthOfJson(detail) <= most.detail) return { ...short, detail };
  const cut = cutTexts(detail);
  return lengthOfJson(cut) <= most.detail ? { ...short, detail: cut } : short;
}

/**
 * UTF-16 units of an error's JSON, or of its detail's. The log rejects what cannot be written as JSON, so it counts as 0.
 */
export function lengthOfJson(value: unknown): number {
  try {
    return JSON.stringify(value)?.length ?? 0;
  } catch {
    return 0;
  }
}

function cutTexts(detail: unknown): unknown {
  if (typeof detail === "string") return excerpt(detail, KEPT_OF_TEXT);
  if (typeof detail !== "object" || detail === null || Array.isArray(detail)) return detail;
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === "string" ? excerpt(value, KEPT_OF_TEXT) : value,
    ]),
  );
}
