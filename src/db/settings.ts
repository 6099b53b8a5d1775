/** Where the database is. */
import { InvalidSettingError, passwordsOf, setting, settings } from "../settings/mod.ts";

export const databaseSettings = settings(
  {
    database_url: setting({
      env: "DATABASE_URL",
      summary: "Postgres 14 or newer, as the service's own role. Without it, the service runs its own Postgres.",
      example: "postgres://levqor:PASSWORD@db.internal:5432/levqor",
      default_text: "an embedded Postgres in LEVQOR_DATA_DIR",
      secret: passwordsOf,
      read: postgresUrl,
    }),
    database_admin_url: setting({
      env: "DATABASE_ADMIN_URL",
      summary:
        "The same database, as the role that owns it: used only for migrations, so that the service's own role cannot change the log.",
      example: "postgres://owner:PASSWORD@db.internal:5432/levqor",
      default_text: "DATABASE_URL",
      secret: passwordsOf,
      read: postgresUrl,
    }),
  },
  {
    check: ({ given, deployment: { role } }) => [
      role !== "all" &&
        !given.has("database_url") &&
        `LEVQOR_ROLE is "${role}": it shares a database with other processes; set DATABASE_URL.`,
      given.has("database_admin_url") &&
        !given.has("database_url") &&
        "DATABASE_ADMIN_URL (not shown): it needs DATABASE_URL, which is not set; set both or neither.",
    ],
  },
);

/** The fault is logged, with anything that looks like a URL with credentials removed. */
function postgresUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !["postgres:", "postgresql:"].includes(url.protocol)) {
    throw new InvalidSettingError(
      "it must be a URL like postgres://host:5432/database, with user:password@ before the host; special characters in the password must be percent-encoded",
    );
  }
  if (url.username === "") throw new InvalidSettingError("it has no user; write user:password@ before the host");
  if (url.pathname.length < 2)
    throw new InvalidSettingError("it has no database; add it at the end, for example /levqor");
  return text;
}
