/** The rules that the gate holds the OpenAPI document to: each finds what breaks it. */
import { beforeAll, expect, test } from "bun:test";
import { documentText, lint } from "../../scripts/openapi_document.ts";
import type { Json } from "../support/openapi.ts";

let text: string;
/** Three paths of the document, with what they refer to: a tenth of the time to check. */
let part: string;
beforeAll(async () => {
  text = await documentText();
  part = JSON.stringify(partOf(JSON.parse(text), ["/", "/api/v1/intake", "/api/v1/jobs/{job_id}"]));
});

test("the document follows the rules, and so does a part of it", async () => {
  expect(await lint(text)).toEqual([]);
  expect(await lint(part)).toEqual([]);
});

function partOf(document: Json, paths: readonly string[]): Json {
  const kept = { ...document, paths: Object.fromEntries(paths.map((path) => [path, document.paths[path]])) };
  const components: Json = { securitySchemes: document.components.securitySchemes };
  keepReferred(kept.paths);
  return { ...kept, components };

  function keepReferred(value: Json): void {
    for (const [, kind = "", name = ""] of JSON.stringify(value).matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
      components[kind] ??= {};
      if (name in components[kind]) continue;
      components[kind][name] = document.components[kind][name];
      keepReferred(components[kind][name]);
    }
  }
}

const intake = (document: Json) => document.paths["/api/v1/intake"].post;
const accepted = (document: Json) => intake(document).responses[202].content["application/json"];

test.each<[string, (document: Json) => unknown, string]>([
  ["an answer's example that does not fit", (it) => (accepted(it).example.status = "odd"), "media-type-examples"],
  ["a member that the schema does not have", (it) => (accepted(it).example.more = 1), "media-type-examples"],
  ["an answer without an example", (it) => delete accepted(it).example, "have-examples"],
  ["a schema's example", (it) => (it.components.schemas.Root.properties.version.examples = [3]), "schema-examples"],
  ["a problem's example", (it) => delete it.components.examples.unauthorized.value.title, "media-type-examples"],
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
  const document = JSON.parse(part);
  change(document);
  expect((await lint(JSON.stringify(document))).join("\n")).toContain(rule);
});
