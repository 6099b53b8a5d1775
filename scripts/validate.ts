/**
 * Checks every endpoint of a running service, as an external client:
 *
 *     bun run validate [BASE_URL]      (http://127.0.0.1:5000 by default)
 *
 * `API_KEY` in the environment is sent as `X-Api-Key`. The exit code is 0 if all checks passed, otherwise 1. The key
 * needs all scopes, as those in API_KEYS have. It leaves a revoked key behind, the pipeline `levqor-validate`, a
 * resolved error of the source `levqor-validate`, an organisation of a user who does not exist, and a few small `http` jobs, which call the service's own `/health`.
 */
import process from "node:process";
import { readArguments, runScript, UsageError } from "./arguments.ts";
import { type Checks, startChecks } from "./validate/checks.ts";
import { Client } from "./validate/client.ts";
import { checkConsent } from "./validate/consent.ts";
import { checkCoverage, checkDocs } from "./validate/docs.ts";
import { checkErrors } from "./validate/errors.ts";
import { checkEvents } from "./validate/events.ts";
import { checkIncidents } from "./validate/incidents.ts";
import { checkCallback, checkControl, checkDevelopment, checkIntake, checkJob } from "./validate/jobs.ts";
import { checkIssuedKeys, checkKeys } from "./validate/keys.ts";
import { checkMails } from "./validate/mails.ts";
import { checkOrgs } from "./validate/orgs.ts";
import { checkPages } from "./validate/pages.ts";
import { checkSteps } from "./validate/pipelines.ts";
import { checkProblems } from "./validate/problems.ts";
import { checkSchedules } from "./validate/schedules.ts";
import { checkOperations, checkService } from "./validate/service.ts";
import { checkSessions } from "./validate/sessions.ts";
import { checkSso } from "./validate/sso.ts";
import { checkSubjects } from "./validate/subjects.ts";
import { checkSupport } from "./validate/support.ts";
import { checkUsers } from "./validate/users.ts";
import { checkWorkers } from "./validate/workers.ts";
import { checkLimits } from "./validate/workflows.ts";

const DEFAULT_URL = "http://127.0.0.1:5000";

const HELP = `Usage: bun run validate [BASE_URL]

Checks every endpoint of a running service, as an external client; ${DEFAULT_URL} by default.

API_KEY in the environment is sent as X-Api-Key, and needs all scopes, as the keys in API_KEYS have.`;

/** In this order. `job`: one that calls the service's own health. */
const CHECKS: readonly ((client: Client, checks: Checks, job: object) => Promise<void>)[] = [
  checkService,
  checkProblems,
  checkKeys,
  checkIssuedKeys,
  checkSessions,
  checkOrgs,
  checkSso,
  checkConsent,
  checkUsers,
  checkIntake,
  checkJob,
  checkControl,
  checkSteps,
  checkSchedules,
  checkLimits,
  checkCallback,
  checkWorkers,
  checkSubjects,
  checkDevelopment,
  checkErrors,
  checkSupport,
  checkMails,
  checkEvents,
  checkIncidents,
  checkOperations,
  checkDocs,
  checkPages,
  checkCoverage,
];

/** Whether anything responds at all; says what to do if not. */
async function isReachable(client: Client): Promise<boolean> {
  try {
    await client.ask("/health");
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`🔴 Cannot reach ${client.base_url}: ${reason}`);
    console.error("Start the service with `npm start`, or give its URL: bun run validate https://…");
    return false;
  }
}

function parse(args: readonly string[]): string | "help" {
  const { values, positionals } = readArguments(args, {
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help) return "help";
  if (positionals.length > 1) throw new UsageError(`Cannot validate ${positionals.join(" and ")}: give one URL`);
  return positionals[0] ?? DEFAULT_URL;
}

async function validate(given: string): Promise<number> {
  const url = URL.parse(given);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    console.error(`🔴 Cannot validate ${given}: it is not an http or https URL`);
    return 1;
  }
  if (url.pathname !== "/" || url.search || url.hash) {
    console.error(`🔴 Cannot validate ${given}: give the service's URL without a path, such as ${url.origin}`);
    return 1;
  }
  const client = new Client(url.href.replace(/\/+$/, ""), process.env.API_KEY || undefined);
  if (!(await isReachable(client))) return 1;

  const checks = startChecks();
  const job = { workflow: "http", payload: { method: "GET", url: `${client.base_url}/health` } };
  for (const run of CHECKS) await run(client, checks, job);

  if (checks.failed.length === 0) {
    console.log("\n🟢 COCKPIT GREEN — Levqor backend validated");
    return 0;
  }
  console.log(`\n🔴 Levqor backend not validated: ${checks.failed.length} of ${checks.count} checks failed`);
  for (const failure of checks.failed) console.log(`  ${failure}`);
  return 1;
}

await runScript({ help: HELP, parse, run: async (given) => process.exit(await validate(given)) });
