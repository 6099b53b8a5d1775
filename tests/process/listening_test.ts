import { describe, expect, test } from "bun:test";
import { ListenError, startListening } from "../../src/process/listening.ts";

const API = { hostname: "HOST", port: "PORT" } as const;

function refusal(
  hostname: string,
  { port = 0, settings }: { port?: number; settings: Parameters<typeof startListening>[0]["settings"] },
) {
  try {
    const server = startListening({ hostname, port, settings }, () =>
      Bun.serve({ hostname, port, fetch: () => new Response() }),
    );
    void server.stop(true);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a server that cannot listen says what to set", () => {
  test.each([
    // RFC 5737 and RFC 3849: addresses that no machine has.
    ["192.0.2.1", API],
    ["2001:db8::1", API],
    ["192.0.2.1", { hostname: "METRICS_HOST", port: "METRICS_PORT" }],
    // Names that no resolver is asked for.
    ["no..name", API],
    ["no:name", API],
  ] as const)("if its address is %s", (hostname, settings) => {
    const error = refusal(hostname, { settings });
    expect(error).toBeInstanceOf(ListenError);
    expect((error as Error).message).toBe(
      `Cannot listen on ${hostname}, port 0: ${hostname} is not an address of this machine; ` +
        `set ${settings.hostname} to one that is, such as 127.0.0.1, or to 0.0.0.0 for all.`,
    );
  });

  test("if its port is in use", async () => {
    const other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const port = other.port as number;
    const error = refusal("127.0.0.1", { port, settings: API });
    await other.stop(true);
    expect(error).toBeInstanceOf(ListenError);
    expect((error as Error).message).toBe(
      `Cannot listen on 127.0.0.1, port ${port}, which is in use: set PORT to a free port.`,
    );
  });

  test("if its port is for privileged programs", () => {
    const denied = Object.assign(new Error("listen EACCES"), { code: "EACCES", syscall: "listen" });
    const start = () => {
      throw denied;
    };
    expect(() => startListening({ hostname: "127.0.0.1", port: 80, settings: API }, start)).toThrow(
      "Cannot listen on 127.0.0.1, port 80, which only privileged programs may use: set PORT to 1024 or more.",
    );
  });
});

test("a fault of the program stays what it is", () => {
  const fault = new TypeError("x is undefined");
  const start = () => {
    throw fault;
  };
  expect(() => startListening({ hostname: "192.0.2.1", port: 0, settings: API }, start)).toThrow(fault);
});
