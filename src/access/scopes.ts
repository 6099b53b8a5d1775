/** The scopes. Each call of the API needs one of them, or none; the API document describes each. */

export const scopes = {
  "jobs:read": "Read jobs: their state, results, history, steps, callbacks and event streams.",
  "jobs:write": "Submit, cancel and replay jobs, and redeliver callbacks.",
  "jobs:approve": "Approve or reject waiting steps of jobs.",
  "pipelines:read": "Read stored pipelines.",
  "pipelines:write": "Create and update pipelines.",
  "pipelines:publish": "Publish pipelines, which jobs of all accounts can then run, and change published ones.",
  "schedules:read": "Read schedules and their history.",
  "schedules:write": "Create, pause, resume and delete schedules, which submit jobs.",
  "workflows:read": "Read the limits of workflows.",
  "workflows:write": "Set the limits of workflows.",
  "workers:write": "Claim jobs and report their outcomes, as an external worker.",
  "support:read": "Read all support threads.",
  "support:write": "Answer, close and reopen support threads.",
  "audit:read": "Read and export the whole event log, whoever caused its events.",
  "mail:read": "Read what became of mails that the service sent, but not to whom they went.",
  "mail:write": "Let mail be sent again to addresses that bounced or complained.",
  "mail:recipients":
    "See the addresses and subjects of mails that the service sent, and whether mail to an address is stopped.",
  "errors:read": "Read the errors that browsers and programs report.",
  "errors:write": "Resolve the errors that browsers and programs report.",
  "ops:read": "See the health of every part of the service, and the summaries of days and weeks.",
  "ops:write": "Report incidents, and resume stopped read models and reactions.",
  "metrics:read": "Read the service's metrics.",
  "orgs:read": "List one's organisations, and read their members.",
  "orgs:write": "Create and rename organisations, and change their members.",
  "consents:read": "Read consents and their receipts: one's own, and for the operator any user's.",
  "consents:write": "Accept the terms, and withdraw consents.",
  "subjects:read": "See and export what jobs recorded about a subject.",
  "subjects:write": "Erase subjects.",
  "users:read": "Read users: the operator all of them, users themselves.",
  "users:write": "Record and change users: the operator all of them, users themselves.",
  "sessions:read": "List the sessions of the account's user.",
  "sessions:write": "End the sessions of the account's user.",
  "keys:read": "List API keys and their grants; never the secrets.",
  "keys:write": "Create and rotate API keys that have no more grants than the key in use, and revoke any key.",
} as const;

export type Scope = keyof typeof scopes;

/** The scopes for what is the operator's alone: the service itself. Nobody has them in another account. */
const OPERATOR_SCOPES: ReadonlySet<Scope> = new Set<Scope>([
  "support:read",
  "support:write",
  "audit:read",
  "mail:read",
  "mail:write",
  "mail:recipients",
  "errors:read",
  "errors:write",
  "ops:read",
  "ops:write",
  "metrics:read",
  "pipelines:publish",
]);

export function isOperatorScope(scope: Scope): boolean {
  return OPERATOR_SCOPES.has(scope);
}
