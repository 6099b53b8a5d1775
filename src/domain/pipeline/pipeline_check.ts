/** What is wrong with a pipeline's steps, beyond what their schema says. */
import type { Step, Steps } from "../../../events/pipeline.ts";
import { readTime, type TimeReading } from "../../../events/time.ts";
import { excerpt } from "../../json/mod.ts";
import { type Expression, parseExpression } from "./expression.ts";
import { ExpressionError } from "./expression_cost.ts";
import { sizeOf } from "./expression_text.ts";
import { type Place, placesIn, RenderError, wholeSource } from "./template.ts";

/** So many expressions at most in one pipeline, and characters (code points) of all of them: reading those takes about 10 ms. */
export const MAX_EXPRESSIONS = 1_000;
export const MAX_EXPRESSIONS_LENGTH = 30_000;
/** More are not looked for: an answer names no more. */
const MAX_FAULTS = 20;
const KINDS = ["uses", "sleep", "wait_for_approval"] as const;

/** One value that does not fit: a JSON pointer into the steps, and what is wrong there. */
export interface StepFault {
  readonly pointer: string;
  readonly message: string;
}

/**
 * The faults of steps: none where they can be run. They fit their schema already.
 *
 * @param connectors the names that `uses` may give
 */
export function stepFaults(steps: Steps, connectors: ReadonlySet<string>): StepFault[] {
  // Counted before any is read: reading is what takes time.
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
  /** An expression not read yet, or why a text holds none. */
  readonly place: Place | RenderError;
  /** Whether `item` and `index` may be named. */
  readonly local: boolean;
}

/** Where expressions stand, step by step; or why that is too much to read. No more is looked at than is needed. */
function placesOf(steps: Steps): { places: readonly Found[][]; refusal?: string } {
  let count = 0;
  let length = 0;
  let unfit = 0;
  const places: Found[][] = [];
  for (const step of steps) {
    const found: Found[] = [];
    for (const one of expressionsOf(step)) {
      if (++count > MAX_EXPRESSIONS) return { places, refusal: `hold more than ${MAX_EXPRESSIONS} expressions` };
      if ("source" in one.place) length += sizeOf(one.place.source);
      if (length > MAX_EXPRESSIONS_LENGTH) {
        return { places, refusal: `hold expressions of more than ${MAX_EXPRESSIONS_LENGTH} characters together` };
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
    for (const place of placesIn(value)) yield { pointer: pointer + place.pointer, place, local };
  };
  if (step.if !== undefined) yield whole("/if", step.if);
  if (step.for_each) yield whole("/for_each/items", step.for_each.items);
  yield* within("/with", step.with, step.for_each !== undefined);
  yield* within("/sleep/until", step.sleep?.until);
  yield* within("/wait_for_approval/message", step.wait_for_approval?.message);
}

function whole(pointer: string, text: string): Found {
  try {
    return { pointer, place: { pointer: "", source: wholeSource(text) }, local: false };
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
    faults.push({ pointer: "/uses", message: `"${step.uses}" is no connector of this service; there are: ${names}` });
  }
  if (step.uses === undefined) {
    for (const field of ["with", "retry", "timeout_seconds", "for_each"] as const) {
      if (step[field] !== undefined) faults.push({ pointer: `/${field}`, message: "goes with uses only" });
    }
  }
  if (step.sleep && (step.sleep.seconds === undefined) === (step.sleep.until === undefined)) {
    faults.push({ pointer: "/sleep", message: "needs exactly one of seconds and until" });
  }
  const reading = step.sleep?.until === undefined ? undefined : literalTime(step.sleep.until);
  if (reading && "fault" in reading) faults.push({ pointer: "/sleep/until", message: reading.fault });
  return faults;
}

/** `undefined` where it takes expressions to know the time. */
function literalTime(until: string): TimeReading | undefined {
  return until.includes("{{") ? undefined : readTime(until);
}

function nameFaults(
  expression: Expression,
  about: { step: Step; all: ReadonlySet<string>; earlier: ReadonlySet<string>; local: boolean },
): string[] {
  const faults: string[] = [];
  for (const id of expression.steps) {
    if (about.earlier.has(id)) continue;
    if (!about.all.has(id)) faults.push(`names the step "${excerpt(id, 64)}", which is not there`);
    else if (id === about.step.id) faults.push(`names its own step "${id}", which has not ended by then`);
    else faults.push(`names the step "${id}", which comes later`);
  }
  if (!about.local) {
    for (const name of ["item", "index"] as const) {
      if (expression.variables.has(name)) faults.push(`names "${name}", which there is only in the with of a for_each`);
    }
  }
  return faults;
}
