/** Parses JSON from callers: faults become problems. */
import { JsonError, type JsonErrorCode, parseJson } from "../../json/mod.ts";
import { Problem, type ProblemKind } from "../problem.ts";
import { problems } from "../problems.ts";

const KINDS: Readonly<Record<JsonErrorCode, ProblemKind>> = {
  malformed: problems.malformed_json,
  too_deep: problems.json_too_deep,
  duplicate_key: problems.duplicate_key,
  number_not_representable: problems.number_not_representable,
  too_many_numeric_keys: problems.too_many_numeric_keys,
};

const NOT_REPRESENTABLE =
  "must be an integer of 64 bits or a number that a double represents exactly; send it as a string";

/**
 * Parses a JSON text from a caller. `what` describes the text in problems. Throws the problems `malformed_json`,
 * `json_too_deep`, `duplicate_key`, `number_not_representable` and `too_many_numeric_keys`.
 */
export function readJsonText(text: string, what: "body" | "message" = "body"): unknown {
  try {
    return parseJson(text, { what });
  } catch (error) {
    throw error instanceof JsonError ? problemOf(error) : error;
  }
}

function problemOf(error: JsonError): Problem {
  const errors = error.pointers.map((pointer) => ({ pointer, message: NOT_REPRESENTABLE }));
  return new Problem(KINDS[error.code], error.message, { cause: error, ...(errors.length > 0 && { errors }) });
}
