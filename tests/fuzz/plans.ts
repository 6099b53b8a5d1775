/** Requests as planned by the seed, and as sent, with values from earlier responses. */
import fc from "fast-check";
import type { Json } from "../support/openapi.ts";
import { Drawn, oddValue, type Values } from "./arbitraries.ts";
import { type Memory, type Recorded, recordedAs } from "./memory.ts";
import { type Draft, makeOdd, odditiesFor } from "./oddities.ts";
import type { Operation } from "./operations.ts";

/** A complete request except for values from earlier responses. */
export interface Plan {
  readonly operation: Operation;
  /** Which of the matching records is chosen. */
  readonly pick: number;
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  /** What is done to it; absent: nothing. */
  readonly oddity?: string;
  readonly chance: { readonly at: number; readonly value: unknown };
  /** In place of what the memory recalls. */
  readonly recorded?: Recorded;
}

export interface PlanOptions {
  readonly values: Values;
  readonly seed: number;
  readonly count: number;
}

/** The plans of one call: first each oddity once, then as chance has it. */
export function plansOf(operation: Operation, { values, seed, count }: PlanOptions): Plan[] {
  const kinds = odditiesOf(operation);
  const plans = fc.sample(planned(operation, values), { seed, numRuns: count });
  return plans.map(({ is_odd, ...plan }, index) => {
    const oddity = index < kinds.length ? kinds[index] : is_odd ? kinds[plan.chance.at % kinds.length] : undefined;
    return { ...plan, operation, oddity };
  });
}

/** The call's examples, with values from earlier responses in place of ids: they should succeed. */
export function examplesOf(operation: Operation, values: Values): Plan[] {
  const required = (place: string) =>
    Object.fromEntries(
      operation.parameters
        .filter((parameter) => parameter.in === place && parameter.required)
        .map(({ name, example }) => [name, new Drawn(name, example)]),
    );
  const place = { path: required("path"), query: required("query"), headers: required("header") };
  // What is about the user who calls is about the user for whom the operator acts.
  if (/\/users\/me\b/.test(operation.path)) place.headers["Levqor-Account"] = new Drawn("account", "user:of-the-fuzz");
  const bodies = operation.body?.examples.map((example) => values.example(example)) ?? [undefined];
  return bodies.map((body) => ({ operation, pick: 0, ...place, body, chance: { at: 0, value: null } }));
}

/** What a plan needs from earlier responses. */
export function wantedBy({ path, headers, query, body }: Plan): readonly string[] {
  return [...drawnIn([path, headers, query, body])];
}

function planned(operation: Operation, values: Values) {
  const at = (place: string) => operation.parameters.filter((parameter) => parameter.in === place);
  const record = (parameters: readonly { name: string; required: boolean; schema: Json }[]) =>
    fc.record(
      Object.fromEntries(parameters.map(({ name, schema }) => [name, drawable(name, values.of(schema, name))])),
      { requiredKeys: parameters.filter(({ required }) => required).map(({ name }) => name) },
    );
  const { body } = operation;
  const bodies = body && [
    values.of(body.schema),
    ...body.examples.flatMap((each) => [values.like(each), values.like(each)]),
  ];
  const none = fc.constant(undefined);
  return fc.record({
    pick: fc.nat(),
    path: record(at("path")),
    query: record(at("query")),
    headers: record(at("header")),
    body: bodies ? fc.oneof(...bodies, ...(body.required ? [] : [none])) : none,
    is_odd: fc.boolean(),
    chance: fc.record({ at: fc.nat(), value: oddValue }),
  });
}

/** Headers that refer to a response, and the one of the account: what another has made exists for nobody else. */
function drawable(name: string, values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (name === "Levqor-Account") return fc.constantFrom("operator", "operator", "operator", "user:of-the-fuzz");
  if (!/^(?:If-Match|Levqor-Min-Position|Last-Event-ID|after)$/.test(name)) return values;
  return values.map((value) => new Drawn(name, name === "Levqor-Min-Position" ? 0 : value));
}

/** What can be done to a call, by name. */
export function odditiesOf({ parameters, body }: Operation): string[] {
  const has = (place: string) => parameters.some((parameter) => parameter.in === place);
  const headers = parameters.filter((each) => each.in === "header").map(({ name }) => name.toLowerCase());
  return odditiesFor({ parameters: has("query"), headers, path: has("path"), body: body !== undefined });
}

/** The request of a plan, and what it was before something was done to it. */
export function draftOf(plan: Plan, { memory, key }: { memory: Memory; key: string }): Draft {
  const { operation, chance, oddity } = plan;
  const recorded = plan.recorded ?? memory.recall(wantedBy(plan), plan.pick);
  const path = resolved(plan.path, recorded) as Record<string, unknown>;
  const draft: Draft = {
    method: operation.method,
    // Marked, so that it is known which segments are a parameter's.
    path: operation.path.replace(
      /\{(\w+)\}/g,
      (_, name) => `\u0001${encodeURIComponent(String(path[name]).toWellFormed())}`,
    ),
    query: Object.entries(resolved(plan.query, recorded) as object).map(([name, value]) => [
      name,
      String(value).toWellFormed(),
    ]),
    headers: new Map([["x-api-key", key]]),
    json: resolved(plan.body, recorded),
  };
  if (operation.body) draft.headers.set("content-type", "application/json");
  for (const [name, value] of Object.entries(resolved(plan.headers, recorded) as object)) {
    draft.headers.set(name.toLowerCase(), String(value).replace(/[^\x21-\x7e]/g, "-"));
  }
  // Such segments are resolved away, or are none.
  if (Object.values(path).some((value) => ["", ".", ".."].includes(String(value)))) draft.elsewhere = true;
  if (oddity) makeOdd(oddity, draft, chance);
  draft.path = draft.path.replaceAll("\u0001", "");
  return draft;
}

/** The names that are drawn, those of the outermost values first. */
function drawnIn(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (value instanceof Drawn) found.add(value.name.toLowerCase());
  else if (value !== null && typeof value === "object") for (const part of Object.values(value)) drawnIn(part, found);
  return found;
}

/** A value with what a record has in place of what is drawn. */
export function resolved(value: unknown, recorded: Recorded): unknown {
  if (value instanceof Drawn) return recordedAs(recorded, value.name.toLowerCase()) ?? value.fallback;
  if (Array.isArray(value)) return value.map((item) => resolved(item, recorded));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resolved(part, recorded)]));
}
