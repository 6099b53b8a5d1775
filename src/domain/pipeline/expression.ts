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
 * The library parses them; they are evaluated here, where every piece of work is metered before it is done
 * (`expression_cost.ts`):
 *
 * - there are no side effects, no recursion, and no loops except over lists, which cannot be nested;
 * - only {@link FUNCTIONS} and {@link METHODS} may be called: no regular expressions, no bindings;
 * - only own properties are read; a missing one is an error that names its path;
 * - text is counted and cut in code points; whole numbers are exact within 64 bits (`expression_number.ts`).
 */
import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import { serialize } from "@marcbachmann/cel-js/serialize";
import { excerpt } from "../../json/mod.ts";
import { FUNCTIONS, METHODS } from "./expression_calls.ts";
import { CostError, ExpressionError, Meter } from "./expression_cost.ts";
import { checkLiteral, fits64Bits, isNumeric, negate } from "./expression_number.ts";
import { sizeOf } from "./expression_text.ts";
import {
  type AnyKind,
  applyOperator,
  couldBe,
  describe,
  isArithmetic,
  isMap,
  type Json,
  type JsonMap,
  keysOf,
  kindOf,
  member,
  OPERATORS,
  type Operator,
  setOwn,
  toJson,
} from "./expression_values.ts";

/** In code points, of an expression's source. */
export const MAX_EXPRESSION_LENGTH = 1_000;
/** Nodes of an expression's tree, and its depth. */
const LIMITS = { maxAstNodes: 250, maxDepth: 50, maxListElements: 100, maxMapEntries: 100 };
/** Length of a source, and of a part of it, in an error message. */
const QUOTED_SIZE = 200;

/** In addition to the cost of their operands, in units. */
const OPERATOR_COST = 2;
const CALL_COST = 4;

/**
 * Methods that iterate over a list, or a map's keys: `list.map(variable, expression)`; and how many arguments they
 * take.
 */
const LOOPS: Readonly<Record<string, readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  map: [2, 3],
  filter: [2],
};

/** The variables of expressions. */
export type Variable = "payload" | "steps" | "item" | "index";
export type Values = Readonly<Partial<Record<Variable, unknown>>>;
const VARIABLES: ReadonlySet<string> = new Set<Variable>(["payload", "steps", "item", "index"]);

/** An expression that was parsed and is safe to evaluate. */
export interface Expression {
  readonly source: string;
  /** The variables that it uses. */
  readonly variables: ReadonlySet<Variable>;
  /** The steps that it uses: `steps.<id>`. */
  readonly steps: ReadonlySet<string>;
  /**
   * Its value, as JSON. Throws an {@link ExpressionError}, or a {@link CostError} if it costs more than the meter
   * allows.
   */
  evaluate(values: Values, meter?: Meter): unknown;
}

/** Parses an expression. Throws an {@link ExpressionError} that says what is wrong with it. */
export function parseExpression(source: string): Expression {
  const size = sizeOf(source);
  if (size > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(`The expression has ${size} characters; ${MAX_EXPRESSION_LENGTH} are allowed.`);
  }
  const quoted = JSON.stringify(excerpt(source.trim(), QUOTED_SIZE));
  const compiling = new Compiling();
  const { run } = orError(`Cannot read the expression ${quoted}`, () => compiling.compile(syntaxOf(source)));
  return {
    source,
    variables: compiling.variables,
    steps: compiling.steps,
    evaluate(values, meter = new Meter()) {
      return orError(`The expression ${quoted} has no value`, () => toJson(run({ values, meter, local: null }), meter));
    },
  };
}

/** Called names stay in the library's memory: it is reset from time to time. */
const MAX_READ = 1_000;
let read = 0;
let library = new Environment({ limits: LIMITS });

function syntaxOf(source: string): ASTNode {
  if (read++ % MAX_READ === 0) library = new Environment({ limits: LIMITS });
  try {
    return library.parse(source).ast;
  } catch (error) {
    // A number that is too large for a double.
    if (error instanceof ParseError && error.code === "invalid_number" && error.range) {
      checkLiteral(source.slice(error.range.start, error.range.end));
    }
    throw error;
  }
}

/** The input of an expression each time that it is evaluated. */
interface Scope {
  readonly values: Values;
  readonly meter: Meter;
  /** The value of the loop's variable. */
  local: Json;
}

