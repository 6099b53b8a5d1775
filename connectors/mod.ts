/** Every built-in connector, by the workflow name that runs it. */
import type { Connector } from "./connector.ts";
import { http } from "./http.ts";

export { type Connector, type ConnectorContext, ConnectorError } from "./connector.ts";
export { createOutbound, listedHosts, refusedAddresses } from "./outbound.ts";

export const connectors: ReadonlyMap<string, Connector> = new Map(
  ([http] as readonly Connector[]).map((connector) => [connector.name, connector]),
);
