import { expect, test } from "bun:test";
import { consents } from "../../projections/consents.ts";
import { history, rowsAfter } from "../spec.ts";

const id = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";
const doc = (version: number) => ({ version, sha256: String(version).repeat(64) });
const address = { $sealed: "1.k.v" };

test("what somebody agreed to and took back, one row for each event", () => {
  const rows = rowsAfter(
    consents,
    history(`consent-${id}`, [
      { type: "consent.terms_accepted", data: { terms: doc(2), privacy: doc(1) } },
      { type: "consent.marketing_requested", data: { address, notice: doc(3) } },
      {
        type: "consent.marketing_confirmed",
        data: { address, notice: doc(3), request: { stream_id: `consent-${id}`, version: 2 } },
      },
      { type: "consent.marketing_withdrawn", data: { by: "link" } },
    ]),
  );
  const terms = { document: "terms", document_version: 2, document_sha256: "2".repeat(64) };
  const notice = { document: "marketing", document_version: 3, document_sha256: "3".repeat(64) };
  const none = { document: null, document_version: null, document_sha256: null };
  const at = (version: number) => ({
    holder: id,
    version,
    recorded_at: `2026-01-02T03:00:0${version}Z`,
    position: 100 + version,
  });
  expect(rows).toEqual([
    { ...at(1), about: "terms", action: "accepted", ...terms },
    { ...at(2), about: "marketing", action: "requested", ...notice },
    { ...at(3), about: "marketing", action: "confirmed", ...notice },
    { ...at(4), about: "marketing", action: "withdrawn", ...none },
  ] as never);
});
