/** E-mail addresses in requests. */
import { normalisedEmail } from "../../domain/email_address.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** An address in its one spelling. Throws the problem `invalid_email`, which does not quote it. */
export function checkedEmail(text: string, pointer: string): string {
  const email = normalisedEmail(text);
  if (email !== undefined) return email;
  const message = "must be an e-mail address such as ada@example.com, of at most 254 bytes";
  throw new Problem(problems.invalid_email, `${pointer} ${message}.`, { errors: [{ pointer, message }] });
}
