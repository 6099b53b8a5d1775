/** Inflicts the faults of a script on a deployment, each at its time, and heals what lasts. */
import { connect as connectNats } from "nats";
import { pause } from "../../src/async/mod.ts";
import { connect } from "../../src/db/mod.ts";
import {
  describeFault,
  type ExternalWorkerName,
  type Fault,
  type ServiceName,
  type TimedFault,
} from "./fault_script.ts";
import type { Stage } from "./stage.ts";
import type { Supervised } from "./supervised.ts";

const STREAM = "LEVQOR";
/** How long a wiped or killed NATS stays down. */
const NATS_AWAY_MS = 1_500;

export interface FaultsOptions {
  readonly stage: Stage;
  readonly script: readonly TimedFault[];
  /** Ends all faults. */
  readonly signal: AbortSignal;
  readonly on_fault: (text: string) => void;
}

export interface FaultCounts {
  /** By kind. */
  readonly inflicted: ReadonlyMap<string, number>;
  /** By kind: not possible on this machine. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Faults that found nothing to act on, for example a stream that was just wiped; with the reason. */
  readonly missed: readonly string[];
}

/** Resolves when the script is over, or the signal has fired, and everything that lasted is healed. */
export async function inflict({ stage, script, signal, on_fault }: FaultsOptions): Promise<FaultCounts> {
  const inflicted = new Map<string, number>();
  const skipped = new Map<string, number>();
  const missed: string[] = [];
  const began = performance.now();
  const under_way: Promise<void>[] = [];
  for (const { at_ms, fault } of script) {
    await pause(began + at_ms - performance.now(), signal);
    if (signal.aborted) break;
    const { kind } = fault;
    if (!possible(fault, stage)) {
      skipped.set(kind, (skipped.get(kind) ?? 0) + 1);
      continue;
    }
    inflicted.set(kind, (inflicted.get(kind) ?? 0) + 1);
    on_fault(describeFault(fault));
    under_way.push(
      one(fault, { stage, signal }).catch((error: Error) => {
        missed.push(`${describeFault(fault)}: ${error.message}`);
      }),
    );
  }
  await Promise.all(under_way);
  return { inflicted, skipped, missed };
}

function possible(fault: Fault, { clocks, disk }: Stage): boolean {
  if (fault.kind === "clock") return clocks !== undefined;
  if (fault.kind === "full_disk") return disk !== undefined;
  return true;
}

interface Scene {
  readonly stage: Stage;
  readonly signal: AbortSignal;
}

async function one(fault: Fault, { stage, signal }: Scene): Promise<void> {
  switch (fault.kind) {
    case "kill":
      if (fault.target === "nats") return stage.nats.killAnd(() => pause(NATS_AWAY_MS, signal));
      return processOf(fault.target, stage).signal("SIGKILL");
    case "restart":
      return processOf(fault.target, stage).signal("SIGTERM");
    case "freeze":
      return processOf(fault.target, stage).freeze(pause(fault.seconds * 1000, signal));
    case "kill_backend":
      return signalBackend(stage, { nth: fault.nth, signal: "SIGKILL" });
    case "freeze_backend":
      return freezeBackend(stage, { nth: fault.nth, over: pause(fault.seconds * 1000, signal) });
    case "end_sessions":
      return endSessions(stage);
    case "cut":
    case "stall":
    case "refuse":
      return disturb(fault, { stage, signal });
    case "wipe":
      return wipe(fault.what, { stage, signal });
    case "clock": {
      const clock = stage.clocks?.get(fault.target);
      clock?.set(fault.jump_seconds);
      await pause(fault.seconds * 1000, signal);
      return clock?.set(0);
    }
    case "full_disk":
      await stage.disk?.fill();
      await pause(fault.seconds * 1000, signal);
      return stage.disk?.free();
  }
}

function processOf(target: ServiceName | ExternalWorkerName | "postgres" | "nats", stage: Stage): Supervised {
  if (target === "postgres") return stage.postgres.server;
  if (target === "nats") return stage.nats;
  const found = stage.services.get(target as ServiceName) ?? stage.external_workers.get(target as ExternalWorkerName);
  if (!found) throw new Error("it is not possible here");
  return found;
}

function backend({ postgres }: Stage, nth: number): number {
  const children = postgres.children();
  const pid = children[nth % children.length];
  if (pid === undefined) throw new Error("Postgres is down");
  return pid;
}

function signalBackend(stage: Stage, { nth, signal }: { nth: number; signal: NodeJS.Signals }): void {
  process.kill(backend(stage, nth), signal);
}

async function freezeBackend(stage: Stage, { nth, over }: { nth: number; over: Promise<unknown> }): Promise<void> {
  const pid = backend(stage, nth);
  process.kill(pid, "SIGSTOP");
  await over;
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It was killed in the meantime.
  }
}

async function endSessions({ postgres }: Stage): Promise<void> {
  const sql = connect(postgres.admin_url, { max: 1 });
  try {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'levqor' and application_name like 'levqor%'`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function disturb(fault: Fault & { kind: "cut" | "stall" | "refuse" }, { stage, signal }: Scene): Promise<void> {
  const proxy = stage.proxies.get(`${fault.target} ${fault.link}`);
  if (!proxy) return;
  if (fault.kind === "stall") {
    proxy.stall(true);
    await pause(fault.seconds * 1000, signal);
    return proxy.stall(false);
  }
  if (fault.kind === "refuse") {
    proxy.refusing = true;
    proxy.cut();
    await pause(fault.seconds * 1000, signal);
    proxy.refusing = false;
    return;
  }
  const { where } = fault;
  // Whatever is next on its way, on each connection, for a moment: then it includes the response to a commit.
  if (where === "answer") proxy.onAnswer = () => "cut_before";
  else proxy.onRequest = () => where;
  await pause(300, signal);
  proxy.onRequest = () => "pass";
  proxy.onAnswer = () => "pass";
}

async function wipe(what: "delete" | "purge" | "store", { stage, signal }: Scene): Promise<void> {
  if (what === "store") {
    return stage.nats.killAnd(async () => {
      stage.loseNatsFiles();
      await pause(NATS_AWAY_MS, signal);
    });
  }
  const nats = await connectNats({ servers: stage.nats_url, reconnect: false, timeout: 2_000 });
  try {
    const { streams } = await nats.jetstreamManager({ timeout: 2_000 });
    if (what === "delete") await streams.delete(STREAM);
    else await streams.purge(STREAM);
  } finally {
    await nats.close();
  }
}