/** A part of an expression: what it does, and the kind of its value, if known in advance. */
interface Part {
  readonly run: (scope: Scope) => Json;
  readonly kind: AnyKind;
  /** Certainly an integer of CEL's, not one from JSON: it uses integer division. */
  readonly is_int?: boolean;
  /** If it is a literal: its value. */
  readonly literal?: Json;
}

/** Turns a tree into functions; rejects what is not allowed, and what never has a value. */
class Compiling {
  readonly variables = new Set<Variable>();
  readonly steps = new Set<string>();
  /** The variable of the enclosing loop; `null` outside of one. */
  #local: string | null = null;

  compile(node: ASTNode): Part {
    switch (node.op) {
      case "value":
        if (typeof node.args === "number") checkLiteral(node.input.slice(node.start, node.end));
        return literal(node.args);
      case "id":
        return this.#name(node.args);
      case ".":
      case "[]":
        return this.#access(node);
      case "call":
        return node.args[0] === "has" ? this.#has(node) : this.#call(node.args[0], { args: node.args[1] });
      case "rcall":
        return Object.hasOwn(LOOPS, node.args[0])
          ? this.#loop(node)
          : this.#call(node.args[0], { receiver: node.args[1], args: node.args[2] });
      case "list":
        return this.#list(node.args);
      case "map":
        return this.#map(node.args);
      case "?:":
        return this.#conditional(node.args);
      case "&&":
      case "||":
        return this.#logical(node.args, node.op === "||");
      case "!_":
        return this.#not(node.args);
      case "-_":
        return this.#minus(node.args);
      default:
        return this.#operator(node as ASTNode & { op: Operator });
    }
  }

  #name(name: string): Part {
    if (name === this.#local) return { kind: "any", run: localOf };
    if (name === "steps") throw new ExpressionError('"steps" needs a step: steps.<id>.output');
    if (!VARIABLES.has(name)) {
      throw new ExpressionError(`"${excerpt(name, 64)}" is unknown: begin with payload, steps, item or index`);
    }
    const variable = name as Variable;
    this.variables.add(variable);
    const run = ({ values, meter }: Scope) => {
      meter.spend(1);
      const value = values[variable];
      if (value === undefined) throw new ExpressionError(`there is no ${name} here`);
      return value as Json;
    };
    return { kind: "any", run };
  }

