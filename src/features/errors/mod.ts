/** Errors that browsers and programs report: counted, recorded by group, and shown to operators. */
import { startCollecting } from "./collector.ts";
import { type ForwardOptions, forwardError } from "./forward.ts";

/** Where reports come in, they are counted; where jobs are run, they are forwarded. */
export const errors = {
  name: "errors",
  roles: ["all", "api"],
  start: startCollecting,
  workflows: (options: ForwardOptions) => [forwardError(options)],
} as const;
