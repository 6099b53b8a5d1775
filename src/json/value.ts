/** Whether a JavaScript value can be represented in JSON here. */
import { JSON_DEPTH_LIMIT } from "./depth.ts";
import { isJsonNumber } from "./numbers.ts";
import { cutPointer, pointerTo } from "./pointer.ts";

export interface ValueFault {
  readonly code: "too_deep" | "number_not_representable";
  /** JSON pointer to the place, cut. */
  readonly pointer: string;
}

/**
 * The first part of a value that nests deeper than JSON may, or is a number that would change: `NaN`, an infinity, an
 * integer of more than 64 bits. `undefined` if there is none. Recurses no deeper than JSON may, so a value that
 * contains itself is too deep.
 */
export function faultOfValue(value: unknown, levels = JSON_DEPTH_LIMIT): ValueFault | undefined {
  if (typeof value === "number" || typeof value === "bigint") {
    return isJsonNumber(value) ? undefined : { code: "number_not_representable", pointer: "" };
  }
  if (value === null || typeof value !== "object") return undefined;
  if (levels === 0) return { code: "too_deep", pointer: "" };
  // An iterator for each list would be most of the cost.
  const keys = Array.isArray(value) ? undefined : Object.keys(value);
  const parts = value as Readonly<Record<string | number, unknown>>;
  const count = keys?.length ?? (value as readonly unknown[]).length;
  for (let index = 0; index < count; index++) {
    const key = keys ? (keys[index] as string) : index;
    const fault = faultOfValue(parts[key], levels - 1);
    if (fault) return { code: fault.code, pointer: cutPointer(pointerTo("", key) + fault.pointer) };
  }
  return undefined;
}
