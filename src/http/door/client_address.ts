/** The address of a request's sender: computed on demand, which few requests need. */
import { clientAddresses, type ProxyTrust } from "../../rate/mod.ts";
import { contextOf } from "../context.ts";

export type AddressOf = (request: Request) => string;

export interface AddressOptions {
  /** The trusted forwarding header; absent: none. */
  readonly trust_proxy?: ProxyTrust | undefined;
  /** Knows the connections; there is none before it listens. */
  readonly server: () => { requestIP(request: Request): { address: string } | null } | null;
}

export function addressReader({ trust_proxy, server }: AddressOptions): AddressOf {
  const addressOf = clientAddresses(trust_proxy);
  return (request) => {
    const context = contextOf(request);
    context.address ??= addressOf(server()?.requestIP(request)?.address, context.headers);
    return context.address;
  };
}
