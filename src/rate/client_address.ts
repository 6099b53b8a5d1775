/**
 * The address of a request's sender. By default that of the connection: anybody can write a header. Behind proxies it
 * is what their header says, as far as they wrote it: a proxy appends the address that it was called from, so only the
 * end of a list can be trusted.
 */
import parseForwarded from "forwarded-parse";
import { type Address, addressMatcher, parseAddress } from "../ip/mod.ts";
import { RecentMap } from "./recent_map.ts";

/** List headers, to which each proxy appends. */
const LISTS = new Set(["x-forwarded-for", "forwarded"]);

/** Which header is trusted, and from whom. */
export interface ProxyTrust {
  /** In lower case. */
  readonly header: string;
  /** For a list: how many proxies appended to it. Without it, the hops in `proxies` are skipped. */
  readonly hops?: number | undefined;
  /** Addresses and CIDR ranges of proxies; if empty, whoever is connected counts as one. */
  readonly proxies: readonly string[];
}

/** By lower-case name. */
type HeadersByName = Readonly<Record<string, string | undefined>>;

/** Returns the address of a request's sender, from the connection and the headers: as text in canonical form. */
export function clientAddresses(
  trust: ProxyTrust | undefined,
): (peer: string | undefined, headers: HeadersByName) => string {
  if (!trust) return (peer) => textOf(peer);
  const { header, hops } = trust;
  const isProxy = addressMatcher(trust.proxies);
  const hopsOf = header === "forwarded" ? forwardedFor : (value: string) => value.split(",");

  return (peer, headers) => {
    const value = headers[header];
    const connected = peer === undefined ? undefined : toAddress(peer);
    if (value === undefined || (trust.proxies.length > 0 && !(connected && isProxy(connected)))) return textOf(peer);
    if (!LISTS.has(header)) return toAddress(value)?.toString() ?? textOf(peer);
    const hop = hops === undefined ? lastStranger(hopsOf(value), isProxy) : toAddress(hopsOf(value).at(-hops) ?? "");
    return hop?.toString() ?? textOf(peer);
  };
}

/** What an address is limited by: itself, or its /64, which is what one customer gets of IPv6. */
export function addressScope(address: string): string {
  if (!address.includes(":")) return address;
  const parsed = toAddress(address);
  if (parsed === undefined || !("parts" in parsed)) return address;
  const [a = 0, b = 0, c = 0, d = 0] = parsed.parts;
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}::/64`;
}

/** From the end, the first address that is not a proxy's; before an unreadable one, the last that was read. */
function lastStranger(hops: readonly string[], isProxy: (address: Address) => boolean): Address | undefined {
  let nearest: Address | undefined;
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = toAddress(hops[i] as string);
    if (hop === undefined) return nearest;
    nearest = hop;
    if (!isProxy(hop)) return hop;
  }
  return nearest;
}

/** The `for=` of each element, empty if missing; none if the header is malformed. */
function forwardedFor(value: string): string[] {
  try {
    return parseForwarded(value).map((element) => element.for ?? "");
  } catch {
    return [];
  }
}

/** A cache: parsing IPv6 takes 5 µs, and most requests come from few addresses. */
const read = new RecentMap<Address | null>({ keep_ms: Number.POSITIVE_INFINITY, max: 2_000 });
/** `[` and `]:65535` around the longest address, `ffff:…:255.255.255.255`, and a preceding space. */
const LENGTH_MAX = 54;

/** Parses an address, with or without a port. */
function toAddress(text: string): Address | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  return read.use(text, 0, parse) ?? undefined;
}

/** `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]:80`; IPv4 in IPv6 is IPv4. */
function parse(text: string): Address | null {
  const trimmed = text.trim();
  const bare = /^\[(.*)\](?::\d{1,5})?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(trimmed)?.[1] ?? trimmed;
  return parseAddress(bare) ?? null;
}

function textOf(peer: string | undefined): string {
  if (peer === undefined) return "unknown";
  return peer.includes(":") ? (toAddress(peer)?.toString() ?? peer) : peer;
}
