/**
 * The guard on the way out: whoever may name an address of a job or a callback must not reach through it what only
 * this machine can reach. A request goes out only to an address that is checked **after** the name was resolved, and
 * to that very address: the name is not resolved again, so an answer that changes in between (rebinding) gains
 * nothing. `Host` and, over TLS, the server name and the certificate's check stay those of the name.
 */
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { ConnectorError, type OutboundFetch } from "./connector.ts";
import { exchange, hostOf, NotConnected, toOutgoing } from "./exchange.ts";

/** Addresses that only reach this machine, its network, or nobody (IANA's special-purpose registries). */
const REFUSED_IPV4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared by a carrier's customers (CGNAT)
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local: where clouds keep their credentials
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
];
/** Of IPv6 only global unicast is let through, and of it not these. */
const GLOBAL_IPV6 = "2000::/3";
const REFUSED_IPV6 = [
  "2001::/23", // protocol assignments, Teredo
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4: an IPv4 address in disguise
  "3fff::/20", // documentation
];
/** IPv6 addresses that stand for the IPv4 address in their last 32 bits: mapped, and NAT64's. */
const EMBEDDING_IPV4 = ["::ffff:0:0/96", "64:ff9b::/96"];

/**
 * Names that may not be called are answered as names that are not there, whatever the resolver says of them, and at full
 * steps of so many milliseconds: else callers could find out which names there are inside.
 */
const ANSWERS_EVERY_MS = 500;

const refusedIpv4 = toBlockList(REFUSED_IPV4);
const refusedIpv6 = toBlockList(REFUSED_IPV6);
const globalIpv6 = toBlockList([GLOBAL_IPV6]);
const embeddingIpv4 = toBlockList(EMBEDDING_IPV4);

export interface OutboundOptions {
  /** What is let through all the same: addresses, CIDR ranges, and host names whatever they resolve to. */
  readonly allow: readonly string[];
  /** All addresses of a host name; the system's resolver by default. */
  readonly lookup?: (host: string) => Promise<readonly LookupAddress[]>;
}

/** A `fetch` behind the guard. */
export function createOutbound({ allow, lookup: resolve = lookupAll }: OutboundOptions): OutboundFetch {
  const allowedHosts = new Set(allow.filter((entry) => !isRange(entry)).map((name) => name.toLowerCase()));
  const passes = passing(allow);

  /** Where a host is to be reached, each address checked. */
  async function addressesOf(host: string, signal: AbortSignal | null | undefined): Promise<readonly string[]> {
    if (isIP(host) !== 0) {
      if (passes(host)) return [host];
      const message = `The address ${host} is not public, and this service may not call it.`;
      throw new ConnectorError("address_refused", message);
    }
    const began = performance.now();
    // A name that cannot be resolved has no address.
    const found = await unlessAborted(
      resolve(host).catch(() => []),
      signal,
    );
    const checked = found.map(({ address }) => address).filter((address) => allowedHosts.has(host) || passes(address));
    if (checked.length > 0) return checked;
    await unlessAborted(Bun.sleep(ANSWERS_EVERY_MS - ((performance.now() - began) % ANSWERS_EVERY_MS)), signal);
    throw new ConnectorError("connection_failed", `${host} has no address that this service may call.`, {
      detail: { reason: "NoCallableAddress" },
    });
  }

  return async (input, init = {}) => {
    const url = new URL(input);
    const addresses = await addressesOf(hostOf(url), init.signal);
    const outgoing = await toOutgoing(url, init);
    let fault: unknown;
    for (const address of addresses) {
      try {
        return await exchange(outgoing, address);
      } catch (error) {
        if (!(error instanceof NotConnected)) throw error;
        fault = error.cause;
      }
    }
    throw fault;
  };
}

/**
 * Gives the host of a URL that is an address, and no name, where the guard would refuse it whatever happens; `undefined`
 * where only a call can tell.
 */
export function refusedAddresses(allow: readonly string[]): (url: string) => string | undefined {
  const passes = passing(allow);
  return (url) => {
    const host = hostOf(new URL(url));
    return isIP(host) === 0 || passes(host) ? undefined : host;
  };
}

/** Which addresses are let through. */
function passing(allow: readonly string[]): (address: string) => boolean {
  const allowed = toBlockList(allow.filter(isRange));
  return (address) => contains(allowed, address) || isPublic(address);
}

/** Whether anybody on the internet could be asked under this address. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !contains(refusedIpv4, address);
  if (isIP(address) !== 6) return false;
  if (contains(embeddingIpv4, address)) return isPublic(embeddedIpv4(address));
  return contains(globalIpv6, address) && !contains(refusedIpv6, address);
}

/** Whether an entry of the allow-list is an address or a CIDR range, and not a host name. */
function isRange(entry: string): boolean {
  return isIP(entry.split("/")[0] ?? "") !== 0;
}

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** An IPv4-mapped address is in a list that has its IPv4 address. */
function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** The last 32 bits of an IPv6 address, as IPv4. */
function embeddedIpv4(address: string): string {
  // URL writes every IPv6 address in one form: hexadecimal groups, of which it may leave out a run of zeros.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(":");
  const [high, low] = groups.slice(-2).map((group) => Number.parseInt(group || "0", 16));
  return [high, low].flatMap((group = 0) => [group >> 8, group & 0xff]).join(".");
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true, order: "ipv4first" });
}

/** Rejects with the signal's reason as soon as it fires: the system's resolver cannot be stopped. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
}
