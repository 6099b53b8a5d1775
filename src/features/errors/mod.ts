/** Errors that browsers and programs report: counted, recorded by group, and shown to operators. */
import { startCollecting } from "./collector.ts";
import { type ForwardOptions, forwardError } from "./forward.ts";

/** Processes that serve the API count reports; those that run jobs forward them. */
export const errors = {
  name: "errors",
  roles: ["all", "api"],
  start: startCollecting,
  workflows: (options: ForwardOptions) => [forwardError(options)],
} as const;
