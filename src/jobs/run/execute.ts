/** Runs one attempt's connector and returns the outcome. */

import type { TSchema } from "@sinclair/typebox";
import {
  type Connector,
  type ConnectorContext,
  ConnectorError,
  type OutboundFetch,
} from "../../../connectors/connector.ts";
import type { JobError } from "../../../events/job.ts";
import { inSlice } from "../../async/mod.ts";
import { type Check, compileCheck, faultOfValue, JSON_DEPTH_LIMIT, keepAsText } from "../../json/mod.ts";

/** The longest result that a job may have, in UTF-16 units of JSON. */
const MAX_RESULT_LENGTH = 1_000_000;

/** How many of a payload's faults the error lists. */
const MAX_PAYLOAD_ERRORS = 10;

export type Outcome =
  /** `result`: as it is stored, see `JsonText`; `length`: of its JSON, in UTF-16 units. */
  | { readonly ok: true; readonly result: unknown; readonly length: number }
  /** `fault`: the exception, if it was no expected failure. It may contain secrets: only for the service's log. */
  | {
      readonly ok: false;
      readonly error: JobError;
      readonly fault?: unknown;
      /** How many seconds the external service asks us to wait. */
      readonly retry_after?: number;
    };

/** A connector with the compiled check of its input. */
export interface Runnable {
  readonly connector: Connector;
  readonly input: Check<TSchema>;
}

/** Compiles the checks of connectors, once for all jobs. */
export function toRunnables(connectors: ReadonlyMap<string, Connector>): ReadonlyMap<string, Runnable> {
  return new Map(
    [...connectors].map(([name, connector]) => [name, { connector, input: compileCheck(connector.input) }]),
  );
}

/** Runs a payload. Throws the signal's reason if the connector stopped because the signal fired; nothing else. */
export async function execute(
  { connector, input }: Runnable,
  { payload, context }: { payload: unknown; context: ConnectorContext },
): Promise<Outcome> {
  if (!input.is(payload)) return { ok: false, error: invalidPayload(connector.name, input, payload) };
  try {
    const result = await connector.run(payload, { ...context, fetch: stoppable(context) });
    return await inSlice(() => checked(result), { before_others: true });
  } catch (error) {
    if (error instanceof ConnectorError) {
      const { detail, retry_after } = error.options;
      return {
        ok: false,
        error: { code: error.code, message: error.message, ...(detail === undefined ? {} : { detail }) },
        retry_after,
      };
    }
    context.signal.throwIfAborted();
    const message = `The connector "${connector.name}" broke; the service's own log has the details.`;
    return { ok: false, error: { code: "connector_fault", message }, fault: error };
  }
}

/** Its calls end with the attempt, whether the connector, or a library, passes the signal on or not. */
function stoppable({ fetch, signal }: ConnectorContext): OutboundFetch {
  return (url, init = {}) =>
    fetch(url, { ...init, signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal });
}

function invalidPayload(name: string, input: Check<TSchema>, payload: unknown): JobError {
  const errors: { pointer: string; message: string }[] = [];
  for (const { path, message } of input.errors(payload)) {
    if (errors.push({ pointer: path, message }) >= MAX_PAYLOAD_ERRORS) break;
  }
  const [first] = errors;
  const where = first ? `${first.pointer || "/"}: ${first.message}` : "it does not fit the schema";
  return { code: "invalid_payload", message: `The payload does not fit "${name}": ${where}.`, detail: { errors } };
}

/** A result that the log can store. */
function checked(result: unknown): Outcome {
  const unfit = faultOfValue(result);
  if (unfit?.code === "too_deep") {
    const message = `The result is nested more than ${JSON_DEPTH_LIMIT} levels deep.`;
    return { ok: false, error: { code: "result_too_deep", message } };
  }
  if (unfit) {
    const message = `The result has a number that JSON cannot represent, at ${unfit.pointer || "its top"}.`;
    return { ok: false, error: { code: "result_not_json", message } };
  }
  let json: string;
  try {
    json = JSON.stringify(result) ?? "null";
  } catch (fault) {
    return { ok: false, error: { code: "result_not_json", message: "The result cannot be written as JSON." }, fault };
  }
  const { length } = json;
  if (length <= MAX_RESULT_LENGTH) return { ok: true, result: keepAsText(result ?? null, json), length };
  const message = `The result takes ${length} characters of JSON; ${MAX_RESULT_LENGTH} are allowed.`;
  return { ok: false, error: { code: "result_too_large", message } };
}
