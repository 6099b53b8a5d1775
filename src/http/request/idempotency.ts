/** Ids derived from `Idempotency-Key`: the second creation with a key meets the first one's stream. */

import { VISITOR } from "../../../events/account.ts";
import type { Caller } from "../../access/mod.ts";
import { derivedUuid } from "../../log/derived_id.ts";
import { contextOf } from "../context.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** Visible ASCII, 1 to 255 characters. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** The key of a request, without quotes; `null` if there is none. Throws the problem `invalid_idempotency_key`. */
export function idempotencyKey(request: Request): string | null {
  const header = contextOf(request).headers["idempotency-key"];
  if (header === undefined) return null;
  const key = header.length >= 2 && header.startsWith('"') && header.endsWith('"') ? header.slice(1, -1) : header;
  if (!KEY.test(key)) {
    throw new Problem(
      problems.invalid_idempotency_key,
      `The Idempotency-Key has ${key.length} characters, or some that are not visible ASCII; 1 to 255 visible ASCII characters are expected.`,
    );
  }
  return key;
}

/** An earlier request with the same key had another body. */
export function keyReused(): Problem {
  return new Problem(problems.idempotency_key_reused, "The Idempotency-Key was used before with another body.");
}

/** The same id for the same caller, call and key. Callers without a key of their own share their Idempotency-Keys. */
export function derivedId(caller: Caller | undefined, route: string, key: string): string {
  return derivedUuid([caller?.identity ?? VISITOR, route, key]);
}
