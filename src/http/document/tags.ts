/** The groups that the API document shows, in their order. */
import type { Tag } from "../declaration.ts";

export const tags = {
  service: { name: "Service", description: "Whether the service is there, and how it has done." },
  jobs: { name: "Jobs", description: "Submitting jobs and reading what became of them." },
  pipelines: { name: "Pipelines", description: "Jobs of several steps, stored under a name." },
  schedules: { name: "Schedules", description: "Jobs that are submitted again and again, by a cron expression." },
  workers: {
    name: "Workers",
    description: "For programs in any language that run jobs: claim them, keep them with heartbeats, answer for them.",
  },
  streams: {
    name: "Streams",
    description: "What happens, as it happens, with no gap and no repeat: as server-sent events, or over a WebSocket.",
  },
  workflows: { name: "Workflows", description: "What is settled for all jobs of a workflow." },
  keys: { name: "Keys", description: "API keys that may do what their scopes say." },
  audit: { name: "Audit", description: "The event log itself: everything that ever happened, and who did it." },
  operations: { name: "Operations", description: "For whoever runs the service." },
  development: { name: "Development", description: "Outside production only." },
} as const satisfies Record<string, Tag>;
