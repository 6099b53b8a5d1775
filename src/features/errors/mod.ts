/** Errors that browsers and programs report: counted, recorded by group, and shown to operators. */
import { startCollecting } from "./collector.ts";

/** Where reports come in, they are counted. */
export const errors = { name: "errors", roles: ["all", "api"], start: startCollecting } as const;
