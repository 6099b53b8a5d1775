/** What runs for features besides their calls. */
import type { Connector } from "../../connectors/connector.ts";
import type { Foundation } from "../foundation.ts";
import type { Stops } from "../process/stops.ts";
import type { Role } from "../settings/mod.ts";
import { errors } from "./errors/mod.ts";
import { schedules } from "./schedules/mod.ts";
import { service } from "./service/mod.ts";
import { summary } from "./summary/mod.ts";
import { support } from "./support/mod.ts";

/** A feature that must run something. */
export interface RunningFeature {
  /** Its name in the log. */
  readonly name: string;
  /** Where `start` runs. */
  readonly roles?: readonly Role[];
  /** Starts what runs all the time; returns at once. */
  readonly start?: (foundation: Foundation) => { stop(reason: string): Promise<unknown> };
  /** What it does in jobs of the account `system`, wherever jobs are run. */
  readonly workflows?: (foundation: Foundation) => readonly Connector[];
}

/** In the order in which they start; they stop in reverse. */
const features: readonly RunningFeature[] = [service, schedules, errors, support, summary];

/** Starts what runs in a process with this role. */
export function startFeatures(foundation: Foundation, stops: Stops): void {
  for (const { name, roles, start } of features) {
    if (!start || roles?.includes(foundation.config.role) === false) continue;
    const running = start(partOf(foundation, name));
    stops.add(name, (reason) => running.stop(reason));
  }
}

/** The workflows of all features, by name. Throws if two have the same name. */
export function systemWorkflows(foundation: Foundation, of = features): ReadonlyMap<string, Connector> {
  const found = new Map<string, Connector>();
  for (const { name, workflows } of of) {
    for (const workflow of workflows?.(partOf(foundation, name)) ?? []) {
      if (found.has(workflow.name)) throw new Error(`Cannot run system workflows: two are named "${workflow.name}"`);
      found.set(workflow.name, workflow);
    }
  }
  return found;
}

/** The foundation as a feature gets it: its log lines have the feature's name. */
function partOf(foundation: Foundation, name: string): Foundation {
  return { ...foundation, logger: foundation.logger.child({ part: name }) };
}
