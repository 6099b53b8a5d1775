/**
 * What goes wrong, and when: generated from a seed alone, so that a run can be repeated.
 *
 * Kinds are drawn like cards from a deck that is shuffled again when it is empty: within a few minutes each of them
 * comes, in any order and combination. A fault may begin while others still last.
 */
import { Random } from "./random.ts";

export const API_NAMES = ["api-1", "api-2"] as const;
const WORKER_NAMES = ["worker-1", "worker-2", "worker-3"] as const;
export const SERVICE_NAMES = [...API_NAMES, ...WORKER_NAMES] as const;
/** External workers: the examples, as readers would run them. */
export const EXTERNAL_WORKER_NAMES = ["worker-typescript", "worker-python"] as const;
export type ExternalWorkerName = (typeof EXTERNAL_WORKER_NAMES)[number];
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Where a service's connections go. */
export type Link = "postgres" | "nats";

/** How long a worker may be silent before its job is given to another: freezes last longer. */
export const LEASE_SECONDS = 3;

export type Fault =
  /** SIGKILL; its supervisor restarts it. `postgres`: its first process. */
  | { readonly kind: "kill"; readonly target: ServiceName | ExternalWorkerName | "postgres" | "nats" }
  /** SIGTERM, as at every deployment. */
  | { readonly kind: "restart"; readonly target: ServiceName | ExternalWorkerName }
  /** SIGSTOP, and SIGCONT after `seconds`. */
  | { readonly kind: "freeze"; readonly target: ServiceName | ExternalWorkerName | "nats"; readonly seconds: number }
  /** SIGKILL of one of Postgres's processes, which makes Postgres restart all of them. `nth`: modulo their number. */
  | { readonly kind: "kill_backend"; readonly nth: number }
  /** The administrator ends all sessions of the service. */
  | { readonly kind: "end_sessions" }
  /** SIGSTOP of one of Postgres's processes, whatever locks it holds. */
  | { readonly kind: "freeze_backend"; readonly nth: number; readonly seconds: number }
  /** Connections break: before, within or after the next data on its way to the server, or before its response. */
  | {
      readonly kind: "cut";
      readonly target: ServiceName;
      readonly link: Link;
      readonly where: "cut_before" | "cut_within" | "cut_after" | "answer";
    }
  /** Nothing passes for a while, and nothing is closed. */
  | { readonly kind: "stall"; readonly target: ServiceName; readonly link: Link; readonly seconds: number }
  /** Connections break, and no new one is accepted. */
  | { readonly kind: "refuse"; readonly target: ServiceName; readonly link: Link; readonly seconds: number }
  /** The JetStream stream is deleted, purged, or its files are lost while the server is down. */
  | { readonly kind: "wipe"; readonly what: "delete" | "purge" | "store" }
  /** A wall clock jumps, and back after `seconds`. That of `postgres` determines leases. */
  | {
      readonly kind: "clock";
      readonly target: ServiceName | "postgres";
      readonly jump_seconds: number;
      readonly seconds: number;
    }
  /** Postgres's disk is full. */
  | { readonly kind: "full_disk"; readonly seconds: number };

export interface TimedFault {
  /** Since the load began. */
  readonly at_ms: number;
  readonly fault: Fault;
}

const FIRST_MS = 4_000;
/** Between two starts. */
const GAP_MS = { least: 1_200, most: 4_500 };
/** Freezes and stalls last longer than a job's lease, and some longer than the 4 s of a leader's. */
const HOLD_SECONDS = { least: LEASE_SECONDS + 1, most: LEASE_SECONDS + 5 };
/** A longer jump would only prolong the settling: a lease that was granted in the future expires then. */
const MAX_JUMP_SECONDS = 25;

