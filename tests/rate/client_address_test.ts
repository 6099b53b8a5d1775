import { describe, expect, test } from "bun:test";
import { addressScope, clientAddresses, type ProxyTrust } from "../../src/rate/mod.ts";

/** Who sent it, by `trust`, to a service that `peer` is connected to. */
function address(trust: ProxyTrust | undefined, peer: string | undefined, headers: Record<string, string> = {}) {
  return clientAddresses(trust)(peer, headers);
}

const PROXY = "10.0.0.9";

describe("without proxies", () => {
  test("no header is trusted", () => {
    for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"]) {
      expect(address(undefined, "203.0.113.7", { [name]: "198.51.100.1" })).toBe("203.0.113.7");
    }
  });

  test("each address has one canonical form", () => {
    expect(address(undefined, "::ffff:203.0.113.7")).toBe("203.0.113.7");
    expect(address(undefined, "::ffff:cb00:7107")).toBe("203.0.113.7");
    expect(address(undefined, "2001:0DB8:0:0::0:1")).toBe("2001:db8::1");
    expect(address(undefined, "fe80::1%eth0")).toBe("fe80::1");
    expect(address(undefined, undefined)).toBe("unknown");
  });
});

describe("x-forwarded-for by hops", () => {
  const trust = (hops: number, proxies: string[] = []) => ({ header: "x-forwarded-for", hops, proxies });
  const ask = (hops: number, value: string, peer = PROXY) => address(trust(hops), peer, { "x-forwarded-for": value });

  test("the last proxies' entries count, whatever a client wrote before them", () => {
    expect(ask(1, "203.0.113.7")).toBe("203.0.113.7");
    expect(ask(1, "127.0.0.1, 10.0.0.1, 203.0.113.7")).toBe("203.0.113.7");
    expect(ask(2, "1.1.1.1, 203.0.113.7, 10.0.0.8")).toBe("203.0.113.7");
    expect(ask(1, `${"1.1.1.1, ".repeat(5_000)}203.0.113.7`)).toBe("203.0.113.7");
  });

  test("several headers are one list", () => {
    const headers = new Headers([
      ["x-forwarded-for", "1.1.1.1"],
      ["x-forwarded-for", "203.0.113.7"],
    ]);
    expect(clientAddresses(trust(1))(PROXY, headers.toJSON())).toBe("203.0.113.7");
  });

  test("ports, brackets and blanks are ignored", () => {
    expect(ask(1, "203.0.113.7:51234")).toBe("203.0.113.7");
    expect(ask(1, "  203.0.113.7  ")).toBe("203.0.113.7");
    expect(ask(1, "[2001:db8::7]:443")).toBe("2001:db8::7");
    expect(ask(1, "[2001:db8::7]")).toBe("2001:db8::7");
    expect(ask(1, "2001:DB8::7")).toBe("2001:db8::7");
    expect(ask(1, "::ffff:203.0.113.7")).toBe("203.0.113.7");
  });

  test("anything but an address, or too short a list, leaves the connection's", () => {
    const garbage = ["unknown", "", ",", "203.0.113.7,", "8", "0x7f.1", "010.1.1.1", "203.0.113.256", "1.2.3.4.5"];
    for (const value of [...garbage, "203.0.113.7 and more", "a".repeat(10_000), "[::1", "2001:db8::7::1", "%00"]) {
      expect([value, ask(1, value)]).toEqual([value, PROXY]);
    }
    expect(ask(2, "203.0.113.7")).toBe(PROXY);
    expect(address(trust(1), PROXY)).toBe(PROXY);
  });

  test("with proxies listed, nobody else is trusted", () => {
    const behind = trust(1, ["10.0.0.0/8", "fd00::/8"]);
    const headers = { "x-forwarded-for": "203.0.113.7" };
    expect(address(behind, "10.200.3.4", headers)).toBe("203.0.113.7");
    expect(address(behind, "::ffff:10.200.3.4", headers)).toBe("203.0.113.7");
    expect(address(behind, "fd12::1", headers)).toBe("203.0.113.7");
    expect(address(behind, "11.0.0.1", headers)).toBe("11.0.0.1");
    expect(address(behind, undefined, headers)).toBe("unknown");
  });
});

