/** Addresses that servers listen on. */
import { isIP } from "node:net";

/** A server cannot listen on its address. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

export interface Address {
  readonly hostname: string;
  readonly port: number;
  /** The settings of both. */
  readonly settings: { readonly hostname: "HOST" | "METRICS_HOST"; readonly port: "PORT" | "METRICS_PORT" };
}

/** Ports below it need a permission. */
const FIRST_UNPRIVILEGED_PORT = 1024;
/** What the system says of an address that this machine does not have. */
const NOT_AN_ADDRESS = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"];

/** Starts a server that listens at once. Throws {@link ListenError} if its address or port is not available. */
export function startListening<Started>(address: Address, start: () => Started): Started {
  try {
    return start();
  } catch (cause) {
    const reason = reasonOf(address, cause as NodeJS.ErrnoException);
    if (reason === undefined) throw cause;
    throw new ListenError(`Cannot listen on ${address.hostname}, port ${address.port}${reason}.`, { cause });
  }
}

/** Why it cannot listen, and what to do; `undefined` if the fault has nothing to do with the address. */
function reasonOf({ hostname, port, settings }: Address, { code, syscall }: NodeJS.ErrnoException): string | undefined {
  if (code === "EADDRINUSE") return `, which is in use: set ${settings.port} to a free port`;
  if (syscall !== "listen" && syscall !== "getaddrinfo") return undefined;
  if (code === "EACCES" && port < FIRST_UNPRIVILEGED_PORT)
    return `, which only privileged programs may use: set ${settings.port} to ${FIRST_UNPRIVILEGED_PORT} or more`;
  // For a name that is not found, Bun reports whatever error occurred last.
  if (isIP(hostname) !== 0 && !NOT_AN_ADDRESS.includes(code ?? "")) return undefined;
  return `: ${hostname} is not an address of this machine; set ${settings.hostname} to one that is, such as 127.0.0.1, or to 0.0.0.0 for all`;
}
