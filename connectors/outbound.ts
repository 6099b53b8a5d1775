/**
 * The guard on outbound calls: a caller who can set the URL of a job or a callback must not reach through it what only
 * this machine can reach. The address is checked **after** the name is resolved, and the request goes to exactly that
 * address: the name is not resolved again, so DNS rebinding gains nothing. `Host` and, over TLS, the server name and
 * the certificate check stay those of the name.
 */
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { rejectOnAbort } from "../src/async/mod.ts";
import { addressMatcher, isAddressRange, isPublicAddress, parseAddress } from "../src/ip/mod.ts";
import { ConnectorError, type OutboundFetch } from "./connector.ts";
import { exchange, hostOf, NotConnectedError, toOutgoingRequest } from "./exchange.ts";

/**
 * Forbidden names get the same error as missing ones, whatever the resolver says, and at multiples of this many
 * milliseconds: otherwise callers could find out which internal names exist.
 */
const ANSWERS_EVERY_MS = 500;

export interface OutboundOptions {
  /** What is allowed nevertheless: addresses, CIDR ranges, and host names whatever they resolve to. */
  readonly allow: readonly string[];
  /** All addresses of a host name; the system's resolver by default. */
  readonly lookup?: (host: string) => Promise<readonly LookupAddress[]>;
}

/** A guarded `fetch`. */
export function createOutbound({ allow, lookup: resolve = lookupAll }: OutboundOptions): OutboundFetch {
  const allowedHosts = new Set(allow.filter((entry) => !isAddressRange(entry)).map((name) => name.toLowerCase()));
  const passes = passing(allow);

  /** Where to reach a host, each address checked. */
  async function addressesOf(host: string, signal: AbortSignal | null | undefined): Promise<readonly string[]> {
    if (isIP(host) !== 0) {
      if (passes(host)) return [host];
      const message = `The address ${host} is not public, and this service may not call it.`;
      throw new ConnectorError("address_refused", message);
    }
    const began = performance.now();
    // A name that cannot be resolved has no address. The system's resolver cannot be stopped.
    const found = await rejectOnAbort(
      resolve(host).catch(() => []),
      signal,
    );
    const checked = found.map(({ address }) => address).filter((address) => allowedHosts.has(host) || passes(address));
    if (checked.length > 0) return checked;
    await rejectOnAbort(Bun.sleep(ANSWERS_EVERY_MS - ((performance.now() - began) % ANSWERS_EVERY_MS)), signal);
    throw new ConnectorError("connection_failed", `${host} has no address that this service may call.`, {
      detail: { reason: "NoCallableAddress" },
    });
  }

  return async (input, init = {}) => {
    const url = new URL(input);
    const addresses = await addressesOf(hostOf(url), init.signal);
    const outgoing = await toOutgoingRequest(url, init);
    let fault: unknown;
    for (const address of addresses) {
      try {
        return await exchange(outgoing, address);
      } catch (error) {
        if (!(error instanceof NotConnectedError)) throw error;
        fault = error.cause;
      }
    }
    throw fault;
  };
}

/**
 * Returns the URL's host if it is an address, not a name, that the guard would always reject; `undefined` if only a
 * call can tell.
 */
export function refusedAddresses(allow: readonly string[]): (url: string) => string | undefined {
  const passes = passing(allow);
  return (url) => {
    const host = hostOf(new URL(url));
    return isIP(host) === 0 || passes(host) ? undefined : host;
  };
}

/**
 * Whether a URL's host is listed: a name, or an address by itself or in a range. Listed hosts are the operator's own choice, and
 * may be called without TLS.
 */
export function listedHosts(allow: readonly string[]): (url: string) => boolean {
  const names = new Set(allow.filter((entry) => !isAddressRange(entry)).map((name) => name.toLowerCase()));
  const isAllowed = addressMatcher(allow.filter(isAddressRange));
  return (url) => {
    const host = hostOf(new URL(url));
    const address = isIP(host) === 0 ? undefined : parseAddress(host);
    return address === undefined ? names.has(host) : isAllowed(address);
  };
}

/** Which addresses are allowed. */
function passing(allow: readonly string[]): (address: string) => boolean {
  const isAllowed = addressMatcher(allow.filter(isAddressRange));
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && (isAllowed(address) || isPublicAddress(address));
  };
}

/** Whether the address is public, anywhere on the internet. */
export function isPublic(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && isPublicAddress(address);
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true, order: "ipv4first" });
}
