/** DNS records of the domain that mail comes from: anybody may have written them. */
import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { checkRecords, expectedRecords } from "../../../src/mail/domain.ts";
import type { FuzzTarget } from "../target.ts";

const DOMAIN = "levqor.ai";
const KEY = "p=MIGfMA0G";
const expected = expectedRecords(DOMAIN, [
  { record: "SPF", name: "send", type: "TXT", value: "v=spf1 include:amazonses.com ~all" },
  { record: "DKIM", name: "resend._domainkey", type: "TXT", value: KEY },
]);
const part = fc.constantFrom(
  "v=spf1",
  "v=DMARC1",
  ";",
  " ",
  "p=",
  "none",
  "include:amazonses.com",
  "~all",
  KEY,
  "V=SPF1",
  "=",
);
const text = fc.oneof(
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join("")),
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join(" ")),
  fc.string({ unit: "binary", maxLength: 60 }),
);

export const mailRecords: FuzzTarget = {
  name: "mail_records",
  properties: {
    "any records are judged, and right only if exactly one is of the kind": fc.asyncProperty(
      fc.array(text, { maxLength: 4 }),
      async (found) => {
        const checked = await checkRecords(expected, { domain: DOMAIN, lookup: async () => found });
        for (const { status, found: of_kind, how_to_fix } of checked) {
          strictEqual(status === "ok", how_to_fix === null);
          if (status === "ok") strictEqual(of_kind.length, 1);
          if (of_kind.length === 0) strictEqual(status, "missing");
        }
      },
    ),
  },
};
