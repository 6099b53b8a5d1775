/** Who calls, and what organisations refuse them. */
import { userOf } from "../../../events/user.ts";
import type { Caller } from "../../access/mod.ts";
import type { OrgRejection } from "../../domain/org.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { actingMember, orgNotFound } from "../../http/request/org.ts";
import { orgProblems } from "./problems.ts";

/** The user whom a call concerns: who calls, or for whose own account the operator does. Throws the problem `session_required`. */
export function concernedUser(caller: Caller): string {
  if (caller.operator && userOf(caller.account) !== undefined) return caller.account;
  const member = actingMember(caller);
  if (member !== null) return member;
  const detail = "The call is about one user: it needs a session of theirs, or their account in Levqor-Account.";
  throw new Problem(problems.session_required, detail);
}

export function problemOf({ code, message }: OrgRejection): Problem {
  if (code === "org_not_found" || code === "org_exists") return orgNotFound();
  return new Problem(code === "role_exceeded" ? problems.role_exceeded : orgProblems[code], message);
}
