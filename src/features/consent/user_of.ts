/** Whom a call is about. */
import { OPERATOR } from "../../../events/account.ts";
import type { Caller } from "../../access/mod.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { invalid } from "../../http/request/validation.ts";

/**
 * The user of the session, or the one whom the operator names, at `pointer`. Throws the problems `session_required` and
 * `validation_failed`.
 */
export function userOf(
  { actor, account, operator }: Caller,
  { named, pointer }: { named: string | undefined; pointer: string },
): string {
  const names = operator || account === OPERATOR;
  if (names && named !== undefined) return named;
  if (names && !actor.startsWith("user:")) {
    throw invalid([{ pointer, message: "is missing: the operator names the user" }]);
  }
  if (named !== undefined && named !== actor) {
    throw invalid([{ pointer, message: "must be left out: only the operator names another user" }]);
  }
  if (actor.startsWith("user:")) return actor;
  const detail = "The call is about a user, and needs a session of theirs rather than a key.";
  throw new Problem(problems.session_required, detail);
}
