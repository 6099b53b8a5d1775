/** Whether two JSON values are the same, wherever that matters: repeated requests, or values that are set again. */

/**
 * Numbers are the same if their values are: `0` and `-0`, a `bigint` and a `number`. The order of keys does not matter,
 * and a property that is `undefined` does not count, as it would not be written.
 */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isNumber(left) && isNumber(right)) return left >= right && left <= right;
  if (!isObject(left) || !isObject(right)) return false;
  if (Array.isArray(left) || Array.isArray(right)) return isSameList(left, right);
  let count = 0;
  for (const key of Object.keys(left)) {
    const value = left[key];
    if (value === undefined) continue;
    if (!Object.hasOwn(right, key) || !isSameJson(value, right[key])) return false;
    count++;
  }
  const keys = Object.keys(right);
  return keys.length === count || keys.filter((key) => right[key] !== undefined).length === count;
}

function isSameList(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((one, index) => isSameJson(one, right[index]));
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
