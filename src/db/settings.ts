/** Where the database is. */
import { passwordsOf, setting, settings, Unfit } from "../settings/mod.ts";

export const databaseSettings = settings(
  {
    database_url: setting({
      env: "DATABASE_URL",
      summary: "Postgres 14 or newer, for the service's own role. Without it the service runs a Postgres of its own.",
      example: "postgres://levqor:PASSWORD@db.internal:5432/levqor",
      default_text: "an embedded Postgres in LEVQOR_DATA_DIR",
      secret: passwordsOf,
      read: postgresUrl,
    }),
    database_admin_url: setting({
      env: "DATABASE_ADMIN_URL",
      summary:
        "The same database, for the role that owns it: used for migrations only, so that the service's own role cannot change the log.",
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
        "DATABASE_ADMIN_URL (not shown): it goes with DATABASE_URL, which is not set; set both or neither.",
    ],
  },
);

/** What is said is logged, where whatever looks like a URL with credentials is taken out. */
function postgresUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !["postgres:", "postgresql:"].includes(url.protocol)) {
    throw new Unfit(
      "it must be a URL like postgres://host:5432/database, with user:password@ before the host; special characters in the password must be percent-encoded",
    );
  }
  if (url.username === "") throw new Unfit("it names no user; write user:password@ before the host");
  if (url.pathname.length < 2) throw new Unfit("it names no database; add it at the end, for example /levqor");
  return text;
}
