/**
 * IP addresses and ranges: the one place where they are parsed and compared, for the guard on outbound calls, for
 * trusted proxies and for settings with ranges.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** An address in comparable form: IPv4 in IPv6 (`::ffff:1.2.3.4`) is IPv4 and has no zone. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;

type Range = readonly [network: Address, prefix: number];

/**
 * Parses an address without a port. `undefined` for anything that is not in the usual form: ipaddr.js alone would
 * accept `8`, `010.1.1.1` and `0x7f.1`, too.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  // ipaddr.js reads `::1.2.3.4` as `::ffff:1.2.3.4`; written this way, it does not.
  return ipaddr.process(text.replace(/%.*$/, "").replace(/^::(?=\d+\.)/, "0::"));
}

/** Whether a text is an address or a CIDR range. */
export function isAddressRange(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = isIP(address);
  return (
    family !== 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)))
  );
}

/**
 * Returns a function that says whether an address is in one of `ranges` (addresses and CIDR ranges). Throws if one is
 * neither.
 */
export function addressMatcher(ranges: readonly string[]): (address: Address) => boolean {
  const parsed = ranges.map(parseRange);
  return (address) => parsed.some((range) => contains(range, address));
}

function parseRange(text: string): Range {
  const [address = "", prefix] = text.split("/");
  const network = parseAddress(address);
  if (network === undefined || !isAddressRange(text)) {
    throw new Error(`Cannot compare with ${text}: it is no address and no CIDR range`);
  }
  const bits = network.toByteArray().length * 8;
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
  const beside = bits === 32 && address.includes(":") ? 96 : 0;
  return [network, prefix === undefined ? bits : Math.max(0, Number(prefix) - beside)];
}

function contains([network, prefix]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match([network, prefix] as never);
}

/** Of IPv6, only global unicast is allowed. */
const isGlobalIpv6 = addressMatcher(["2000::/3"]);
/** NAT64: IPv6 addresses that stand for the IPv4 address in their last 32 bits. */
const isNat64 = addressMatcher(["64:ff9b::/96"]);
/**
 * What `ipaddr.js` calls addresses that anybody can reach, by IANA's special-purpose registries. AS112 and AMT have
 * IPv4 blocks that are special and public; those of IPv6 are rejected with their neighbours.
 */
const PUBLIC_KINDS = { ipv4: ["unicast", "as112", "amt"], ipv6: ["unicast"] };

/** Whether the address is public, anywhere on the internet. */
export function isPublicAddress(address: Address): boolean {
  if (isNat64(address)) return isPublicAddress(ipaddr.fromByteArray(address.toByteArray().slice(-4)));
  if (address.kind() === "ipv6" && !isGlobalIpv6(address)) return false;
  return PUBLIC_KINDS[address.kind()].includes(address.range());
}
