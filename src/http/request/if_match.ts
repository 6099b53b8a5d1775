/** Changes that state the version they are based on (RFC 9110, section 13.1.1). */

import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** The version that the request expects. Throws the problem `precondition_required`. */
export function ifMatch(request: Request): number | "any" {
  const header = request.headers.get("if-match");
  if (header === "*") return "any";
  const version = /^"([1-9]\d{0,8})"$/.exec(header ?? "")?.[1];
  if (version !== undefined) return Number(version);
  const found = header === null ? "The If-Match header is missing" : `If-Match is ${JSON.stringify(header)}`;
  throw new Problem(problems.precondition_required, `${found}; the ETag of the version to be replaced is expected.`);
}
