import { type Sql, withSession } from "./connect.ts";

/** What {@link inTransaction} hands over: statements of one transaction. */
export type Transaction = Pick<Sql, "unsafe">;

/**
 * Runs `body` in a transaction on a connection of its own, for work that is rare and takes several statements.
 *
 * Not on the pool's connections: where one breaks within the client's `begin`, its rollback is left in the buffer of
 * that connection, which then cannot be opened again until the process ends.
 */
export function inTransaction<T>(
  pool: Sql,
  body: (transaction: Transaction) => Promise<T>,
  isolation: "read committed" | "repeatable read" = "read committed",
): Promise<T> {
  return withSession(pool, (session) => session.begin(`isolation level ${isolation}`, body) as Promise<T>);
}
