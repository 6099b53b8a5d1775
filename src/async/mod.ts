export { alarm } from "./alarm.ts";
export { Backoff } from "./backoff.ts";
export { every } from "./every.ts";
export { Lanes } from "./lanes.ts";
export { Line } from "./line.ts";
export { DECODED_PER_TURN, Pacer } from "./pacer.ts";
export { pause } from "./pause.ts";
export { inSlice, inSlices, nextTurn } from "./slices.ts";
export { unlessAborted } from "./unless_aborted.ts";
