import { describe, expect, test } from "bun:test";
import { addressDecider, suppressionOf } from "../../src/domain/address.ts";
import { deciderSpec } from "../spec.ts";

const given = deciderSpec(addressDecider);
const [first, second] = ["2026-01-15T09:30:00.000Z", "2026-01-16T09:30:00.000Z"];
const bounced = (kind: "hard" | "soft", at: string) => ({ type: "address.bounced", data: { kind, at } }) as const;

describe("of an address is known", () => {
  test("the first hard bounce and the first complaint", () => {
    given().when({ type: "bounce", kind: "hard", at: second }).then(bounced("hard", second));
    given(bounced("hard", second)).when({ type: "bounce", kind: "hard", at: first }).then(bounced("hard", first));
    given(bounced("hard", first)).when({ type: "bounce", kind: "hard", at: second }).then();
    const complained = { type: "address.complained", data: { at: first } } as const;
    given().when({ type: "complain", at: first }).then(complained);
    given(complained).when({ type: "complain", at: second }).then();
  });

  test("the last soft bounce", () => {
    given(bounced("soft", first)).when({ type: "bounce", kind: "soft", at: second }).then(bounced("soft", second));
    given(bounced("soft", second)).when({ type: "bounce", kind: "soft", at: first }).then();
  });
});

test("mail is stopped by the worst that is known", () => {
  const known = { hard_bounced_at: null, soft_bounced_at: first, complained_at: first };
  const now = Date.parse(second);
  expect(suppressionOf(known, { kind: "transactional", now })).toBeUndefined();
  expect(suppressionOf(known, { kind: "marketing", now })).toBe("complaint");
  expect(suppressionOf({ ...known, hard_bounced_at: first }, { kind: "transactional", now })).toBe("hard_bounce");
});
