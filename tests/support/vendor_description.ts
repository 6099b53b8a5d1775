/** Vendors' API descriptions, against which requests to them are checked; they are beside the checkout. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Json, resolve, schemaChecker } from "./openapi.ts";

const DIR = join(import.meta.dir, "../../../shared/specs");

/** A vendor's OpenAPI document, by name; `undefined` if it is not beside this checkout. */
export function vendorSpec(name: string): VendorSpec | undefined {
  const path = join(DIR, `${name}.json`);
  return existsSync(path) ? new VendorSpec(JSON.parse(readFileSync(path, "utf8"))) : undefined;
}

export interface Exchange {
  /** In lower case. */
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}

export class VendorSpec {
  readonly #document: Json;
  readonly #check: ReturnType<typeof schemaChecker>;

  constructor(document: Json) {
    this.#document = document;
    this.#check = schemaChecker(document);
  }

  /** The operations of a path, which may have values in place of parameters. */
  #operation(path: string): Json {
    const { paths } = this.#document;
    const parts = path.split("/");
    const isPath = (template: string) => {
      const names = template.split("/");
      return names.length === parts.length && names.every((name, at) => name.startsWith("{") || name === parts[at]);
    };
    return paths[path] ?? paths[Object.keys(paths).find(isPath) ?? ""];
  }

  /** How the body of a webhook differs from the vendor's description. */
  webhookFaults(type: string, body: unknown): string[] {
    const schema = this.#document.webhooks[type]?.post.requestBody.content["application/json"].schema;
    const fault = schema ? this.#check(schema, body) : `${type} is not described`;
    return fault === undefined ? [] : [fault];
  }

  /** How an exchange differs from the vendor's description. */
  faultsOf({ method, path, headers, body, status, answer }: Exchange): string[] {
    const operation = this.#operation(path)?.[method];
    if (!operation) return [`${method} ${path} is not described`];
    const faults: (string | undefined)[] = [];
    for (const part of operation.parameters ?? []) {
      const parameter = resolve(this.#document, part);
      if (parameter.in !== "header") continue;
      const value = headers.get(parameter.name);
      if (value !== null) faults.push(this.#check(parameter.schema, value));
      else if (parameter.required) faults.push(`${parameter.name} is missing`);
    }
    const content = operation.requestBody?.content["application/json"];
    if (content) {
      if (!headers.get("content-type")?.startsWith("application/json")) faults.push("content-type is not JSON");
      faults.push(this.#check(content.schema, body));
    }
    const described = operation.responses[status]?.content?.["application/json"]?.schema;
    const schema = status < 400 ? described : (described ?? this.#document.components.schemas.Error);
    if (schema) faults.push(this.#check(schema, answer));
    return faults.filter((fault) => fault !== undefined);
  }
}
