/** Numbers that fit into a column of a read model. */
import { Type } from "@sinclair/typebox";

/** The maximum of Postgres's `int`. */
export const MAX_INT = 2 ** 31 - 1;

/** A whole number, at least `minimum`. */
export function Count(minimum: number) {
  return Type.Integer({ minimum, maximum: MAX_INT });
}

/** A duration: up to 30 years, so that what begins today ends at a time that can be represented. */
export const MAX_SECONDS = 1e9;
