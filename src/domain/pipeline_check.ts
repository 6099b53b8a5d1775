/** What is wrong with a pipeline's steps, beyond what their schema says. */
import type { Step, Steps } from "../../events/pipeline.ts";
import { readTime, type TimeReading } from "../../events/time.ts";
import { type Expression, ExpressionError } from "./expression.ts";
import { expressionsIn, wholeExpression } from "./template.ts";

/** So many expressions at most in one pipeline. */
const MAX_EXPRESSIONS = 1_000;
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
  const faults: StepFault[] = [];
  const all = new Set(steps.map(({ id }) => id));
  const earlier = new Set<string>();
  let expressions = 0;
  for (const [index, step] of steps.entries()) {
    const at = `/${index}`;
    if (earlier.has(step.id)) faults.push({ pointer: `${at}/id`, message: `repeats the id "${step.id}"` });
    faults.push(...shapeFaults(step, connectors).map(({ pointer, message }) => ({ pointer: at + pointer, message })));
    for (const { pointer, found, local } of expressionsOf(step)) {
      expressions++;
      const messages =
        found instanceof ExpressionError ? [found.message] : nameFaults(found, { step, all, earlier, local });
      faults.push(...messages.map((message) => ({ pointer: at + pointer, message })));
    }
    earlier.add(step.id);
  }
  if (expressions > MAX_EXPRESSIONS) {
    faults.push({ pointer: "", message: `hold ${expressions} expressions; ${MAX_EXPRESSIONS} are allowed` });
  }
  return faults;
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

interface Found {
  readonly pointer: string;
  readonly found: Expression | ExpressionError;
  /** Whether `item` and `index` may be named. */
  readonly local: boolean;
}

function expressionsOf(step: Step): Found[] {
  const whole = (pointer: string, text: string | undefined): Found[] => {
    if (text === undefined) return [];
    try {
      return [{ pointer, found: wholeExpression(text), local: false }];
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return [{ pointer, found: error, local: false }];
    }
  };
  const within = (pointer: string, value: unknown, local = false): Found[] =>
    expressionsIn(value).map(({ pointer: inner, found }) => ({ pointer: pointer + inner, found, local }));
  return [
    ...whole("/if", step.if),
    ...whole("/for_each/items", step.for_each?.items),
    ...within("/with", step.with, step.for_each !== undefined),
    ...within("/sleep/until", step.sleep?.until),
    ...within("/wait_for_approval/message", step.wait_for_approval?.message),
  ];
}

function nameFaults(
  expression: Expression,
  about: { step: Step; all: ReadonlySet<string>; earlier: ReadonlySet<string>; local: boolean },
): string[] {
  const faults: string[] = [];
  for (const id of expression.steps) {
    if (about.earlier.has(id)) continue;
    if (!about.all.has(id)) faults.push(`names the step "${id}", which is not there`);
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