  #access(node: ASTNode & { op: "." | "[]" }): Part {
    const step = this.#stepNamed(node);
    if (step !== undefined) return step;
    this.#checkStepField(node);
    const of = this.compile(node.args[0]);
    const key = this.#key(node.args[1]);
    const what = lazily(() => sourceOf(node));
    const sourceOfValue = lazily(() => sourceOf(node.args[0]));
    const run = (scope: Scope) => {
      const value = of.run(scope);
      const name = key(scope);
      const found = member(value, name);
      if (found !== undefined) return found;
      throw new ExpressionError(whyMissing({ value, name }, { what: what(), of: sourceOfValue() }));
    };
    return { kind: "any", run };
  }

  /** A lookup in a map or a list. */
  #key(name: string | ASTNode): Part["run"] {
    const key = typeof name === "string" ? literal(name) : this.compile(name);
    if (key.literal !== undefined) return key.run;
    return (scope) => {
      const value = key.run(scope);
      if (typeof value === "string") scope.meter.key(value);
      return value;
    };
  }

  /** `steps.<id>` or `steps["<id>"]`. */
  #stepNamed(node: ASTNode & { op: "." | "[]" }): Part | undefined {
    const [of, name] = node.args;
    if (of.op !== "id" || of.args !== "steps" || this.#local === "steps") return undefined;
    const id = typeof name === "string" ? name : name.op === "value" ? name.args : undefined;
    if (typeof id !== "string") throw new ExpressionError('"steps" needs the literal name of a step: steps.<id>');
    this.variables.add("steps");
    this.steps.add(id);
    const what = lazily(() => sourceOf(node));
    const run = ({ values, meter }: Scope) => {
      meter.spend(1);
      const step = values.steps === undefined ? undefined : member(values.steps as Json, id);
      if (step === undefined) throw new ExpressionError(`${what()} is missing`);
      return step;
    };
    return { kind: "map", run };
  }

  /** What can be read of a step is known in advance, except what is in its output. */
  #checkStepField(node: ASTNode & { op: "." | "[]" }): void {
    const [of, field] = node.args;
    if ((of.op !== "." && of.op !== "[]") || of.args[0].op !== "id" || of.args[0].args !== "steps") return;
    const name = typeof field === "string" ? field : field.op === "value" ? field.args : undefined;
    if (this.#local === "steps" || typeof name !== "string" || name === "output" || name === "status") return;
    throw new ExpressionError(`A step has "output" and "status"; ${JSON.stringify(excerpt(name, 64))} is unknown`);
  }

  /** Whether the last part of a path exists; what precedes it must exist. */
  #has({ args: [, [path, ...more]] }: ASTNode & { op: "call" }): Part {
    if ((path?.op !== "." && path?.op !== "[]") || more.length > 0) {
      throw new ExpressionError("has() takes a path: has(payload.name)");
    }
    if (this.#stepNamed(path)) throw new ExpressionError("has() takes a path within a step: has(steps.<id>.output.x)");
    this.#checkStepField(path);
    const of = this.compile(path.args[0]);
    const key = this.#key(path.args[1]);
    return { kind: "bool", run: (scope) => member(of.run(scope), key(scope)) !== undefined };
  }

  #call(name: string, { receiver, args }: { receiver?: ASTNode; args: readonly ASTNode[] }): Part {
    const called = (receiver ? METHODS : FUNCTIONS).get(name);
    if (!called) throw new ExpressionError(`"${excerpt(name, 64)}" is not a function; the functions are: ${CALLABLE}`);
    const parts = (receiver ? [receiver, ...args] : args).map((arg) => this.compile(arg));
    const check = (kinds: readonly AnyKind[]) => {
      if (
        called.takes.some((takes) => kinds.length === takes.length && takes.every((kind, i) => couldBe(kind, kinds[i])))
      )
        return;
      const written = receiver ? `.${name}()` : `${name}()`;
      throw new ExpressionError(
        `${written} does not take ${listed(kinds)}; it takes ${called.takes.map(listed).join(", or ")}`,
      );
    };
    check(parts.map(({ kind }) => kind));
    const run = (scope: Scope) => {
      scope.meter.spend(CALL_COST);
      const values = parts.map((part) => part.run(scope));
      check(values.map(kindOf));
      return called.apply(values, scope.meter);
    };
    return { kind: called.gives, is_int: called.gives_int, run };
  }

  #loop({ args: [name, over, args] }: ASTNode & { op: "rcall" }): Part {
    const list = this.compile(over);
    if (this.#local !== null) {
      throw new ExpressionError(`"${name}" cannot be nested in another loop; loops may follow one another`);
    }
    const [variable, ...bodies] = args;
    if (variable?.op !== "id" || !LOOPS[name]?.includes(args.length)) {
      throw new ExpressionError(`"${name}" takes the name of a variable and an expression: list.${name}(x, …)`);
    }
    if (!couldBe(list.kind, "list") && !couldBe(list.kind, "map")) {
      throw new ExpressionError(`"${name}" takes a list; this is ${describe(list.kind)}`);
    }
    this.#local = variable.args;
    const [first, second] = bodies.map((body) => this.compile(body));
    this.#local = null;
    if (!first) throw new ExpressionError(`"${name}" takes an expression`);
    if (name === "map") return mapping(list, second ? { test: asTest(name, first), give: second } : { give: first });
    return testing(name, { list, test: asTest(name, first) });
  }

  #list(elements: readonly ASTNode[]): Part {
    const parts = elements.map((element) => this.compile(element));
    const run = (scope: Scope) => {
      scope.meter.spend(1 + parts.length);
      return parts.map((part) => part.run(scope));
    };
    return { kind: "list", run };
  }

  #map(entries: readonly (readonly [ASTNode, ASTNode])[]): Part {
    const parts = entries.map(([key, value]) => ({ key: this.compile(key), value: this.compile(value) }));
    const seen = new Set<Json>();
    for (const { key } of parts) {
      if (!couldBe(key.kind, "text")) throw new ExpressionError(`A key must be a text; this is ${describe(key.kind)}`);
      if (key.literal === undefined) continue;
      if (seen.has(key.literal)) throw new ExpressionError(`The key ${shown(key.literal)} is repeated`);
      seen.add(key.literal);
    }
    const run = (scope: Scope) => {
      scope.meter.spend(1 + parts.length);
      const map: JsonMap = {};
      let indexes = 0;
      for (const { key, value } of parts) {
        const name = key.run(scope);
        if (typeof name !== "string")
          throw new ExpressionError(`A key must be a text; this is ${describe(kindOf(name))}`);
        if (key.literal === undefined) scope.meter.newKey(name);
        else scope.meter.property(name);
        indexes = scope.meter.indexes(name, indexes);
        if (Object.hasOwn(map, name)) throw new ExpressionError(`The key ${shown(name)} is repeated`);
        setOwn(map, name, value.run(scope));
      }
      return map;
    };
    return { kind: "map", run };
  }

  #conditional([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode]): Part {
    const test = asTest("?:", this.compile(condition));
    const [left, right] = [this.compile(yes), this.compile(no)];
    const run = (scope: Scope) => (test(scope) ? left.run(scope) : right.run(scope));
    return { kind: left.kind === right.kind ? left.kind : "any", is_int: left.is_int && right.is_int, run };
  }

  /** As in CEL: an operand that determines the result does so even if the other one fails. */
  #logical([left, right]: readonly [ASTNode, ASTNode], decisive: boolean): Part {
    const name = decisive ? "||" : "&&";
    const [first, second] = [asTest(name, this.compile(left)), asTest(name, this.compile(right))];
    const run = (scope: Scope) => {
      let failure: ExpressionError | undefined;
      try {
        if (first(scope) === decisive) return decisive;
      } catch (error) {
        failure = scope.meter.discard(error);
      }
      if (second(scope) === decisive) return decisive;
      if (failure !== undefined) throw failure;
      return !decisive;
    };
    return { kind: "bool", run };
  }

  #not(operand: ASTNode): Part {
    const test = asTest("!", this.compile(operand));
    return { kind: "bool", run: (scope) => !test(scope) };
  }

  #minus(operand: ASTNode): Part {
    const { kind, run, is_int } = this.compile(operand);
    const refusal = (given: AnyKind) => `"-" takes a number; this is ${describe(given)}`;
    if (!couldBe(kind, "number")) throw new ExpressionError(refusal(kind));
    const minus = (scope: Scope) => {
      scope.meter.spend(1);
      const value = run(scope);
      if (!isNumeric(value)) throw new ExpressionError(refusal(kindOf(value)));
      return negate(value);
    };
    return { kind: "number", is_int, run: minus };
  }

  #operator(node: ASTNode & { op: Operator }): Part {
    const { op } = node;
    if (!Object.hasOwn(OPERATORS, op)) throw new ExpressionError(`The operator "${op}" is unknown`);
    const [left, right] = [this.compile(node.args[0]), this.compile(node.args[1])];
    const { takes, gives } = OPERATORS[op];
    const possible = takes.filter(([l, r]) => couldBe(left.kind, l) && couldBe(right.kind, r));
    if (possible.length === 0) {
      throw new ExpressionError(`${describe(left.kind)} ${op} ${describe(right.kind)} has no meaning`);
    }
    const are_ints = left.is_int && right.is_int;
    const run = (scope: Scope) => {
      scope.meter.spend(OPERATOR_COST);
      return applyOperator(op, { left: left.run(scope), right: right.run(scope), meter: scope.meter, are_ints });
    };
    const kind = gives ?? (possible.length === 1 ? (possible[0]?.[0] ?? "any") : "any");
    return { kind, is_int: are_ints && isArithmetic(op), run };
  }
}

