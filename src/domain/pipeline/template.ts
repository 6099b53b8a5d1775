/**
 * Texts with expressions in them: `Hello {{ payload.name }}`.
 *
 * A text that is one whole expression becomes the expression's value, of whatever type; in any other text each
 * expression is replaced by its value: a text as it is, all else as JSON. `{{ "{{" }}` is how to write two braces.
 */
import { cutPointer, excerpt, pointerTo } from "../../json/mod.ts";
import { type Expression, parseExpression, type Values } from "./expression.ts";
import { ExpressionError, Meter } from "./expression_cost.ts";
import { asText, type Json, type JsonMap, keysOf, setOwn } from "./expression_values.ts";
import { Size } from "./size.ts";

/** The cost of a value that is searched for expressions, apart from its text. */
const NODE_COST = 2;
/** Writing JSON takes this many times as long as copying a text. */
const JSON_FACTOR = 4;

/** A JSON value whose texts contain expressions, parsed once and rendered as often as needed. */
export interface Template {
  /** The value, with each expression replaced by its value. Throws a {@link RenderError}. */
  render(values: Values, meter?: Meter): Rendered;
}

export interface Rendered {
  readonly value: unknown;
  /** It contains no expression: it is the template's own value. */
  readonly isLiteral: boolean;
  /** The size of the parts without expressions was computed once, when the template was parsed. */
  readonly size: Size;
}

/** An expression in a value, not parsed yet. */
export interface EmbeddedExpression {
  /** JSON pointer to its text. */
  readonly pointer: string;
  readonly source: string;
}

/** A text of the value could not be rendered. */
export class RenderError extends ExpressionError {
  /** JSON pointer to the text, cut. */
  readonly pointer: string;
  override readonly cause: ExpressionError;

  constructor(pointer: string, cause: ExpressionError) {
    super(cause.message);
    this.pointer = cutPointer(pointer);
    this.cause = cause;
  }
}

/** A text that is a single expression, with or without braces around it. Throws an {@link ExpressionError}. */
export function singleExpressionText(text: string): string {
  const parts = [...partsOf(text.trim())];
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== "string") return only.source;
  if (text.includes("{{")) throw new ExpressionError("Only a single expression is allowed here: {{ … }}.");
  return text;
}

/** See {@link singleExpressionText}: parsed. */
export function parseSingleExpression(text: string): Expression {
  return parseExpression(singleExpressionText(text));
}

/** Every expression in a JSON value's texts, none of them parsed; or why a text cannot be split into them. */
export function* expressionsIn(value: unknown, pointer = ""): Generator<EmbeddedExpression | RenderError> {
  const texts: { readonly text: string; readonly path: Path }[] = [];
  gatherTexts(value, { path: pointer, texts });
  for (const { text, path } of texts) {
    const at = pointerOf(path);
    try {
      for (const part of partsOf(text)) if (typeof part !== "string") yield { pointer: at, source: part.source };
    } catch (error) {
      yield asRenderError(at, error);
    }
  }
}

/** The texts of a value that may contain expressions. Most of it may be something else, for which nothing is allocated. */
function gatherTexts(value: unknown, { path, texts }: { path: Path; texts: { text: string; path: Path }[] }): void {
  if (typeof value === "string") {
    if (value.includes("{{")) texts.push({ text: value, path });
  } else if (Array.isArray(value)) {
    for (let key = 0; key < value.length; key++) {
      if (mayHold(value[key])) gatherTexts(value[key], { path: { parent: path, key }, texts });
    }
  } else if (mayHold(value)) {
    const map = value as JsonMap;
    for (const key of Object.keys(map)) {
      if (mayHold(map[key])) gatherTexts(map[key], { path: { parent: path, key }, texts });
    }
  }
}

function mayHold(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "object" && value !== null);
}

/**
 * Parses every expression in a JSON value's texts.
 *
 * @param meter meters the cost of parsing them. Throws a {@link RenderError}
 */
export function compileTemplate(value: unknown, meter = new Meter(), pointer = ""): Template {
  const literal = new Size();
  const part = dynamic(value, { meter, literal }, pointer);
  if (!part) return { render: () => ({ value, isLiteral: true, size: literal }) };
  return {
    render(values, meter = new Meter()) {
      const size = literal.copy();
      return { value: part(values, { meter, size }), isLiteral: false, size };
    },
  };
}

/** See {@link Template}, for a value that is rendered once. */
export function render(value: unknown, values: Values, meter = new Meter()): unknown {
  return compileTemplate(value, meter).render(values, meter).value;
}

