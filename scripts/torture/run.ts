/** One run: the load and the faults, what is left to settle, and the checks. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../src/async/mod.ts";
import { startBackground } from "./background.ts";
import { allChecks } from "./checks/mod.ts";
import { Client } from "./client.ts";
import type { Evidence } from "./evidence.ts";
import { faultScript } from "./fault_script.ts";
import { type FaultCounts, inflict } from "./faults.ts";
import { Harm } from "./harm.ts";
import { gather, openJobs, settle } from "./investigation.ts";
import { isRun, Load } from "./load.ts";
import { Observer } from "./observer.ts";
import { People } from "./people.ts";
import { Progress, report } from "./report.ts";
import { openStage, type Stage } from "./stage.ts";
import { overSse, overWebSocket, Subscriber } from "./subscriber.ts";

export interface Request {
  readonly minutes: number;
  readonly seed: number;
  readonly keep_logs: boolean;
}

/** The share of the load's time at its end without faults: the effect of users on others is measured then. */
const QUIET = { share: 0.2, most_ms: 60_000 };

/** Responses that came from the HTTP server in place of the API; more of them are a finding. */
const FOREIGN_MAX = 3;

/** Whatever was killed last is up again by then. */
const FAULTS_PASS_MS = 10_000;

/** Ctrl-C: the first one ends the load and the faults, the second everything. */
function listenForInterrupts(tell: (text: string) => void) {
  const enough = new AbortController();
  const atOnce = new AbortController();
  let first = 0;
  const on = () => {
    // Under npm a terminal's Ctrl-C arrives twice: both count as one.
    if (enough.signal.aborted && performance.now() - first < 500) return;
    if (enough.signal.aborted) {
      tell("Stopping everything");
      atOnce.abort();
      return;
    }
    first = performance.now();
    tell("Interrupted: stopping the faults, then checking. Interrupt again to stop everything at once");
    enough.abort();
  };
  process.on("SIGINT", on);
  process.on("SIGTERM", on);
  return { enough: enough.signal, atOnce: atOnce.signal };
}

interface Run {
  readonly evidence: Evidence;
  readonly faults: FaultCounts;
}

async function torture(
  stage: Stage,
  { minutes, seed }: Request,
  { progress, ...interrupts }: Surroundings,
): Promise<Run> {
  const duration = minutes * 60_000;
  const client = new Client(stage.api_urls, stage.api_key);
  const observer = new Observer(stage.postgres.url);
  const place = { urls: stage.api_urls, key: stage.api_key };
  const subscribers = new Map([
    ["SSE", new Subscriber(overSse, place)],
    ["WebSocket", new Subscriber(overWebSocket, place)],
  ]);
  const over = AbortSignal.any([interrupts.enough, interrupts.atOnce, AbortSignal.timeout(duration)]);
  const url = stage.stand_in.url;
  const python = stage.external_workers.has("worker-python");
  const background = await startBackground(client, { url, signal: over });
  const load = new Load({ client, stand_in_url: url, seed, python, signal: over });
  const began = performance.now();
  const showing = setInterval(() => {
    const open = openJobs(observer.seen);
    const about = `${load.acknowledged.length} jobs accepted, ${open} open, ${observer.seen.length} events`;
    if (!over.aborted) progress.show("load and faults", { done: (performance.now() - began) / duration, about });
  }, 1_000);
  const loading = load.run();
  const harm = new Harm({ urls: stage.api_urls, jwt_secret: stage.jwt_secret, seed });
  await harm.prepare(over);
  const troubled_ms = duration - Math.min(QUIET.share * duration, QUIET.most_ms);
  const troubled = AbortSignal.any([over, AbortSignal.timeout(troubled_ms - (performance.now() - began))]);
  const harming = harm.run(troubled);
  const people = new People({ client, url, seed, mails: stage.resend.mails });
  const living = people.run(troubled);
  const script = faultScript(seed, troubled_ms);
  const faults = await inflict({ stage, script, signal: troubled, on_fault: (text) => progress.tell(text) });
  await pause(began + troubled_ms - performance.now(), troubled);
  await harming;
  await living;
  if (!over.aborted) {
    progress.tell("The faults are over; measuring the effect of the malicious user");
    await Promise.all([...stage.services.values()].map((service) => service.up(FAULTS_PASS_MS))).catch(() => {});
    await harm.measure(over);
  }
  await loading;
  await background.settle(interrupts.atOnce);
  clearInterval(showing);
  progress.tell(`The load is over: ${load.acknowledged.length} jobs accepted; settling`);
  const witnesses = { stage, client, load, harm, people, observer, subscribers, signal: interrupts.atOnce };
  await settle(witnesses, (open) => progress.show("settling", { done: undefined, about: `${open} open` }));
  progress.tell("Settled; gathering the evidence");
  const foreign = client.foreign.map((answer) => `a response that is not the API's (decision 40): ${answer}`);
  if (foreign.length > FOREIGN_MAX) load.said.push(...foreign);
  return { evidence: await gather(witnesses), faults: { ...faults, missed: [...faults.missed, ...foreign] } };
}

interface Surroundings {
  readonly progress: Progress;
  /** Ends the load and the faults. */
  readonly enough: AbortSignal;
  /** Ends everything. */
  readonly atOnce: AbortSignal;
}

/** Where to look up a finding, besides the processes' own logs. */
function keepEvidence(folder: string, evidence: Evidence): void {
  const { events, requests, callbacks, acknowledged, exits, polite } = evidence;
  for (const [name, rows] of Object.entries({ events, requests, callbacks, acknowledged, exits, ...polite })) {
    writeFileSync(join(folder, "logs", `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
}

/** Resolves to the exit code. */
export async function run(request: Request): Promise<number> {
  const progress = new Progress();
  const interrupts = listenForInterrupts((text) => progress.tell(text));
  const again = `bun run torture --minutes ${request.minutes} --seed ${request.seed}`;
  progress.tell(`Starting the deployment; to repeat this run: ${again}`);
  const stage = await openStage();
  let keep = true;
  try {
    const tortured = torture(stage, request, { progress, ...interrupts });
    const ended = Promise.withResolvers<"interrupted">();
    interrupts.atOnce.addEventListener("abort", () => ended.resolve("interrupted"));
    const outcome = await Promise.race([tortured, ended.promise]);
    if (outcome === "interrupted") {
      tortured.catch(() => {});
      keep = false;
      return 130;
    }
    const { evidence, faults } = outcome;
    const outcomes = allChecks(isRun).map((check) => ({ check, verdict: check.run(evidence) }));
    progress.end();
    process.stdout.write(`${report(outcomes, faults)}\n`);
    const broken = outcomes.some(({ verdict }) => verdict.faults.length > 0);
    keep = broken || request.keep_logs;
    if (keep) keepEvidence(stage.folder, evidence);
    process.stdout.write(
      `\n${broken ? "✗ Promises were broken" : "✓ All promises were kept"}. Seed ${request.seed}: ${again}\n`,
    );
    if (broken) return 1;
    return interrupts.enough.aborted ? 130 : 0;
  } finally {
    const kept = await stage.close(keep);
    if (kept) process.stdout.write(`The logs of all processes, and the evidence: ${kept}\n`);
  }
}