function literal(value: unknown): Part {
  if (typeof value === "bigint" && !fits64Bits(value)) throw new ExpressionError(`${value} does not fit into 64 bits`);
  if (value !== null && typeof value === "object") {
    throw new ExpressionError("Bytes and numbers that end in u are not JSON: leave out the b or the u");
  }
  const run = ({ meter }: Scope) => {
    meter.spend(1);
    return value as Json;
  };
  return { kind: kindOf(value as Json), is_int: typeof value === "bigint", literal: value as Json, run };
}

function localOf({ meter, local }: Scope): Json {
  meter.spend(1);
  return local;
}

/** A part whose value must be true or false. */
function asTest(name: string, { kind, run }: Part): (scope: Scope) => boolean {
  const refusal = (given: AnyKind) => new ExpressionError(`"${name}" needs true or false; this is ${describe(given)}`);
  if (!couldBe(kind, "bool")) throw refusal(kind);
  return (scope) => {
    scope.meter.spend(1);
    const value = run(scope);
    if (typeof value === "boolean") return value;
    throw refusal(kindOf(value));
  };
}

/** The elements of a list, or the keys of a map. */
function elementsOf(name: string, value: Json, meter: Meter): readonly Json[] {
  if (Array.isArray(value)) return value;
  if (!isMap(value)) throw new ExpressionError(`"${name}" takes a list; this is ${describe(kindOf(value))}`);
  return keysOf(value, meter);
}

