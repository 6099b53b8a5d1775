import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { lookupBy, nameServerOf } from "../../src/dns/mod.ts";
import { type CheckedRecord, expectedRecords } from "../../src/mail/domain.ts";
import { checkDomain } from "../../src/mail/domain_check.ts";
import { type NameServerStandIn, startNameServer } from "../support/dns.ts";

const KEY = `p=${"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC".repeat(10)}`;
const LISTED = [
  { record: "SPF", name: "send", type: "MX", value: "feedback-smtp.us-east-1.amazonses.com", priority: 10 },
  { record: "SPF", name: "send", type: "TXT", value: "v=spf1 include:amazonses.com ~all" },
  { record: "DKIM", name: "resend._domainkey", type: "TXT", value: KEY },
  { record: "Tracking", name: "links", type: "CNAME", value: "links1.resend-dns.com" },
];

let dns: NameServerStandIn;
beforeEach(() => {
  dns = startNameServer();
  const { records } = dns;
  records.set("MX send.levqor.ai", [{ preference: 10, exchange: "feedback-smtp.us-east-1.amazonses.com" }]);
  records.set("TXT send.levqor.ai", ["v=spf1 include:amazonses.com ~all", "unrelated=1"]);
  records.set("TXT resend._domainkey.levqor.ai", [KEY]);
  records.set("TXT _dmarc.levqor.ai", ["v=DMARC1; p=none;"]);
});
afterEach(() => dns.stop());

const provider = (status = "verified", records = LISTED) => ({
  find: async () => ({ id: "d1", status, records }),
  add: () => Promise.reject(new Error("not asked for")),
  verify: async () => {},
});
const check = (changed: Partial<Parameters<typeof checkDomain>[0]> = {}) =>
  checkDomain({ domain: "levqor.ai", provider: provider(), resolver: dns.address, ...changed });
/** The record that is not as it must be. */
const wrong = async (changed: Parameters<typeof check>[0] = {}): Promise<CheckedRecord> => {
  const { ok, records } = await check(changed);
  const found = records.filter(({ status }) => status !== "ok");
  expect([ok, found.length]).toEqual([false, 1]);
  return found[0] as CheckedRecord;
};

