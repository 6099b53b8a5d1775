export { alarm } from "./alarm.ts";
export { Backoff } from "./backoff.ts";
export { pause } from "./pause.ts";
export { unlessAborted } from "./unless_aborted.ts";