/** The part of a template with expressions: returns its value, and adds the results to the size. */
type Part = (values: Values, into: { readonly meter: Meter; readonly size: Size }) => unknown;

interface Reading {
  readonly meter: Meter;
  /** The size of the parts without expressions is added to it. */
  readonly literal: Size;
}

/** The path to a value; its JSON pointer is built on demand. */
type Path = string | { readonly parent: Path; readonly key: string | number };

function pointerOf(path: Path): string {
  return typeof path === "string" ? path : pointerTo(pointerOf(path.parent), path.key);
}

/** `undefined` if there are no expressions, so that it is used as it is. */
function dynamic(value: unknown, reading: Reading, path: Path): Part | undefined {
  const { meter, literal } = reading;
  meter.spend(NODE_COST);
  if (typeof value === "string") return dynamicText(value, reading, path);
  literal.node(value);
  if (value === null || typeof value !== "object") return undefined;
  return Array.isArray(value) ? dynamicList(value, reading, path) : dynamicMap(value as JsonMap, reading, path);
}

function dynamicList(list: readonly unknown[], reading: Reading, parent: Path): Part | undefined {
  const parts = new Map<number, Part>();
  for (let key = 0; key < list.length; key++) {
    const part = dynamic(list[key], reading, { parent, key });
    if (part) parts.set(key, part);
  }
  if (parts.size === 0) return undefined;
  return (values, into) => {
    into.meter.spend(list.length);
    const rendered = [...list];
    for (const [key, part] of parts) rendered[key] = part(values, into);
    return rendered;
  };
}

function dynamicMap(map: JsonMap, reading: Reading, parent: Path): Part | undefined {
  const { meter, literal } = reading;
  const parts = new Map<string, Part>();
  const keys = keysOf(map, meter);
  for (const key of keys) {
    meter.property(key);
    literal.key(key);
    const part = dynamic(map[key], reading, { parent, key });
    if (part) parts.set(key, part);
  }
  if (parts.size === 0) return undefined;
  return (values, into) => {
    for (const key of keys) into.meter.property(key);
    const rendered = { ...map };
    for (const [key, part] of parts) setOwn(rendered, key, part(values, into) as Json);
    return rendered;
  };
}

function dynamicText(text: string, { meter, literal }: Reading, path: Path): Part | undefined {
  meter.text(text.length);
  if (!text.includes("{{")) {
    literal.text(text);
    return undefined;
  }
  const pointer = pointerOf(path);
  // Cut a unit at a time.
  meter.text(text.length * 8);
  const parts = within(pointer, () =>
    Array.from(partsOf(text), (part) => {
      if (typeof part === "string") return part;
      meter.source(part.source.length);
      return parseExpression(part.source);
    }),
  );
  const [only] = parts;
  const isWhole = parts.length === 1 && typeof only === "object";
  return (values, { meter, size }) => {
    const value = within(pointer, () => {
      if (isWhole) return only.evaluate(values, meter);
      meter.text(text.length);
      return parts
        .map((part) => (typeof part === "string" ? part : inserted(part.evaluate(values, meter), meter)))
        .join("");
    });
    size.add(value);
    return value;
  };
}

function inserted(value: unknown, meter: Meter): string {
  const text = asText(value as Json);
  meter.text(text.length * (typeof value === "string" ? 1 : JSON_FACTOR));
  return text;
}

function within<Value>(pointer: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    throw asRenderError(pointer, error);
  }
}

function asRenderError(pointer: string, error: unknown): RenderError {
  if (error instanceof ExpressionError) return new RenderError(pointer, error);
  throw error;
}

/** Splits a text into expressions and the text between them. Throws an {@link ExpressionError}. */
function* partsOf(text: string): Generator<string | { readonly source: string }> {
  let from = 0;
  while (true) {
    const open = text.indexOf("{{", from);
    if (open > from || (open === -1 && from < text.length)) yield text.slice(from, open === -1 ? undefined : open);
    if (open === -1) return;
    const close = endOf(text, open + 2);
    yield { source: text.slice(open + 2, close).trim() };
    from = close + 2;
  }
}

/** The index of the `}}` that closes the expression beginning at `from`, not one within a string or of inner braces. */
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
  const start = JSON.stringify(excerpt(text.slice(from - 2), 32));
  throw new ExpressionError(`The expression that begins with ${start} is not closed: }} is missing.`);
}
