/** The outline of the API in docs/: what changes for programs changes it, and nothing else does. */
import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { outlineOf } from "../../scripts/api_outline.ts";
import { documentText } from "../../scripts/openapi_document.ts";
import type { Json } from "../support/openapi.ts";

let text: string;
let outline: string;
beforeAll(async () => {
  text = await documentText();
  outline = outlineOf(text);
});

test("the one in docs/ matches the document", async () => {
  expect(await Bun.file(join(import.meta.dir, "../../docs/api_outline.txt")).text()).toBe(outline);
});

/** The lines that are new once the document was changed. */
function changed(change: (document: Json) => unknown): string[] {
  const document = JSON.parse(text);
  change(document);
  const before = new Set(outline.split("\n"));
  return outlineOf(JSON.stringify(document))
    .split("\n")
    .filter((line) => !before.has(line));
}

const intake = (document: Json) => document.paths["/api/v1/intake"].post;
const request = (document: Json) => document.components.schemas.IntakeRequest;

test.each<[string, (document: Json) => unknown, string]>([
  ["a new field", (it) => (request(it).properties.colour = { type: "string" }), '  colour?: {"type":"string"}'],
  ["a field that becomes optional", (it) => request(it).required.splice(0, 1), "  workflow?: "],
  [
    "a field's bound",
    (it) => (request(it).properties.max_attempts.maximum = 7),
    '  max_attempts?: {"minimum":1,"maximum":7',
  ],
  ["a scope", (it) => (intake(it).security[0].ApiKey = ["odd"]), 'POST /api/v1/intake submitJob, {"ApiKey":["odd"]}'],
  ["an answer's status", (it) => (intake(it).responses[299] = intake(it).responses[202]), "  299: "],
  [
    "an answer's header",
    (it) => (intake(it).responses[202].headers.Odd = {}),
    '  202: application/json "IntakeAccepted"',
  ],
  ["a parameter", (it) => intake(it).parameters.push({ in: "query", name: "odd" }), '  parameter {"in":"query"'],
  ["a body that may be missing", (it) => (intake(it).requestBody.required = false), "  body or none, application/json"],
  ["a call that is deprecated", (it) => (intake(it).deprecated = true), "POST /api/v1/intake submitJob, "],
  ["a field that is named like prose", (it) => (request(it).properties.title = { type: "string" }), "  title?: "],
])("%s shows in one line", (_, change, line) => {
  const lines = changed(change);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toStartWith(line);
});

test("prose and examples do not show", () => {
  const lines = changed((it) => {
    intake(it).description = "Otherwise.";
    intake(it).summary = "Otherwise";
    request(it).description = "Otherwise.";
    request(it).properties.workflow.examples = ["otherwise"];
  });
  expect(lines).toEqual([]);
});
