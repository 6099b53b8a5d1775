/**
 * Expressions: CEL, the Common Expression Language, over JSON values.
 *
 * ```text
 *   payload.user.name                       the job's payload
 *   steps.fetch.output.status == 200        of a step that has ended: output, status ("succeeded" | "skipped")
 *   item.id, index                          within a step's for_each
 *   payload.tags.filter(t, t != "draft")    all, exists, exists_one, map, filter
 *   has(payload.nick) ? payload.nick : "you"
 * ```
 *
 * No expression runs for long, reads what JSON does not hold, or changes anything:
 *
 * - it has no side effects, no recursion, no loops but those over lists, and those not within one another;
 * - of the library's functions only {@link FUNCTIONS} and {@link METHODS} may be called: no regular expressions, which
 *   can take exponential time, and no bindings, which can double a text again and again;
 * - an expression is at most {@link MAX_LENGTH} characters; its loops are stopped after {@link MAX_MS};
 * - only own properties are read; a missing one is an error that names its path.
 *
 * Numbers are JSON's: a whole number in an expression is an integer of CEL's, and mixes with any other.
 */
import { type ASTNode, Environment, EvaluationError, type ParseResult } from "@marcbachmann/cel-js";
import { serialize } from "@marcbachmann/cel-js/serialize";

const MAX_LENGTH = 1_000;
/** Loops of one expression end after so many milliseconds: a thousand times what any sensible one takes. */
const MAX_MS = 1_000;
/** Of JSON, in UTF-16 units: what an expression may give. */
const MAX_VALUE_LENGTH = 1_000_000;

/** Called as `size(x)`. */
const FUNCTIONS = new Set(["size", "string", "int", "double", "bool", "has", "join"]);
/** Called as `x.size()`. */
const METHODS = new Set([
  "size",
  "startsWith",
  "endsWith",
  "contains",
  "lowerAscii",
  "upperAscii",
  "trim",
  "indexOf",
  "lastIndexOf",
  "substring",
  "split",
]);
/** Methods that go through a list: `list.map(variable, expression)`. */
const LOOPS = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** What expressions may name. */
export type Variable = "payload" | "steps" | "item" | "index";

/** An expression that cannot be read or has no value. The message says why, for the person who wrote it. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

/** An expression that was read and is safe to evaluate. */
export interface Expression {
  readonly source: string;
  /** The variables that it names. */
  readonly variables: ReadonlySet<Variable>;
  /** The steps that it names: `steps.<id>`. */
  readonly steps: ReadonlySet<string>;
  /** Its value, as JSON. Throws an {@link ExpressionError}. */
  evaluate(values: Readonly<Partial<Record<Variable, unknown>>>): unknown;
}

let deadline = 0;
const environment = createEnvironment();
const VARIABLES: ReadonlySet<string> = new Set<Variable>(["payload", "steps", "item", "index"]);

/** Expressions that were read before: a for_each reads the same ones for every item. */
const known = new Map<string, Expression>();
const MAX_KNOWN = 1_000;

/** Reads an expression. Throws an {@link ExpressionError} that says what is wrong with it. */
export function parseExpression(source: string): Expression {
  const before = known.get(source);
  if (before) return before;
  const expression = parse(source);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(source, expression);
  return expression;
}

function parse(source: string): Expression {
  if (source.length > MAX_LENGTH) {
    throw new ExpressionError(`The expression has ${source.length} characters; ${MAX_LENGTH} are allowed.`);
  }
  const quoted = JSON.stringify(source.trim());
  const parsed = orError(() => environment.parse(source), `Cannot read the expression ${quoted}`);
  const variables = new Set<Variable>();
  const steps = new Set<string>();
  inspect(parsed.ast, { variables, steps, locals: new Set() });
  const safe = orError(() => environment.parse(serialize(parsed.ast)), `Cannot read the expression ${quoted}`);
  const check = safe.check();
  if (!check.valid) throw new ExpressionError(`Cannot read the expression ${quoted}: ${summaryOf(check.error)}.`);
  return { source, variables, steps, evaluate: (values) => evaluate(safe, { values, quoted }) };
}

function evaluate(
  parsed: ParseResult,
  { values, quoted }: { values: Readonly<Partial<Record<Variable, unknown>>>; quoted: string },
): unknown {
  deadline = performance.now() + MAX_MS;
  const value = orError(() => parsed(values), `The expression ${quoted} has no value`);
  return toJson(value, { left: MAX_VALUE_LENGTH, quoted });
}

interface Findings {
  readonly variables: Set<Variable>;
  readonly steps: Set<string>;
  /** The variables of the loops around; none outside of one. */
  readonly locals: ReadonlySet<string>;
}

/** Gathers what an expression names, refuses what it may not do, and makes its loops look at the clock. */
function inspect(node: ASTNode, findings: Findings): void {
  switch (node.op) {
    case "id":
      if (findings.locals.has(node.args)) return;
      if (node.args === "steps") throw new ExpressionError('"steps" needs a step: steps.<id>.output.');
      if (!VARIABLES.has(node.args)) {
        throw new ExpressionError(
          `"${node.args}" is not known: an expression begins with payload, steps, item or index.`,
        );
      }
      findings.variables.add(node.args as Variable);
      return;
    case ".":
    case "[]":
      if (isStep(node, findings)) return;
      checkStepField(node, findings);
      break;
    case "call":
      checkCall(node.args[0], FUNCTIONS);
      break;
    case "rcall":
      if (LOOPS.has(node.args[0])) {
        inspectLoop(node, findings);
        return;
      }
      checkCall(node.args[0], METHODS);
      break;
  }
  for (const child of childrenOf(node.args)) inspect(child, findings);
}

