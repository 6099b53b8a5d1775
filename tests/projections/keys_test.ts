import { expect, test } from "bun:test";
import { keys } from "../../projections/keys.ts";
import { rowSpec } from "../spec.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const created = {
  type: "key.created",
  data: {
    name: "Billing",
    environment: "live",
    hash: "a".repeat(64),
    prefix: "lvq_live_aaaa",
    scopes: ["jobs:read"],
    workflows: ["http"],
    tier: "pro",
    expires_at: "2027-01-01T00:00:00Z",
  },
};
const rotated = (more: object) => ({
  type: "key.rotated",
  data: { hash: "b".repeat(64), prefix: "lvq_live_bbbb", overlap_seconds: 60, ...more },
});
const revoked = { type: "key.revoked", data: { reason: "Lost." } };

const rowAfter = rowSpec(keys, `key-${id}`);

test("a key shows its grants, and nothing that reveals the key", () => {
  expect(rowAfter(created)).toEqual({
    key_id: id,
    name: "Billing",
    environment: "live",
    prefix: "lvq_live_aaaa",
    scopes: ["jobs:read"],
    workflows: ["http"],
    tier: "pro",
    created_by: "test",
    created_at: "2026-01-02T03:00:01Z",
    expires_at: "2027-01-01T00:00:00Z",
    rotated_at: null,
    overlap_ends_at: null,
    revoked_at: null,
    position: 101,
    account: "operator",
    charged_to: "test",
  });
});

test("a rotation shows how the new secret begins, and how long the old one is valid", () => {
  const row = rowAfter(created, rotated({}));
  expect(row).toMatchObject({ prefix: "lvq_live_bbbb", rotated_at: "2026-01-02T03:00:02Z" });
  expect(row?.overlap_ends_at).toBe("2026-01-02T03:01:02.000Z");
  expect(row?.expires_at).toBe("2027-01-01T00:00:00Z");
  const ended = rowAfter(created, rotated({}), rotated({ overlap_seconds: 0, expires_at: null }));
  expect(ended).toMatchObject({ overlap_ends_at: null, expires_at: null });
});

test("a revocation is final", () => {
  expect(rowAfter(created, revoked)?.revoked_at).toBe("2026-01-02T03:00:02Z");
});

test("what was not created cannot change, and nothing is created twice", () => {
  expect(() => rowAfter(revoked)).toThrow("it was not created");
  expect(() => rowAfter(created, created)).toThrow(`Cannot create key ${id}`);
});