/** One card for each kind; two for the most common in production. */
const DECK: ReadonlyArray<(random: Random) => Fault> = [
  (random) => ({ kind: "kill", target: random.pick(WORKER_NAMES) }),
  (random) => ({ kind: "kill", target: random.pick(WORKER_NAMES) }),
  (random) => ({ kind: "kill", target: random.pick(API_NAMES) }),
  (random) => ({ kind: "kill", target: random.pick(EXTERNAL_WORKER_NAMES) }),
  () => ({ kind: "kill", target: "postgres" }),
  () => ({ kind: "kill", target: "nats" }),
  (random) => ({ kind: "restart", target: random.pick([...SERVICE_NAMES, ...EXTERNAL_WORKER_NAMES]) }),
  (random) => ({ kind: "freeze", target: random.pick(WORKER_NAMES), seconds: held(random) }),
  (random) => ({ kind: "freeze", target: random.pick(API_NAMES), seconds: held(random) }),
  (random) => ({ kind: "freeze", target: random.pick(EXTERNAL_WORKER_NAMES), seconds: held(random) }),
  (random) => ({ kind: "freeze", target: "nats", seconds: held(random) }),
  (random) => ({ kind: "kill_backend", nth: random.below(1_000) }),
  () => ({ kind: "end_sessions" }),
  (random) => ({ kind: "freeze_backend", nth: random.below(1_000), seconds: held(random) }),
  (random) => ({ kind: "cut", ...link(random), where: random.pick(["cut_before", "cut_within"]) }),
  (random) => ({ kind: "cut", target: random.pick(SERVICE_NAMES), link: "postgres", where: "cut_after" }),
  (random) => ({ kind: "cut", target: random.pick(SERVICE_NAMES), link: "postgres", where: "answer" }),
  (random) => ({ kind: "stall", ...link(random), seconds: held(random) }),
  (random) => ({ kind: "refuse", ...link(random), seconds: held(random) }),
  (random) => ({ kind: "wipe", what: random.pick(["delete", "purge"]) }),
  () => ({ kind: "wipe", what: "store" }),
  (random) => ({ kind: "clock", target: "postgres", ...jump(random) }),
  (random) => ({ kind: "clock", target: random.pick(SERVICE_NAMES), ...jump(random) }),
  (random) => ({ kind: "full_disk", seconds: random.between(2, 5) }),
];

/** The faults of a run of `duration_ms`, in order. Every fault begins within it. */
export function faultScript(seed: number, duration_ms: number): TimedFault[] {
  const random = new Random(seed);
  const script: TimedFault[] = [];
  let deck: typeof DECK = [];
  for (let at_ms = FIRST_MS; at_ms < duration_ms; at_ms += random.between(GAP_MS.least, GAP_MS.most)) {
    if (deck.length === 0) deck = random.shuffled(DECK);
    const [draw, ...rest] = deck;
    deck = rest;
    if (draw) script.push({ at_ms, fault: draw(random) });
  }
  return script;
}

/** What happens, for people: `freeze worker-2 for 6 s`. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "kill":
    case "restart":
      return `${fault.kind} ${fault.target}`;
    case "freeze":
      return `freeze ${fault.target} for ${fault.seconds} s`;
    case "kill_backend":
      return "kill one of Postgres's processes";
    case "end_sessions":
      return "end all database sessions";
    case "freeze_backend":
      return `freeze one of Postgres's processes for ${fault.seconds} s`;
    case "cut":
      return `cut ${fault.target}'s connections to ${fault.link} (${fault.where.replace("_", " ")})`;
    case "stall":
      return `silence ${fault.target}'s connections to ${fault.link} for ${fault.seconds} s`;
    case "refuse":
      return `refuse ${fault.target}'s connections to ${fault.link} for ${fault.seconds} s`;
    case "wipe":
      return fault.what === "store" ? "wipe JetStream's files" : `${fault.what} the JetStream stream`;
    case "clock":
      return `set ${fault.target}'s clock ${signed(fault.jump_seconds)} s for ${fault.seconds} s`;
    case "full_disk":
      return `fill Postgres's disk for ${fault.seconds} s`;
  }
}

function held(random: Random): number {
  return random.between(HOLD_SECONDS.least, HOLD_SECONDS.most);
}

function link(random: Random) {
  return { target: random.pick(SERVICE_NAMES), link: random.pick<Link>(["postgres", "postgres", "nats"]) };
}

function jump(random: Random) {
  const size = random.between(LEASE_SECONDS + 2, MAX_JUMP_SECONDS);
  return { jump_seconds: random.chance(0.5) ? size : -size, seconds: random.between(3, 8) };
}

function signed(value: number): string {
  return value < 0 ? `−${-value}` : `+${value}`;
}
