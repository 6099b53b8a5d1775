/** The rules that the gate holds the OpenAPI document to: each finds what breaks it. */
import { beforeAll, expect, test } from "bun:test";
import { documentText, lint } from "../../scripts/openapi.ts";
import type { Json } from "../support/openapi.ts";

let text: string;
beforeAll(async () => {
  text = await documentText();
});

test("the document follows the rules", async () => {
  expect(await lint(text)).toEqual([]);
});

const intake = (document: Json) => document.paths["/api/v1/intake"].post;
const accepted = (document: Json) => intake(document).responses[202].content["application/json"];

test.each<[string, (document: Json) => unknown, string]>([
  ["an answer's example that does not fit", (it) => (accepted(it).example.status = "odd"), "media-type-examples"],
  ["a member that the schema does not have", (it) => (accepted(it).example.more = 1), "media-type-examples"],
  ["an answer without an example", (it) => delete accepted(it).example, "have-examples"],
  ["a schema's example", (it) => (it.components.schemas.Root.properties.version.examples = [3]), "schema-examples"],
  ["a problem's example", (it) => delete it.components.examples.conflict.value.title, "media-type-examples"],
  ["a call without a description", (it) => delete intake(it).description, "operation-description"],
  ["a description that is no sentence", (it) => (intake(it).description = "Submits"), "descriptions-are-sentences"],
  ["a schema that nothing refers to", (it) => (it.components.schemas.Odd = { type: "string" }), "no-unused-components"],
  ["a reference that leads nowhere", (it) => (accepted(it).schema.$ref += "x"), "no-unresolved-refs"],
  ["a way to say who calls that there is not", (it) => (intake(it).security = [{ Odd: [] }]), "security-defined"],
  ["a tag that there is not", (it) => (intake(it).tags = ["Odd"]), "operation-tag-defined"],
  ["a tag without a description", (it) => delete it.tags[0].description, "tag-description"],
  ["an error that is no problem", (it) => (intake(it).responses[401] = intake(it).responses[202]), "problem-details"],
  ["a parameter in the path alone", (it) => (it.paths["/api/v1/jobs/{job_id}"].get.parameters = []), "path-param"],
  ["an id twice", (it) => (intake(it).operationId = "getRoot"), "operationId-unique"],
])("%s is found", async (_, change, rule) => {
  const document = JSON.parse(text);
  change(document);
  expect((await lint(JSON.stringify(document))).join("\n")).toContain(rule);
});
