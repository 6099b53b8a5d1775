/**
 * Texts with expressions in them: `Hello {{ payload.name }}`.
 *
 * A text that is one whole expression becomes the expression's value, of whatever type; in any other text each
 * expression is replaced by its value: a text as it is, all else as JSON. `{{ "{{" }}` is how to write two braces.
 */
import { pointerTo } from "../json/mod.ts";
import { type Expression, ExpressionError, parseExpression, type Variable } from "./expression.ts";

/** What the expressions of one value may give together, in UTF-16 units of JSON. */
const MAX_RENDERED_LENGTH = 1_000_000;

export type Values = Readonly<Partial<Record<Variable, unknown>>>;

/** What is to be taken as one expression, with or without braces around it. Throws an {@link ExpressionError}. */
export function wholeExpression(text: string): Expression {
  const parts = partsOf(text.trim());
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== "string") return only;
  if (text.includes("{{")) throw new ExpressionError("One whole expression is expected here: {{ … }}.");
  return parseExpression(text);
}

/** Replaces the expressions of every text in a JSON value. Throws a {@link RenderError}. */
export function render(value: unknown, values: Values): unknown {
  let left = MAX_RENDERED_LENGTH;
  const visit = (text: string) => {
    if (!text.includes("{{")) return text;
    const rendered = renderText(text, values);
    left -= toText(rendered).length;
    if (left >= 0) return rendered;
    throw new ExpressionError(`Up to here, the values take more than ${MAX_RENDERED_LENGTH} characters.`);
  };
  return map(value, { pointer: "", visit });
}

/** Every expression of a JSON value's texts, with a JSON pointer to its text; where one cannot be read, why not. */
export function expressionsIn(value: unknown): { pointer: string; found: Expression | ExpressionError }[] {
  const all: { pointer: string; found: Expression | ExpressionError }[] = [];
  map(value, {
    pointer: "",
    visit(text, pointer) {
      try {
        for (const part of partsOf(text)) if (typeof part !== "string") all.push({ pointer, found: part });
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        all.push({ pointer, found: error });
      }
      return text;
    },
  });
  return all;
}

/** A text of the value could not be rendered. */
export class RenderError extends ExpressionError {
  constructor(
    /** JSON pointer to the text. */
    readonly pointer: string,
    { message }: ExpressionError,
  ) {
    super(message);
  }
}

function renderText(text: string, values: Values): unknown {
  const parts = partsOf(text);
  const [only] = parts;
  if (parts.length === 1 && typeof only === "object") return only.evaluate(values);
  return parts.map((part) => (typeof part === "string" ? part : toText(part.evaluate(values)))).join("");
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

interface Mapping {
  readonly pointer: string;
  visit(text: string, pointer: string): unknown;
}

function map(value: unknown, { pointer, visit }: Mapping): unknown {
  if (typeof value === "string") {
    try {
      return visit(value, pointer);
    } catch (error) {
      throw error instanceof ExpressionError ? new RenderError(pointer, error) : error;
    }
  }
  if (Array.isArray(value)) return value.map((one, index) => map(one, { pointer: pointerTo(pointer, index), visit }));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => [
    key,
    map(one, { pointer: pointerTo(pointer, key), visit }),
  ]);
  return Object.fromEntries(entries);
}

/** A text cut into what stands between its expressions and the expressions. Throws an {@link ExpressionError}. */
function partsOf(text: string): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  let from = 0;
  while (true) {
    const open = text.indexOf("{{", from);
    if (open > from || (open === -1 && from < text.length))
      parts.push(text.slice(from, open === -1 ? undefined : open));
    if (open === -1) return parts;
    const close = endOf(text, open + 2);
    parts.push(parseExpression(text.slice(open + 2, close).trim()));
    from = close + 2;
  }
}

/** Where the `}}` of an expression stands that begins at `from`: not within a text, and not those of inner braces. */
function endOf(text: string, from: number): number {
  let depth = 0;
  let quote: string | undefined;
  for (let at = from; at < text.length; at++) {
    const char = text[at] as string;
    if (quote !== undefined) {
      if (char === "\\") at++;
      else if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if (char === "{") {
      depth++;
    } else if (char === "}") {
      if (depth === 0 && text[at + 1] === "}") return at;
      depth = Math.max(0, depth - 1);
    }
  }
  const start = text.slice(from - 2, from + 30);
  throw new ExpressionError(`The expression that begins with ${JSON.stringify(start)} has no end: }} is missing.`);
}
