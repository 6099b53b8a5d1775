/** Checks what a caller says of a user. No message quotes a value: it may be personal. */
import type { UserProfile } from "../../../events/user.ts";
import { USER_META_LIMIT_BYTES } from "../../http/limits.ts";
import { Problem, type ProblemKind } from "../../http/problem.ts";
import { checkedEmail } from "../../http/request/email.ts";
import { userProblems } from "./problems.ts";
import type { UserUpdate } from "./schemas.ts";

/**
 * What is recorded of what a caller says. Throws the problems `invalid_email`, `unknown_locale`, `unknown_currency` and
 * `meta_too_large`, with pointers.
 */
export function checkedProfile({ email, name, locale, currency, meta }: UserUpdate): Partial<UserProfile> {
  if (currency !== undefined && currency !== null && !CURRENCIES.has(currency)) {
    throw wrong(userProblems.unknown_currency, "/currency", "must be a code of ISO 4217 in capitals, such as EUR");
  }
  if (meta !== undefined) checkMeta(meta);
  return {
    ...(email !== undefined && { email: email === null ? null : checkedEmail(email, "/email") }),
    ...(name !== undefined && { name }),
    ...(locale !== undefined && { locale: locale === null ? null : checkedLocale(locale) }),
    ...(currency !== undefined && { currency }),
    ...(meta !== undefined && { meta }),
  };
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));
const names = (type: "language" | "script" | "region") => new Intl.DisplayNames("en", { type, fallback: "none" });
const LANGUAGES = names("language");
const SCRIPTS = names("script");
const REGIONS = names("region");

function checkedLocale(text: string): string {
  const locale = localeOf(text);
  if (locale !== undefined) return locale;
  throw wrong(
    userProblems.unknown_locale,
    "/locale",
    "must be a BCP 47 tag of a language, and of a script and region if it has them, that exist, such as en-GB",
  );
}

/** A tag in its canonical form; `undefined` if there is no such locale. */
function localeOf(text: string): string | undefined {
  try {
    const locale = new Intl.Locale(text);
    const { language, script, region } = locale;
    const exists =
      LANGUAGES.of(language) !== undefined &&
      (script === undefined || SCRIPTS.of(script) !== undefined) &&
      (region === undefined || REGIONS.of(region) !== undefined);
    return exists ? locale.toString() : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function checkMeta(meta: object): void {
  const bytes = Buffer.byteLength(JSON.stringify(meta));
  if (bytes <= USER_META_LIMIT_BYTES) return;
  const message = `must be at most ${USER_META_LIMIT_BYTES} bytes of JSON, and is ${bytes}`;
  throw wrong(userProblems.meta_too_large, "/meta", message);
}

function wrong(kind: ProblemKind, pointer: string, message: string): Problem {
  return new Problem(kind, `${pointer} ${message}.`, { errors: [{ pointer, message }] });
}
