/** Where reported errors are forwarded to. */
import { InvalidSettingError, setting, settings } from "../../settings/mod.ts";

export const errorSettings = settings({
  sentry_dsn: setting({
    env: "SENTRY_DSN",
    summary:
      "The DSN of a Sentry project, to which reported errors are forwarded. The same for every process. If its host has a private address, OUTBOUND_ALLOW must list it.",
    example: "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2",
    default_text: "none: nothing is forwarded",
    secret: (dsn) => [new URL(dsn).username, new URL(dsn).password].filter(Boolean),
    read: dsn,
  }),
});

/** As Sentry's SDK reads it. */
function dsn(text: string): string {
  const { protocol, username, password, pathname, search, hash } = URL.parse(text) ?? {};
  const isHttp = protocol === "https:" || protocol === "http:";
  if (
    isHttp &&
    /^\w+$/.test(username ?? "") &&
    /^\w*$/.test(password ?? "") &&
    /\/\d+$/.test(pathname ?? "") &&
    !search &&
    !hash
  ) {
    return text;
  }
  throw new InvalidSettingError(
    "it must be the DSN of a project as Sentry shows it: http or https, a public key, a host, and the number of the project at the end",
  );
}
