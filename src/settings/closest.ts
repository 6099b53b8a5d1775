import { closest, distance } from "fastest-levenshtein";

/** The name that was meant by a misspelt one, if any is close: the longer it is, the more it may differ, by up to 4. */
export function closestName(misspelt: string, names: readonly string[]): string | undefined {
  const near = closest(misspelt, names);
  return distance(misspelt, near) <= Math.min(4, Math.ceil(misspelt.length / 3)) ? near : undefined;
}
