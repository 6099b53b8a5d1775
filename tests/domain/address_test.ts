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

describe("an address that is released", () => {
  const released = { type: "address.released", data: { at: second } } as const;
  const complained = { type: "address.complained", data: { at: first } } as const;

  test("has nothing against it but what is reported of later times", () => {
    given(bounced("hard", first)).when({ type: "release", at: second }).then(released);
    given(complained).when({ type: "release", at: second }).then(released);
    given(bounced("hard", first), released).when({ type: "release", at: "2026-01-17T00:00:00.000Z" }).then();
    for (const kind of ["hard", "soft"] as const) {
      given(bounced(kind, first), released).when({ type: "bounce", kind, at: second }).then();
      const at = "2026-01-16T09:30:00.001Z";
      given(bounced(kind, first), released).when({ type: "bounce", kind, at }).then(bounced(kind, at));
    }
    given(complained, released).when({ type: "complain", at: first }).then();
  });

  test("had something against it", () => {
    given().when({ type: "release", at: second }).then();
  });
});

test("mail is stopped by the worst that is known", () => {
  const known = { hard_bounced_at: null, soft_bounced_at: first, complained_at: first, released_at: null };
  const now = Date.parse(second);
  expect(suppressionOf(known, { kind: "transactional", now })).toBeUndefined();
  expect(suppressionOf(known, { kind: "marketing", now })).toBe("complaint");
  expect(suppressionOf({ ...known, hard_bounced_at: first }, { kind: "transactional", now })).toBe("hard_bounce");
});
