import type { Sql } from "../db/mod.ts";

/**
 * Whether the role of this connection could change recorded events: it owns a table of the log or is a member of the
 * role that does, was granted more than reading, or is a superuser. Triggers reject an owner's statements too, but an
 * owner may drop triggers.
 */
export async function mayChangeLog(sql: Sql): Promise<boolean> {
  const [found] = await sql<{ may_change: boolean }[]>`
    select coalesce(bool_or(
      pg_has_role(relowner, 'MEMBER')
      or has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
    ), false) as may_change
    from pg_class where relnamespace = 'levqor_log'::regnamespace and relkind in ('r', 'p')`;
  return found?.may_change ?? false;
}
