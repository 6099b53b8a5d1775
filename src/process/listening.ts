/** Addresses that servers listen on. */

/** Another program listens there. */
export class AddressInUseError extends Error {
  override readonly name = "AddressInUseError";
}

export interface Address {
  readonly hostname: string;
  readonly port: number;
  /** The setting of the port. */
  readonly setting: "PORT" | "METRICS_PORT";
}

/** Starts a server that listens at once. Throws {@link AddressInUseError} if its address is in use. */
export function startListening<Started>({ hostname, port, setting }: Address, start: () => Started): Started {
  try {
    return start();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "EADDRINUSE") throw cause;
    const message = `Cannot listen on ${hostname}, port ${port}, which is in use: set ${setting} to a free port.`;
    throw new AddressInUseError(message, { cause });
  }
}
