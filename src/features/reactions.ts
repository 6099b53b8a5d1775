/** The reactions of all features. */
import type { Reaction } from "../reactor/mod.ts";

export const reactions: readonly Reaction[] = [];
