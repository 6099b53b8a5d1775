import { expect, test } from "bun:test";
import { connect, connectionFault } from "../../src/db/mod.ts";

const fault = (code: string, syscall?: string) => connectionFault(Object.assign(new Error(code), { code, syscall }));

test.each(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ECONNRESET"])(
  "%s proves that nothing was sent only if it occurred while connecting",
  (code) => {
    expect(fault(code, "connect")).toBe("never_sent");
    expect(fault(code, "read")).toBe("broken_off");
    expect(fault(code)).toBe("broken_off");
  },
);

test.each(["ENOTFOUND", "EAI_AGAIN"])("a name that cannot be resolved, %s, means that nothing was sent", (code) => {
  expect(fault(code, "getaddrinfo")).toBe("never_sent");
});

test("other errors are not faults of the connection", () => {
  expect(fault("23505")).toBeUndefined();
  expect(fault("ENOENT", "open")).toBeUndefined();
  expect(connectionFault(new TypeError("no"))).toBeUndefined();
  expect(connectionFault("08006")).toBeUndefined();
});

test.each(["postgres://u:p@127.0.0.1:1/d", "postgres://u:p@levqor.invalid:5432/d"])(
  "the client reports with %s that it could not connect",
  async (url) => {
    const sql = connect(url, { max: 1 });
    const error = await sql`select 1`.then(
      () => undefined,
      (met: unknown) => met,
    );
    expect(connectionFault(error)).toBe("never_sent");
    await sql.end({ timeout: 0 });
  },
);
