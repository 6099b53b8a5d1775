/** The features: what they serve, what follows from their events, and what they run. */
import type { Connector } from "../../connectors/connector.ts";
import type { Config } from "../config.ts";
import type { Foundation } from "../foundation.ts";
import type { Page } from "../http/page.ts";
import type { Route } from "../http/route.ts";
import type { Stops } from "../process/stops.ts";
import type { Reaction } from "../reactor/mod.ts";
import { consent } from "./consent/mod.ts";
import { erasures } from "./erasures/mod.ts";
import { errors } from "./errors/mod.ts";
import { events } from "./events/mod.ts";
import type { Feature, FeatureParts } from "./feature.ts";
import { jobs } from "./jobs/mod.ts";
import { keys } from "./keys/mod.ts";
import { mail } from "./mail/mod.ts";
import { orgs } from "./orgs/mod.ts";
import { pipelines } from "./pipelines/mod.ts";
import { schedules } from "./schedules/mod.ts";
import { service } from "./service/mod.ts";
import { signIn } from "./sign_in/mod.ts";
import { sso } from "./sso/mod.ts";
import { status } from "./status/mod.ts";
import { streams } from "./streams/mod.ts";
import { subjects } from "./subjects/mod.ts";
import { summary } from "./summary/mod.ts";
import { support } from "./support/mod.ts";
import { users } from "./users/mod.ts";
import { workers } from "./workers/mod.ts";
import { workflows } from "./workflows/mod.ts";

/** In the order of the API document, and in which they start; they stop in reverse. */
const features: readonly Feature[] = [
  service,
  jobs,
  pipelines,
  schedules,
  workers,
  streams,
  workflows,
  signIn,
  orgs,
  sso,
  consent,
  subjects,
  users,
  erasures,
  keys,
  errors,
  events,
  summary,
  status,
  support,
  mail,
];

/** What the API serves. */
export function routesOf(parts: FeatureParts): (Route | Page)[] {
  return features.flatMap(({ routes }) => routes?.(parts) ?? []);
}

/** The paths of the pages among {@link routesOf} that visitors should find. */
export const pages: readonly string[] = features.flatMap((feature) => feature.pages ?? []);

/** The reactions of a service with these settings. */
export function reactionsOf(config: Config): readonly Reaction[] {
  return features.flatMap(({ reactions }) => reactions?.(config) ?? []);
}

/** The system workflows, by name. Throws if two have the same name. */
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

/** Starts what runs in a process with this role. */
export function startFeatures(foundation: Foundation, stops: Stops): void {
  for (const { name, roles, start } of features) {
    if (!start || roles?.includes(foundation.config.role) === false) continue;
    const running = start(partOf(foundation, name));
    stops.add(name, (reason) => running.stop(reason));
  }
}

/** What a feature is given: its log lines have the feature's name. */
function partOf(foundation: Foundation, name: string): Foundation {
  return { ...foundation, logger: foundation.logger.child({ part: name }) };
}
