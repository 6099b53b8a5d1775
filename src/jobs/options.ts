/** What the runner is built from. */
import type { Logger } from "pino";
import type { Connector, OutboundFetch } from "../../connectors/connector.ts";
import type { Bus } from "../bus/types.ts";
import type { Sql } from "../db/mod.ts";
import type { EventLog } from "../log/mod.ts";
import type { Tracing } from "../telemetry/mod.ts";
import type { AccountsWorkflow } from "./limits/limit_streams.ts";
import type { ReadyQueueLimits } from "./queue/ready_queue.ts";
import type { AttemptAbortedError } from "./run/attempt.ts";
import type { CallbackSecrets } from "./upkeep/callback_secrets.ts";

export type RunnerLogger = Pick<Logger, "debug" | "info" | "warn" | "error">;

/** Which jobs can be run, by their workflow. */
export interface RunnableWorkflows {
  /** Names that mean the same in every account. */
  readonly everyones: ReadonlySet<string>;
  /** Those of one account each. */
  readonly own: readonly AccountsWorkflow[];
  /** Whether to run jobs with steps, whatever their workflow's name; absent: no. */
  readonly runs_steps?: boolean;
  has(workflow: AccountsWorkflow): boolean;
  /** Registers a stored pipeline; true if that makes more jobs runnable. */
  learn?(pipeline: AccountsWorkflow & { readonly published: boolean }): boolean;
  /** Asks the read models what can be run; true if that makes more jobs runnable. */
  refresh?(sql: Sql): Promise<boolean>;
}

/** An attempt that ended in this process, for measuring. */
export interface EndedAttempt {
  /** The connector that ran it; `pipeline`: it ran steps; `external`: an external worker did. */
  readonly workflow: string;
  /** `succeeded`, `failed`, `suspended`, or why it was told to stop. For the attempt, not for the job. */
  readonly outcome: "succeeded" | "failed" | "suspended" | AttemptAbortedError["reason"];
  /** Since its claim was sent. */
  readonly seconds: number;
}

/** A callback's POST, for measuring. */
export interface TriedCallback {
  readonly outcome: "delivered" | "retried" | "failed";
  readonly seconds: number;
}

/** How many jobs that limits hold back are kept. */
export interface HeldBackBounds {
  /** Jobs of each priority, for each limit; 1,000 by default. */
  readonly jobs_of_limit: number;
  /** Jobs for all limits together, except a few for each and those that are being claimed; 50,000 by default. */
  readonly jobs: number;
  /** 10,000 by default. */
  readonly limits: number;
}

export interface RunnerOptions {
  readonly log: EventLog;
  readonly bus: Bus;
  /** For the read models. */
  readonly sql: Sql;
  /** By workflow name. */
  readonly connectors: ReadonlyMap<string, Connector>;
  /** The service's own workflows, which only jobs of the account `system` run; none by default. */
  readonly system_workflows?: ReadonlyMap<string, Connector>;
  /** For connectors and callbacks: guarded outbound calls. */
  readonly fetch: OutboundFetch;
  /** Identifies this process, different at every start. */
  readonly instance: string;
  readonly logger: RunnerLogger;
  /** Concurrent attempts; 64 by default: connectors wait for the network most of the time. */
  readonly concurrency?: number;
  /** How long a claim is valid without a heartbeat; 30 by default. Heartbeats are sent every third of it. */
  readonly lease_seconds?: number;
  /** The interval of sweeps for expired leases and due callbacks, in seconds; 1 by default. */
  readonly sweep_seconds?: number;
  /** No other worker can be alive, as a lock proves: others' claims are released at startup. */
  readonly sole?: boolean;
  /** Sign callbacks. Without them every callback is recorded as failed. */
  readonly callback_secrets?: CallbackSecrets | undefined;
  /**
   * How long a job's own worker has to send its callback before another does; 30 s by default, more than a POST may
   * take.
   */
  readonly callback_grace_seconds?: number;
  /** Seconds before each attempt at a callback; {@link CALLBACK_SCHEDULE} by default. */
  readonly callback_schedule?: readonly number[];
  /** Absent: the traces of others are passed on, and none is recorded. */
  readonly tracing?: Tracing;
  readonly on_attempt?: (ended: EndedAttempt) => void;
  readonly on_callback?: (tried: TriedCallback) => void;
  readonly queue?: ReadyQueueLimits;
  readonly held_back?: Partial<HeldBackBounds>;
}

export interface RunnerStatus {
  /** Whether jobs are claimed: not before startup is complete, nor while stopping. */
  readonly state: "starting" | "running" | "stopping" | "stopped";
  /** The last position of the log that the runner has seen. */
  readonly position: number;
  /** Attempts whose connector runs, or whose claim is being recorded. */
  readonly running: number;
  /** Attempts that ended and whose outcome is being recorded. */
  readonly recording: number;
  /** Jobs known to wait for this runner; there may be more in the read model. */
  readonly ready: number;
  /** Jobs known to be held back by limits; there may be more in the read model. */
  readonly held_back: number;
  /** Callbacks waiting or under way. */
  readonly callbacks: number;
}