describe("x-forwarded-for by the proxies' addresses", () => {
  const trust = { header: "x-forwarded-for", proxies: ["10.0.0.0/8", "192.0.2.1", "::ffff:172.16.0.0/108"] };
  const ask = (value: string, peer = PROXY) => address(trust, peer, { "x-forwarded-for": value });

  test("from the end, the first that is not a proxy", () => {
    expect(ask("203.0.113.7")).toBe("203.0.113.7");
    expect(ask("203.0.113.7, 10.1.1.1, 192.0.2.1, 172.31.0.1")).toBe("203.0.113.7");
    expect(ask("198.51.100.1, 203.0.113.7, 10.1.1.1")).toBe("203.0.113.7");
  });

  test("a forged proxy's address before the real client's gains nothing", () => {
    expect(ask("198.51.100.1, 10.66.66.66, 203.0.113.7, 10.1.1.1")).toBe("203.0.113.7");
  });

  test("a peer that is not a proxy is not trusted", () => {
    expect(ask("198.51.100.1", "203.0.113.7")).toBe("203.0.113.7");
  });

  test("behind something unreadable, the last hop that could be read; if all are proxies, the first of them", () => {
    expect(ask("203.0.113.7, garbage, 10.1.1.1")).toBe("10.1.1.1");
    expect(ask("garbage")).toBe(PROXY);
    expect(ask("10.3.3.3, 10.1.1.1")).toBe("10.3.3.3");
  });
});

describe("forwarded (RFC 7239)", () => {
  const ask = (value: string, trust: ProxyTrust = { header: "forwarded", hops: 1, proxies: [] }) =>
    address(trust, PROXY, { forwarded: value });

  test("the for= of the last element", () => {
    expect(ask("for=203.0.113.7")).toBe("203.0.113.7");
    expect(ask('for="203.0.113.7:51234";proto=https;by=10.0.0.9')).toBe("203.0.113.7");
    expect(ask('For="[2001:db8:cafe::17]:4711"')).toBe("2001:db8:cafe::17");
    expect(ask("for=198.51.100.1, for=203.0.113.7;proto=http")).toBe("203.0.113.7");
    const trust = { header: "forwarded", proxies: ["10.0.0.0/8"] };
    expect(ask('for=198.51.100.1, for=203.0.113.7, for="10.0.0.7:80"', trust)).toBe("203.0.113.7");
  });

  test("hidden, unknown, missing or malformed leaves the connection's", () => {
    const values = ["for=_hidden", "for=unknown", "proto=https", "for=203.0.113.7, proto=https", "for=", "203.0.113.7"];
    for (const value of [...values, 'for="', 'for="203.0.113.7', 'a="x, for=203.0.113.7', "for=2001:db8::1", ";;;"]) {
      expect([value, ask(value)]).toEqual([value, PROXY]);
    }
  });
});

describe("a header with one address", () => {
  const cloudflare = { header: "cf-connecting-ip", proxies: ["173.245.48.0/20", "2400:cb00::/32"] };

  test("is trusted only from its proxies", () => {
    const headers = { "cf-connecting-ip": "203.0.113.7" };
    expect(address(cloudflare, "173.245.50.1", headers)).toBe("203.0.113.7");
    expect(address(cloudflare, "2400:cb00::1", headers)).toBe("203.0.113.7");
    expect(address(cloudflare, "173.245.64.1", headers)).toBe("173.245.64.1");
    expect(address({ header: "x-real-ip", proxies: [] }, PROXY, { "x-real-ip": "203.0.113.7" })).toBe("203.0.113.7");
  });

  test("a list in it is not an address", () => {
    const headers = { "cf-connecting-ip": "198.51.100.1, 203.0.113.7" };
    expect(address(cloudflare, "173.245.50.1", headers)).toBe("173.245.50.1");
  });
});

test("IPv4 is limited by address, IPv6 by its /64", () => {
  expect(addressScope("203.0.113.7")).toBe("203.0.113.7");
  expect(addressScope("2001:db8:1:2::1")).toBe("2001:db8:1:2::/64");
  expect(addressScope("2001:db8:1:2:ffff:ffff:ffff:ffff")).toBe("2001:db8:1:2::/64");
  expect(addressScope("2001:db8:1:3::1")).toBe("2001:db8:1:3::/64");
  expect(addressScope("::1")).toBe("0:0:0:0::/64");
  expect(addressScope("unknown")).toBe("unknown");
});

test("invalid proxies are rejected", () => {
  expect(() => clientAddresses({ header: "x-real-ip", proxies: ["proxy.internal"] })).toThrow("proxy.internal");
});
