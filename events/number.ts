/** Numbers that a column of a read model can hold. */
import { Type } from "@sinclair/typebox";

/** Of Postgres's `int`. */
const MAX_INT = 2 ** 31 - 1;

/** A whole number from `minimum` on. */
export function Count(minimum: number) {
  return Type.Integer({ minimum, maximum: MAX_INT });
}

/** A time span: up to 30 years, so that what begins today ends at a time that can be written. */
export const MAX_SECONDS = 1e9;
