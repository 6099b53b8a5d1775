/** Every fuzz target: `npm run fuzz` runs them for a time, `npm test` a number of inputs of each. */
import type { FuzzTarget } from "../target.ts";
import { json } from "./json.ts";

export const targets: readonly FuzzTarget[] = [json];
