/** E-mail addresses: anybody may name one. */
import { match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { EMAIL_BYTES_MAX, normalisedEmail } from "../../../src/domain/email_address.ts";
import type { FuzzTarget } from "../target.ts";

const part = fc.string({
  unit: fc.oneof(fc.constantFrom(..."aZ09.-+_@é\u0301ßİΣ。"), fc.string({ unit: "grapheme", maxLength: 1 })),
  maxLength: 16,
});
const nearly = fc.tuple(part, part).map(([local, domain]) => `${local}@${domain}.example`);

export const emailAddress: FuzzTarget = {
  name: "email_address",
  properties: {
    "any text is an address or not, and its one spelling is a spelling of itself, and can be written in a header":
      fc.property(fc.oneof(nearly, fc.string({ unit: "binary", maxLength: 300 })), (text) => {
        const address = normalisedEmail(text);
        if (address === undefined) return;
        strictEqual(normalisedEmail(address), address);
        strictEqual(normalisedEmail(` ${address.normalize("NFD")}\n`), address);
        strictEqual(Buffer.byteLength(address) <= EMAIL_BYTES_MAX, true);
        match(address, /^[^\s@<>"(),:;\\[\]\p{C}]+@[a-z0-9.-]+$/u);
      }),
  },
};