/** Whether the node is `steps.<id>` or `steps["<id>"]`. */
function isStep(node: ASTNode & { op: "." | "[]" }, findings: Findings): boolean {
  const [of, name] = node.args;
  if (of.op !== "id" || of.args !== "steps" || findings.locals.has("steps")) return false;
  const id = typeof name === "string" ? name : name.op === "value" ? name.args : undefined;
  if (typeof id !== "string") throw new ExpressionError('"steps" needs a step that is named outright: steps.<id>.');
  findings.variables.add("steps");
  findings.steps.add(id);
  return true;
}

/** What can be read of a step is known beforehand, other than what is in its output. */
function checkStepField(node: ASTNode & { op: "." | "[]" }, findings: Findings): void {
  const [of, field] = node.args;
  if ((of.op !== "." && of.op !== "[]") || of.args[0].op !== "id" || of.args[0].args !== "steps") return;
  if (findings.locals.has("steps") || typeof field !== "string" || field === "output" || field === "status") return;
  throw new ExpressionError(`A step has "output" and "status"; ${JSON.stringify(field)} is not known.`);
}

function inspectLoop(node: ASTNode & { op: "rcall" }, findings: Findings): void {
  const [name, list, args] = node.args;
  inspect(list, findings);
  if (findings.locals.size > 0) {
    throw new ExpressionError(`"${name}" cannot stand within another loop; loops may follow one another.`);
  }
  const [variable, ...bodies] = args;
  if (variable?.op !== "id" || bodies.length === 0) {
    throw new ExpressionError(`"${name}" takes the name of a variable and an expression: list.${name}(x, …).`);
  }
  for (const [index, body] of bodies.entries()) {
    inspect(body, { ...findings, locals: new Set([variable.args]) });
    args[index + 1] = { op: "call", args: ["__tick", [body]] } as unknown as ASTNode;
  }
}

function checkCall(name: string, allowed: ReadonlySet<string>): void {
  if (allowed.has(name)) return;
  const calls = [...FUNCTIONS]
    .map((known) => `${known}()`)
    .concat([...METHODS, ...LOOPS].map((known) => `.${known}()`));
  throw new ExpressionError(`"${name}" cannot be called; what can: ${calls.join(", ")}.`);
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return args !== null && typeof args === "object" && "op" in args ? [args as ASTNode] : [];
}

function createEnvironment(): Environment {
  const created = new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 250, maxDepth: 50, maxListElements: 100, maxMapEntries: 100 },
  });
  for (const name of ["payload", "steps", "item", "index"] satisfies Variable[]) created.registerVariable(name, "dyn");
  // JSON has one kind of number; CEL has two that do not mix.
  const mixed: Record<string, (a: number, b: number) => number> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": (a, b) => a % b,
  };
  for (const [operator, apply] of Object.entries(mixed)) {
    const onNumbers = (a: number | bigint, b: number | bigint) => apply(Number(a), Number(b));
    created.registerOperator(`int ${operator} double`, onNumbers);
    created.registerOperator(`double ${operator} int`, onNumbers);
  }
  created.registerOperator("double % double", (a: number, b: number) => a % b);
  created.registerFunction("join(list, string): string", joined);
  created.registerFunction("__tick(dyn): dyn", (value: unknown) => {
    if (performance.now() < deadline) return value;
    throw new ExpressionError(`it takes longer than ${MAX_MS} ms`);
  });
  return created;
}

function joined(list: readonly unknown[], separator: string): string {
  let length = 0;
  for (const text of list) {
    if (typeof text !== "string") throw new ExpressionError("join takes a list of texts");
    length += text.length + separator.length;
    if (length > MAX_VALUE_LENGTH) throw new ExpressionError(`its text is longer than ${MAX_VALUE_LENGTH} characters`);
  }
  return list.join(separator);
}

/** A value of CEL's as JSON. Throws an {@link ExpressionError} where it is none, or too long. */
function toJson(value: unknown, budget: { left: number; readonly quoted: string }): unknown {
  const refuse = (what: string): never => {
    throw new ExpressionError(`The expression ${budget.quoted} gives ${what}.`);
  };
  budget.left -= typeof value === "string" ? value.length + 2 : 4;
  if (budget.left < 0) refuse(`more than ${MAX_VALUE_LENGTH} characters of JSON`);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : refuse("a number that JSON cannot hold");
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : refuse("an integer beyond 2^53");
  }
  if (Array.isArray(value)) return value.map((one) => toJson(one, budget));
  const entries = value instanceof Map ? value : isPlain(value) ? Object.entries(value) : refuse("no JSON value");
  const object: Record<string, unknown> = {};
  for (const [key, one] of entries) {
    budget.left -= String(key).length;
    // Defined, not assigned: the key may be __proto__.
    const json = { value: toJson(one, budget), enumerable: true, writable: true, configurable: true };
    Object.defineProperty(object, String(key), json);
  }
  return object;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** Runs what may throw the library's errors; they come out as an {@link ExpressionError}. */
function orError<T>(action: () => T, what: string): T {
  try {
    return action();
  } catch (error) {
    throw new ExpressionError(`${what}: ${summaryOf(error)}.`, { cause: error });
  }
}

/** Why, in the words of whoever wrote the expression; no line of source below it. */
function summaryOf(error: unknown): string {
  if (error instanceof EvaluationError && error.node) {
    const { op } = error.node;
    if (error.code === "no_such_key" && (op === "." || op === "[]")) return `${serialize(error.node)} is missing`;
    if (error.code === "index_out_of_bounds") return `${serialize(error.node)} is beyond the list's end`;
  }
  const { summary, message = String(error) } = error as { summary?: string; message?: string };
  return (summary ?? message.split("\n")[0] ?? "").replaceAll("__tick", "").replace(/\.$/, "");
}
