import { expect, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { currentVersion, documentDecider } from "../../src/domain/document.ts";
import { deciderSpec, record } from "../spec.ts";

const given = deciderSpec(documentDecider);
const [one, two] = ["1", "2"].map((digit) => ({ sha256: digit.repeat(64), text: digit })) as [
  { sha256: string; text: string },
  { sha256: string; text: string },
];
const published = (data: typeof one): KnownNewEvent => ({ type: "document.published", data });

test("a document is published whenever its text is new", () => {
  given()
    .when({ type: "publish", ...one })
    .then(published(one));
  given(published(one))
    .when({ type: "publish", ...two })
    .then(published(two));
});

test("a text is published once, also when a process with an earlier one starts again", () => {
  given(published(one))
    .when({ type: "publish", ...one })
    .then();
  given(published(one), published(two))
    .when({ type: "publish", ...one })
    .then();
});

test("its current version is the last one", () => {
  const current = (...events: KnownNewEvent[]) =>
    currentVersion(record(events).reduce(documentDecider.evolve, documentDecider.initial));
  expect(current()).toBeNull();
  expect(current(published(one), published(two))).toEqual({ version: 2, sha256: two.sha256 });
});
