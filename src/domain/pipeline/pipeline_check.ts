/** Checks a pipeline's steps, beyond their schema. */
import type { Step, Steps } from "../../../events/pipeline.ts";
import { type ParsedTime, parseTime } from "../../../events/time.ts";
import { excerpt } from "../../json/mod.ts";
import { type Expression, parseExpression } from "./expression.ts";
import { ExpressionError } from "./expression_cost.ts";
import { sizeOf } from "./expression_text.ts";
import { type EmbeddedExpression, expressionsIn, RenderError, singleExpressionText } from "./template.ts";

/**
 * The maximum number of expressions in one pipeline, and of characters (code points) of all of them: parsing those
 * takes about 10 ms.
 */
export const MAX_EXPRESSIONS = 1_000;
export const MAX_EXPRESSIONS_LENGTH = 30_000;
/** The check ends after so many faults: a response lists no more. */
const MAX_FAULTS = 20;
const KINDS = ["uses", "sleep", "wait_for_approval"] as const;

/** One invalid value: a JSON pointer into the steps, and what is wrong there. */
export interface StepFault {
  readonly pointer: string;
  readonly message: string;
}

/**
 * The faults of steps: none if they can run. They match their schema already.
 *
 * @param connectors the names that `uses` may have
 */
export function stepFaults(steps: Steps, connectors: ReadonlySet<string>): StepFault[] {
  // Counted before any is parsed: parsing is what takes time.
  const { places, refusal } = placesOf(steps);
  if (refusal !== undefined) return [{ pointer: "", message: refusal }];
  const faults: StepFault[] = [];
  const all = new Set(steps.map(({ id }) => id));
  const earlier = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const at = `/${index}`;
    if (earlier.has(step.id)) faults.push({ pointer: `${at}/id`, message: `repeats the id "${step.id}"` });
    faults.push(...shapeFaults(step, connectors).map(({ pointer, message }) => ({ pointer: at + pointer, message })));
    for (const place of places[index] ?? []) {
      if (faults.length >= MAX_FAULTS) return faults.slice(0, MAX_FAULTS);
      const messages = faultsAt(place, { step, all, earlier });
      faults.push(...messages.map((message) => ({ pointer: at + place.pointer, message })));
    }
    earlier.add(step.id);
  }
  return faults.slice(0, MAX_FAULTS);
}

interface Found {
  readonly pointer: string;
  /** An unparsed expression, or why a text contains none. */
  readonly place: EmbeddedExpression | RenderError;
  /** Whether `item` and `index` may be used. */
  readonly local: boolean;
}

/** The expressions of each step; or why there are too many to parse. The search ends as soon as that is known. */
function placesOf(steps: Steps): { places: readonly Found[][]; refusal?: string } {
  let count = 0;
  let length = 0;
  let unfit = 0;
  const places: Found[][] = [];
  for (const step of steps) {
    const found: Found[] = [];
    for (const one of expressionsOf(step)) {
      if (++count > MAX_EXPRESSIONS) return { places, refusal: `contain more than ${MAX_EXPRESSIONS} expressions` };
      if ("source" in one.place) length += sizeOf(one.place.source);
      if (length > MAX_EXPRESSIONS_LENGTH) {
        return { places, refusal: `contain expressions of more than ${MAX_EXPRESSIONS_LENGTH} characters together` };
      }
      found.push(one);
      if (one.place instanceof RenderError && ++unfit === MAX_FAULTS) return { places: [...places, found] };
    }
    places.push(found);
  }
  return { places };
}

function* expressionsOf(step: Step): Generator<Found> {
  const within = function* (pointer: string, value: unknown, local = false): Generator<Found> {
    for (const place of expressionsIn(value)) yield { pointer: pointer + place.pointer, place, local };
  };
  if (step.if !== undefined) yield whole("/if", step.if);
  if (step.for_each) yield whole("/for_each/items", step.for_each.items);
  yield* within("/with", step.with, step.for_each !== undefined);
  yield* within("/sleep/until", step.sleep?.until);
  yield* within("/wait_for_approval/message", step.wait_for_approval?.message);
}

function whole(pointer: string, text: string): Found {
  try {
    return { pointer, place: { pointer: "", source: singleExpressionText(text) }, local: false };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { pointer, place: new RenderError("", error), local: false };
  }
}

function faultsAt(
  { place, local }: Found,
  about: { step: Step; all: ReadonlySet<string>; earlier: ReadonlySet<string> },
): string[] {
  if (place instanceof RenderError) return [place.message];
  try {
    return nameFaults(parseExpression(place.source), { ...about, local });
  } catch (error) {
    if (error instanceof ExpressionError) return [error.message];
    throw error;
  }
}

function shapeFaults(step: Step, connectors: ReadonlySet<string>): StepFault[] {
  const faults: StepFault[] = [];
  const kinds = KINDS.filter((kind) => step[kind] !== undefined);
  if (kinds.length !== 1) {
    const given = kinds.length === 0 ? "none is given" : `${kinds.join(" and ")} are given`;
    faults.push({ pointer: "", message: `needs exactly one of uses, sleep and wait_for_approval; ${given}` });
  }
  if (step.uses !== undefined && !connectors.has(step.uses)) {
    const names = [...connectors].join(", ");
    faults.push({
      pointer: "/uses",
      message: `"${step.uses}" is not a connector of this service; use one of ${names}`,
    });
  }
  if (step.uses === undefined) {
    for (const field of ["with", "retry", "timeout_seconds", "for_each"] as const) {
      if (step[field] !== undefined) faults.push({ pointer: `/${field}`, message: "needs uses" });
    }
  }
  if (step.sleep && (step.sleep.seconds === undefined) === (step.sleep.until === undefined)) {
    faults.push({ pointer: "/sleep", message: "needs exactly one of seconds and until" });
  }
  const reading = step.sleep?.until === undefined ? undefined : literalTime(step.sleep.until);
  if (reading && "fault" in reading) faults.push({ pointer: "/sleep/until", message: reading.fault });
  return faults;
}

/** `undefined` if the time depends on expressions. */
function literalTime(until: string): ParsedTime | undefined {
  return until.includes("{{") ? undefined : parseTime(until);
}

function nameFaults(
  expression: Expression,
  about: { step: Step; all: ReadonlySet<string>; earlier: ReadonlySet<string>; local: boolean },
): string[] {
  const faults: string[] = [];
  for (const id of expression.steps) {
    if (about.earlier.has(id)) continue;
    if (!about.all.has(id)) faults.push(`refers to the step "${excerpt(id, 64)}", which does not exist`);
    else if (id === about.step.id) faults.push(`refers to its own step "${id}", which has not finished by then`);
    else faults.push(`refers to the step "${id}", which comes later`);
  }
  if (!about.local) {
    for (const name of ["item", "index"] as const) {
      if (expression.variables.has(name)) faults.push(`uses "${name}", which exists only in the with of a for_each`);
    }
  }
  return faults;
}
