import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addressMatcher, isAddressRange, isPublicAddress, parseAddress } from "../../src/ip/mod.ts";

const isPublic = (text: string) => {
  const address = parseAddress(text);
  return address !== undefined && isPublicAddress(address);
};

describe("an address", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:cb00:7107", "203.0.113.7"],
    ["2001:0DB8:0:0::0:1", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::1.2.3.4", "::102:304"],
  ])("%s is parsed as %s", (text, form) => expect(parseAddress(text)?.toString()).toBe(form));

  test.each([
    ...["", "8", "1.2.3", "010.1.1.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "1.2.3.4.5", "1.2.3.256", "1.2.3.4/8"],
    ...[" 1.2.3.4", "1.2.3.4\n", "1.2.3.4\0", "::ffff:010.1.1.1", "::ffff:0x7f.0.0.1", "1::2::3", "::12345", "[::1]"],
  ])("%j is not one", (text) => expect(parseAddress(text)).toBeUndefined());
});

test("an IPv6 address is the same in any notation", () => {
  const group = fc.oneof(fc.constantFrom(0, 0xffff), fc.integer({ min: 0, max: 0xffff }));
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });
  const place = fc.integer({ min: 0, max: 6 });
  fc.assert(
    fc.property(groups, place, place, fc.boolean(), (given, one, other, dotted) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      const parts = given.map((value, i) => (i >= from && i < to ? 0 : value));
      const bytes = parts.flatMap((value) => [value >> 8, value & 0xff]);
      const hex = parts.map((value) => value.toString(16));
      const written = dotted ? [...hex.slice(0, 6), bytes.slice(12).join(".")] : hex;
      const end = Math.min(to, 6);
      const short =
        end > from ? `${written.slice(0, from).join(":")}::${written.slice(end).join(":")}` : written.join(":");
      const isMapped = bytes.slice(0, 12).join() === "0,0,0,0,0,0,0,0,0,0,255,255";
      expect([short, parseAddress(short)?.toByteArray()]).toEqual([short, isMapped ? bytes.slice(12) : bytes]);
    }),
    { numRuns: 3_000 },
  );
});

describe("a range", () => {
  test.each(["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "::/0", "fd00::/8", "::1/128"])("%s is one", (text) =>
    expect(isAddressRange(text)).toBe(true),
  );
  test.each(["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "10/8", "10.0.0.0/-1", "10.0.0.0/1e1", "a.test"])(
    "%s is not one",
    (text) => {
      expect(isAddressRange(text)).toBe(false);
      expect(() => addressMatcher([text])).toThrow(`Cannot compare with ${text}`);
    },
  );

  test.each([
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "11.1.2.3", false],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.3", "10.1.2.4", false],
    ["0.0.0.0/0", "2606:4700::1", false],
    ["::/0", "::1", true],
    ["::/0", "10.1.2.3", false],
    ["::/0", "::ffff:10.1.2.3", false],
    ["fd00::/8", "fdff::1", true],
    ["fd00::/8", "fe00::1", false],
  ])("%s: %s is in it: %p", (range, text, isIn) => {
    const address = parseAddress(text);
    expect(address && addressMatcher([range])(address)).toBe(isIn);
  });
});

/** IANA's special-purpose registries: the first and the last address of each range, and those beside it that are public. */
describe("of special ranges, the first and the last address is not public", () => {
  test.each<string[]>([
    ["0.0.0.0", "0.255.255.255", "1.0.0.0"],
    ["10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"],
    ["100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"],
    ["127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"],
    ["169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"],
    ["172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"],
    ["192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"],
    ["192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"],
    ["192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"],
    ["192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"],
    ["198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"],
    ["198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"],
    ["203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"],
    ["224.0.0.0", "255.255.255.255", "223.255.255.255"],
    ["::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"],
    ["2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"],
    ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7::", "2001:db9::"],
    ["2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"],
    ["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe::", "3fff:1000::"],
    ["4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff::"],
  ])("%s to %s", (...addresses) => {
    expect(addresses.slice(0, 2).filter(isPublic)).toEqual([]);
    expect(addresses.slice(2).filter((address) => !isPublic(address))).toEqual([]);
  });

  test("nor is one that stands for such an IPv4 address, mapped or by NAT64; the block for local NAT64 is excluded completely", () => {
    const standing = (address: string) => [`::ffff:${address}`, `64:ff9b::${address}`];
    expect(["10.0.0.1", "127.0.0.1", "169.254.169.254", "0.0.0.0"].flatMap(standing).filter(isPublic)).toEqual([]);
    expect(standing("1.1.1.1").filter(isPublic)).toHaveLength(2);
    expect(["64:ff9b:1::1.1.1.1", "::1.1.1.1", "2002:101:101::"].filter(isPublic)).toEqual([]);
  });

  test("IPv4 blocks that are special and public are public", () => {
    expect(["192.31.196.1", "192.52.193.1", "192.175.48.1"].filter(isPublic)).toHaveLength(3);
  });
});
