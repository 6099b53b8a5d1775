import { test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { COOKIE_CHOICES_MAX, cookiesDecider } from "../../src/domain/cookies.ts";
import { deciderSpec } from "../spec.ts";

const given = deciderSpec(cookiesDecider);
const notice = { version: 1, sha256: "1".repeat(64) };
const none = { functional: false, analytics: false, marketing: false, notice };
const some = { ...none, functional: true };
const chosen = (data: typeof none): KnownNewEvent => ({ type: "cookies.chosen", data });

test("a visitor makes a choice, and changes it", () => {
  given()
    .when({ type: "choose", first: true, ...none })
    .then(chosen(none));
  given(chosen(none))
    .when({ type: "choose", first: false, ...some })
    .then(chosen(some));
});

test("the same choice again changes nothing, unless the notice is another", () => {
  given(chosen(some))
    .when({ type: "choose", first: false, ...some })
    .then();
  const told = { ...some, notice: { version: 2, sha256: "2".repeat(64) } };
  given(chosen(some))
    .when({ type: "choose", first: false, ...told })
    .then(chosen(told));
});

test("only a choice that was made can be changed", () => {
  given()
    .when({ type: "choose", first: false, ...some })
    .refused("cookie_choice_not_found");
  given(chosen(none))
    .when({ type: "choose", first: true, ...some })
    .refused("cookie_choice_exists");
});

test("it can be changed a limited number of times", () => {
  const many = Array.from({ length: COOKIE_CHOICES_MAX }, (_, n) => chosen(n % 2 === 0 ? none : some));
  given(...many.slice(1))
    .when({ type: "choose", first: false, ...none })
    .then(chosen(none));
  given(...many)
    .when({ type: "choose", first: false, ...none })
    .refused("too_many_cookie_choices");
  given(...many)
    .when({ type: "choose", first: false, ...some })
    .then();
});
