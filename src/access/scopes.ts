/** What a caller may do. Each call of the API needs one scope, or none; each is described where the API is. */

export const scopes = {
  "jobs:read": "Read jobs: their state, results, history, steps, callbacks and event streams.",
  "jobs:write": "Submit, cancel and replay jobs, and have callbacks made again.",
  "jobs:approve": "Approve or reject steps of jobs that wait for it.",
  "pipelines:read": "Read stored pipelines.",
  "pipelines:write": "Store pipelines and make new versions of them.",
  "schedules:read": "Read schedules and their history.",
  "schedules:write": "Create, pause, resume and delete schedules, which submit jobs.",
  "workflows:read": "Read the limits of workflows.",
  "workflows:write": "Set the limits of workflows.",
  "workers:write": "Claim jobs and answer for them, as an external worker does.",
  "audit:read": "Read the whole event log, whoever caused its events, and export it.",
  "ops:read": "See the state of every part of the service.",
  "ops:write": "Tell of incidents, and resume read models that an event stopped.",
  "metrics:read": "Read the service's metrics.",
  "keys:read": "List API keys and what they may do; never the keys themselves.",
  "keys:write": "Create and rotate API keys that may do no more than the one that is used, and revoke any.",
} as const;

export type Scope = keyof typeof scopes;
