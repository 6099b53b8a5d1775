/** The groups that the API document shows, in their order. */
import type { Tag } from "../declaration.ts";

export const tags = {
  service: { name: "Service", description: "Whether the service is up, and its track record." },
  jobs: { name: "Jobs", description: "Submit jobs and read their results." },
  pipelines: { name: "Pipelines", description: "Jobs with several steps, stored under a name." },
  schedules: { name: "Schedules", description: "Jobs submitted repeatedly, by a cron expression." },
  workers: {
    name: "Workers",
    description:
      "For programs in any language that run jobs: claim jobs, renew leases with heartbeats, report outcomes.",
  },
  streams: {
    name: "Streams",
    description: "Events as they happen, without gaps or repeats: as server-sent events or over a WebSocket.",
  },
  workflows: { name: "Workflows", description: "Limits for all jobs of a workflow." },
  sessions: { name: "Sessions", description: "Users sign in, see where they are signed in, and sign out." },
  orgs: { name: "Organisations", description: "Accounts that several users share, and what each member may do there." },
  consent: { name: "Consent", description: "The terms and notices that are in force, and who agreed to them." },
  subjects: { name: "Subjects", description: "Persons whose data jobs have: see it, export it, and forget them." },
  users: {
    name: "Users",
    description: "People, found by their e-mail address: what is known of them, and what they can do about it.",
  },
  keys: { name: "Keys", description: "API keys and their scopes." },
  errors: { name: "Errors", description: "Errors of browsers and programs: report them, and see them by group." },
  support: { name: "Support", description: "Ask for help and get an answer, with or without an account." },
  mail: { name: "Mail", description: "Mail that the service sends, and what became of it." },
  audit: { name: "Audit", description: "The event log itself: everything that ever happened, and who did it." },
  operations: { name: "Operations", description: "For operators of the service." },
  development: { name: "Development", description: "Available outside production only." },
} as const satisfies Record<string, Tag>;
