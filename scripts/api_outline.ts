/**
 * What the API guarantees to programs, in short: the OpenAPI document without its prose and examples, one line per
 * call, parameter, body, response and field. It is in git, so that a change of the API shows in the diff.
 */

// biome-ignore lint/suspicious/noExplicitAny: a parsed document, which the rules of the gate hold to its form.
type Node = any;

const PROSE = ["description", "summary", "title", "example", "examples"];

/** The outline of an OpenAPI document's text. */
export function outlineOf(text: string): string {
  const { paths, components } = JSON.parse(text) as Node;
  const calls = Object.entries<Node>(paths).flatMap(([path, item]) =>
    Object.entries<Node>(item).map(([method, call]) => callOf(`${method.toUpperCase()} ${path}`, call)),
  );
  const parts = ["parameters", "headers"].map((kind) => [
    kind,
    ...Object.entries<Node>(components[kind]).map(([name, part]) => `  ${name}: ${inShort(part)}`),
  ]);
  const schemas = Object.entries<Node>(components.schemas).map(([name, schema]) => schemaOf(name, schema));
  return `${[...calls, ...parts, ...schemas].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function callOf(address: string, call: Node): string[] {
  const { operationId, security, parameters = [], requestBody, responses, callbacks = {}, deprecated } = call;
  const scopes = security?.map((way: Node) => inShort(way)).join(" or ") || "no key";
  return [
    `${address} ${operationId}, ${scopes}${deprecated ? ", deprecated" : ""}`,
    ...parameters.map((parameter: Node) => `  parameter ${inShort(parameter)}`),
    ...(requestBody ? [`  body ${requestBody.required ? "" : "or none, "}${bodyOf(requestBody)}`] : []),
    ...Object.entries<Node>(responses).map(
      ([status, answer]) => `  ${status}: ${answer.$ref ? inShort(answer) : answerOf(answer)}`,
    ),
    ...Object.entries<Node>(callbacks).flatMap(([name, addresses]) =>
      Object.entries<Node>(addresses).flatMap(([url, item]) =>
        Object.entries<Node>(item).flatMap(([method, callback]) =>
          callOf(`${name}: ${method.toUpperCase()} ${url}`, callback).map((line) => `  ${line}`),
        ),
      ),
    ),
  ];
}

function answerOf(answer: Node): string {
  const { content, headers = {} } = answer;
  return [...(content ? [bodyOf(answer)] : []), ...Object.keys(headers)].join(", ");
}

function bodyOf({ content }: Node): string {
  return Object.entries<Node>(content)
    .map(([type, { schema }]) => `${type} ${inShort(schema)}`)
    .join(" or ");
}

function schemaOf(name: string, { properties = {}, required = [], ...rest }: Node): string[] {
  const fields = Object.entries<Node>(properties).map(
    ([field, schema]) => `  ${field}${required.includes(field) ? "" : "?"}: ${inShort(schema)}`,
  );
  return [`${name}: ${inShort(rest)}`, ...fields];
}

/** Without prose and examples, and with only the name of a reference. */
function inShort(node: Node): string {
  return JSON.stringify(stripped(node));
}

function stripped(node: Node, isNames = false): Node {
  if (Array.isArray(node)) return node.map((item) => stripped(item));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") return node.$ref.split("/").at(-1);
  const kept = Object.entries<Node>(node).filter(([key]) => isNames || !PROSE.includes(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, stripped(value, key === "properties")]));
}