describe("a domain", () => {
  test("is ready if Resend has verified it and all its records are there", async () => {
    expect(await check()).toMatchObject({ ok: true, provider_status: "verified", problems: [] });
    expect(dns.asked.sort()).toEqual([
      "MX send.levqor.ai",
      "TXT _dmarc.levqor.ai",
      "TXT resend._domainkey.levqor.ai",
      "TXT send.levqor.ai",
    ]);
  });

  test("needs records that are missing, and is told which", async () => {
    dns.records.delete("MX send.levqor.ai");
    expect(await wrong()).toMatchObject({
      type: "MX",
      status: "missing",
      how_to_fix: "Add a MX record named send.levqor.ai with the value 10 feedback-smtp.us-east-1.amazonses.com.",
    });
  });

  test.each<[string, string, readonly string[], string]>([
    [
      "SPF",
      "send.levqor.ai",
      ["v=spf1 -all"],
      "Change the TXT record named send.levqor.ai to the value v=spf1 include:amazonses.com ~all.",
    ],
    [
      "SPF",
      "send.levqor.ai",
      ["v=spf1 include:amazonses.com ~all", "v=spf1 -all"],
      "Remove all but one of the 2 SPF records named send.levqor.ai.",
    ],
    [
      "DKIM",
      "resend._domainkey.levqor.ai",
      ["p=AAAA"],
      `Change the TXT record named resend._domainkey.levqor.ai to the value ${KEY}.`,
    ],
    [
      "DKIM",
      "resend._domainkey.levqor.ai",
      ["p="],
      `Change the TXT record named resend._domainkey.levqor.ai to the value ${KEY}.`,
    ],
    [
      "DMARC",
      "_dmarc.levqor.ai",
      ["v=DMARC1; p=maybe"],
      "Change the TXT record named _dmarc.levqor.ai to the value v=DMARC1; p=none;.",
    ],
  ])("with a wrong %s record at %s is told so: %p", async (purpose, name, values, how_to_fix) => {
    dns.records.set(`TXT ${name}`, values);
    expect(await wrong()).toMatchObject({ purpose, status: "wrong", found: values, how_to_fix });
  });

  test("may allow others, sign with tags, and be stricter", async () => {
    dns.records.set("TXT send.levqor.ai", ["v=spf1 include:_spf.example.com include:amazonses.com -all"]);
    dns.records.set("TXT resend._domainkey.levqor.ai", [`v=DKIM1; k=rsa; ${KEY}`]);
    dns.records.set("TXT _dmarc.levqor.ai", ["v=DMARC1; p=reject; rua=mailto:dmarc@levqor.ai"]);
    expect(await check()).toMatchObject({ ok: true });
  });

  test("that is a subdomain follows the DMARC record of the domain above", async () => {
    const { records } = dns;
    for (const [key, values] of [...records]) {
      if (!key.includes("_dmarc")) records.set(key.replace("levqor.ai", "mail.levqor.ai"), values);
    }
    const listed = LISTED.map((record) => ({ ...record, name: `${record.name}.mail` }));
    const subdomain = { domain: "mail.levqor.ai", provider: provider("verified", listed) };
    expect(await check(subdomain)).toMatchObject({ ok: true });
    records.delete("TXT _dmarc.levqor.ai");
    expect(await wrong(subdomain)).toMatchObject({ name: "_dmarc.mail.levqor.ai", status: "missing" });
  });

  test("is checked without Resend if that has no key for it, or cannot be asked", async () => {
    expect(await check({ provider: undefined })).toMatchObject({ ok: true, provider_status: null });
    const away = { ...provider(), find: () => Promise.reject(new Error("levqor.ai")) };
    expect(await check({ provider: away })).toMatchObject({
      ok: false,
      problems: ["Resend cannot be reached; the records are checked without it."],
    });
  });

  test("that Resend does not know, or has not verified, is not ready", async () => {
    const unknown = { ...provider(), find: async () => undefined };
    expect((await check({ provider: unknown })).problems).toEqual([
      "Resend does not know levqor.ai: add it with npm run mail -- setup.",
    ]);
    expect((await check({ provider: provider("pending") })).problems).toEqual([
      "Resend says that levqor.ai is pending: run npm run mail -- verify once the records are right.",
    ]);
  });

  test("is not judged by a name server that cannot be asked", async () => {
    dns.stop();
    const { ok, records } = await check();
    expect([ok, new Set(records.map(({ status }) => status))]).toEqual([false, new Set(["unknown"])]);
    expect(records[0]?.how_to_fix).toBe("Check the name server: the name server cannot be reached.");
  });
});

test("a name server that stays silent is given up", async () => {
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const lookup = lookupBy({ host: "127.0.0.1", port: silent.port }, { timeout_ms: 20 });
  await expect(lookup("levqor.ai", "TXT")).rejects.toThrow("the name server did not answer in 20 ms");
  silent.stop(true);
});

test("records that Resend names relative to a zone, or in full, are named in full", () => {
  const names = (name: string, domain: string) =>
    expectedRecords(domain, [{ record: "SPF", name, type: "TXT", value: "v" }])[0]?.name;
  expect(names("send", "levqor.ai")).toBe("send.levqor.ai");
  expect(names("send.levqor.ai", "levqor.ai")).toBe("send.levqor.ai");
  expect(names("send.mail", "mail.levqor.ai")).toBe("send.mail.levqor.ai");
  expect(names("send", "mail.levqor.ai")).toBe("send.mail.levqor.ai");
  expect(names("send", "send.ai")).toBe("send.send.ai");
});

test("name servers have IPv4 or IPv6 addresses, with or without a port", () => {
  expect(nameServerOf("1.1.1.1")).toEqual({ host: "1.1.1.1", port: 53 });
  expect(nameServerOf("1.1.1.1:5353")).toEqual({ host: "1.1.1.1", port: 5353 });
  expect(nameServerOf("2606:4700::1111")).toEqual({ host: "2606:4700::1111", port: 53 });
  expect(nameServerOf("[2606:4700::1111]:5353")).toEqual({ host: "2606:4700::1111", port: 5353 });
});