/** `list.map(x, give)`, `list.map(x, test, give)`. */
function mapping(list: Part, { test, give }: { test?: (scope: Scope) => boolean; give: Part }): Part {
  const run = (scope: Scope) => {
    const given: Json[] = [];
    for (const element of elementsOf("map", list.run(scope), scope.meter)) {
      scope.meter.spend(1);
      scope.local = element;
      if (!test || test(scope)) given.push(give.run(scope));
    }
    return given;
  };
  return { kind: "list", run };
}

/** `list.filter(x, test)` and those that count matches. */
function testing(name: string, { list, test }: { list: Part; test: (scope: Scope) => boolean }): Part {
  const each = (scope: Scope, visit: (passes: boolean, element: Json) => boolean) => {
    for (const element of elementsOf(name, list.run(scope), scope.meter)) {
      scope.meter.spend(1);
      scope.local = element;
      if (!visit(test(scope), element)) return;
    }
  };
  switch (name) {
    case "filter":
      return {
        kind: "list",
        run(scope) {
          const passing: Json[] = [];
          each(scope, (passes, element) => !passes || passing.push(element) > 0);
          return passing;
        },
      };
    case "exists_one":
      return {
        kind: "bool",
        run(scope) {
          let count = 0;
          each(scope, (passes) => (passes ? ++count : count) >= 0);
          return count === 1;
        },
      };
    default:
      return { kind: "bool", run: (scope) => decided(name === "exists", { name, list, test, scope }) };
  }
}

/** As in CEL: an element that determines the result does so even if others fail. */
function decided(
  decisive: boolean,
  { name, list, test, scope }: { name: string; list: Part; test: (scope: Scope) => boolean; scope: Scope },
): boolean {
  let failure: ExpressionError | undefined;
  for (const element of elementsOf(name, list.run(scope), scope.meter)) {
    scope.meter.spend(1);
    scope.local = element;
    try {
      if (test(scope) === decisive) return decisive;
    } catch (error) {
      const passed = scope.meter.discard(error);
      failure ??= passed;
    }
  }
  if (failure !== undefined) throw failure;
  return !decisive;
}

/** @param source how the lookup is written, and what it looks into */
function whyMissing({ value, name }: { value: Json; name: Json }, { what, of }: { what: string; of: string }): string {
  if (isMap(value) && typeof name === "string") return `${what} is missing`;
  if (Array.isArray(value) && isNumeric(name)) {
    return Number.isInteger(Number(name)) ? `${what} is beyond the list's end` : `${what} is missing: places are whole`;
  }
  return `${what} is missing: ${of} is ${describe(kindOf(value))}`;
}

/** Computed on demand, and once. */
function lazily<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** A part of an expression, as it may be written. */
function sourceOf(node: ASTNode): string {
  return excerpt(serialize(node), QUOTED_SIZE);
}

function shown(key: Json): string {
  return JSON.stringify(excerpt(String(key), 64));
}

function listed(kinds: readonly AnyKind[]): string {
  return kinds.length === 0 ? "nothing" : kinds.map(describe).join(" and ");
}

const CALLABLE = [...FUNCTIONS.keys(), "has"]
  .map((name) => `${name}()`)
  .concat([...METHODS.keys(), ...Object.keys(LOOPS)].map((name) => `.${name}()`))
  .join(", ");

/** Runs code that may throw errors of this language or its library, and converts them to an {@link ExpressionError}. */
function orError<Value>(what: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    const message = `${what}: ${summaryOf(error)}.`;
    throw error instanceof CostError ? new CostError(message) : new ExpressionError(message, { cause: error });
  }
}

/** The reason, in terms of the expression; without the source lines below it. */
function summaryOf(error: unknown): string {
  if (error instanceof RangeError) return "it nests too deep";
  const { summary, message = String(error) } = error as { summary?: string; message?: string };
  // The library may quote an unpaired surrogate.
  return excerpt((summary ?? message).split("\n")[0] ?? "", 1_000)
    .toWellFormed()
    .replace(/\.$/, "");
}
