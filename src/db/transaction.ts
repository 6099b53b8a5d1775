import { type SessionOptions, type Sql, withSession } from "./connect.ts";
import { withTimeout } from "./with_timeout.ts";

/** What {@link inTransaction} passes to its body: statements of one transaction. */
export type Transaction = Pick<Sql, "unsafe">;

export interface TransactionOptions extends SessionOptions {
  /** `read committed` by default. */
  readonly isolation?: "read committed" | "repeatable read";
}

/**
 * Runs `body` in a transaction on a separate connection, for rare work that takes several statements.
 *
 * Not on the pool's connections: if one breaks within the client's `begin`, its rollback stays in the buffer of that
 * connection, which then cannot be opened again until the process ends.
 */
export function inTransaction<T>(
  pool: Sql,
  body: (transaction: Transaction) => Promise<T>,
  { isolation = "read committed", ...options }: TransactionOptions = {},
): Promise<T> {
  return withSession(
    pool,
    async (session, limit) => {
      // The client's own statements at the beginning and the end: if the session ends, they fail.
      const watch = () => setTimeout(limit.on_silence, limit.ms).unref();
      let watching = watch();
      const limitedBody = async (transaction: Transaction) => {
        clearTimeout(watching);
        try {
          const unsafe: Sql["unsafe"] = (...statement) => withTimeout(transaction.unsafe(...statement), limit);
          return await body({ unsafe });
        } finally {
          watching = watch();
        }
      };
      try {
        return (await session.begin(`isolation level ${isolation}`, limitedBody)) as T;
      } finally {
        clearTimeout(watching);
      }
    },
    options,
  );
}
