/** What the checks look at: everything that was seen from outside. */
import { entityId } from "../../events/envelope.ts";
import { jobStream } from "../../events/job.ts";
import type { Answer } from "./client.ts";
import type { LogEvent, Timeline } from "./observer.ts";
import type { CallbackPost, EffectRequest } from "./stand_in.ts";
import type { Exit } from "./supervised.ts";

/** Where a job may end up; `lost`: it failed because its last attempt lost its worker. */
export type End = "succeeded" | "failed" | "lost" | "cancelled" | "queued" | "running";

/** A job of the load. */
export interface Wanted {
  /** The job's name outside: in the stand-in's URLs. */
  readonly name: string;
  /** What it is an example of, for the table. */
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: the intake's body, as any client writes it
  readonly body: any;
  /** How it must end: in one of these ways. */
  readonly expected: readonly End[];
}

/** A job that the service has acknowledged. */
export interface Acknowledged {
  /** What a client does afterwards changes how it must end. */
  wanted: Wanted;
  readonly job_id: string;
  /** The response's `Levqor-Position`. */
  readonly position: number;
}

/**
 * How long a polite user's requests took, in milliseconds: while another was malicious, and while it was not,
 * alternating.
 */
export interface PoliteTimes {
  readonly calm: readonly number[];
  readonly harmed: readonly number[];
}

/** What the history of a job about somebody shows at the end. */
export interface PersonSeen {
  readonly job_id: string;
  /** Their erasure was acknowledged. */
  readonly erased: boolean;
  /** It was asked for. */
  readonly asked: boolean;
  /** Of the response; absent: there was none. */
  readonly status: number | undefined;
  /** Something personal is in it. */
  readonly shown: boolean;
}

/** What was said about the user of an address. */
export interface UserSeen {
  readonly address: string;
  readonly ids: readonly string[];
  /** How often it was said that the user was created. */
  readonly created: number;
}

/** What became of one request to sign in. */
export interface SignInSeen {
  readonly address: string;
  /** Mails with its link. */
  readonly mails: number;
  /** Of the responses to those who used the link at once; `undefined`: there was none. */
  readonly statuses: readonly (number | undefined)[];
  /** The user whose session they got. */
  readonly users: readonly string[];
}

export interface Evidence {
  readonly acknowledged: readonly Acknowledged[];
  /** What already went wrong while the load ran. */
  readonly said: readonly string[];
  /** The log as it is at the end. */
  readonly events: readonly LogEvent[];
  /** The events of each job, in order; by job id. */
  readonly histories: ReadonlyMap<string, readonly LogEvent[]>;
  /** The events as they were first seen. */
  readonly seen: readonly LogEvent[];
  readonly timeline: Timeline;
  readonly requests: readonly EffectRequest[];
  readonly callbacks: readonly CallbackPost[];
  /** The status of each acknowledged job, from one of the APIs; by job id. */
  readonly statuses: ReadonlyMap<string, Answer | undefined>;
  /** What `replay --verify` said, and its exit code. */
  readonly replay: { readonly code: number; readonly said: string };
  readonly jetstream: JetStreamState;
  /** By how a subscriber subscribes. */
  readonly streams: ReadonlyMap<string, StreamSeen>;
  readonly polite: PoliteTimes;
  readonly persons: readonly PersonSeen[];
  readonly users: readonly UserSeen[];
  readonly sign_ins: readonly SignInSeen[];
  readonly exits: readonly Exit[];
  readonly fatal: readonly string[];
  /** Of the last stop. */
  readonly exit_codes: ReadonlyMap<string, number | null>;
}

export interface JetStreamState {
  readonly messages: number;
  /** How many events the log was ahead, after some time to catch up. */
  readonly behind: number;
  /** Position and id that the first and the last message name. */
  readonly first: { readonly position: number; readonly id: string } | undefined;
  readonly last: { readonly position: number; readonly id: string } | undefined;
}

/** What a subscriber saw of the live stream of all jobs. */
export interface StreamSeen {
  /** The positions, in order of arrival. */
  readonly positions: readonly number[];
  readonly connections: number;
}

/** A check's findings. */
export interface Verdict {
  /** What it looked at, for the table: `3,211 jobs`. */
  readonly looked_at: string;
  readonly faults: readonly string[];
}

export interface Check {
  /** A sentence that is true if there are no faults. */
  readonly name: string;
  readonly run: (evidence: Evidence) => Verdict;
}

/** The events of each job. */
export function historiesOf(events: readonly LogEvent[]): Map<string, LogEvent[]> {
  const histories = new Map<string, LogEvent[]>();
  for (const event of events) {
    if (!jobStream.matches(event.stream_id)) continue;
    const jobId = entityId(event.stream_id);
    const history = histories.get(jobId);
    if (history) history.push(event);
    else histories.set(jobId, [event]);
  }
  return histories;
}
