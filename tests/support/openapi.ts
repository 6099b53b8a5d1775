/** The OpenAPI document, for tests that check the service against it. */

import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

// an external client has no types, only the document.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Json = any;

/** A part of the document, or what it refers to. */
export function resolve(document: Json, part: Json): Json {
  let found = part;
  while (typeof found?.$ref === "string") {
    const path = found.$ref.slice("#/".length).split("/");
    found = path.reduce((at: Json, name: string) => at[name.replaceAll("~1", "/").replaceAll("~0", "~")], document);
  }
  return found;
}

/** What is wrong with a value according to a schema of the document; `undefined` if nothing is. */
export function schemaChecker(document: Json): (schema: Json, value: unknown) => string | undefined {
  // Not strict: the document has OpenAPI's own keywords, and its strings are checked by format and by pattern.
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormats(ajv);
  ajv.addSchema({ $id: "doc:", components: document.components }, "doc:");
  const compiled = new Map<Json, ReturnType<typeof ajv.compile>>();
  return (schema, value) => {
    let check = compiled.get(schema);
    if (!check) {
      const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"doc:#/');
      check = ajv.compile(JSON.parse(text));
      compiled.set(schema, check);
    }
    return check(value) ? undefined : `${ajv.errorsText(check.errors)} in ${JSON.stringify(value).slice(0, 500)}`;
  };
}

/** Every example in the document, with its place and its schema. */
export function* examplesOf(document: Json, at: Json = document, path = "#"): Generator<Example> {
  if (at === null || typeof at !== "object") return;
  // An example may contain anything, even something that looks like an example.
  if (path.startsWith("#/components/examples/")) return;
  const isSchema = at.type !== undefined || at.anyOf !== undefined || at.enum !== undefined;
  const schema = at.schema ?? (isSchema ? withoutExamples(at) : undefined);
  if (schema !== undefined) {
    if (at.example !== undefined) yield { path: `${path}/example`, schema, value: at.example };
    for (const [name, given] of Object.entries<Json>(at.examples ?? {})) {
      const value = Array.isArray(at.examples) ? given : resolve(document, given).value;
      yield { path: `${path}/examples/${name}`, schema, value };
    }
  }
  for (const [key, part] of Object.entries<Json>(at)) {
    if (key === "example" || key === "examples" || key === "default" || key === "const") continue;
    yield* examplesOf(document, part, `${path}/${key}`);
  }
}

function withoutExamples({ examples: _, example: __, ...schema }: Json): Json {
  return schema;
}

interface Example {
  readonly path: string;
  readonly schema: Json;
  readonly value: unknown;
}
