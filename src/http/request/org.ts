/** Organisations in paths, and who acts in them. */
import type { Caller } from "../../access/mod.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import { OrgId } from "../schema.ts";
import { idParam } from "./params.ts";

export const orgIdParam = idParam({
  schema: OrgId,
  what: "organisation",
  invalid: problems.invalid_org_id,
  missing: problems.org_not_found,
});

export function orgNotFound(): Problem {
  return new Problem(problems.org_not_found, "No organisation that the caller is a member of has this id.");
}

/** Who acts in an organisation, whatever account they act for: a user; `null`: the operator. Throws the problem `session_required`. */
export function actingMember({ actor, operator }: Caller): string | null {
  if (operator) return null;
  if (actor.startsWith("user:")) return actor;
  throw new Problem(
    problems.session_required,
    "The call needs a user's session: it is about the user's own organisations.",
  );
}
