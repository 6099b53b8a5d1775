/** Turns whatever was thrown into a problem document, and logs what was a fault. */
import { Elysia } from "elysia";
import { connectionFault } from "../db/mod.ts";
import { AppendInDoubtError, LogUnavailableError } from "../log/errors.ts";
import { contextOf } from "./context.ts";
import type { ApiLogger } from "./options.ts";
import { Problem, problemResponse, problems } from "./problems.ts";

/** Answers every error of every route. Clients learn nothing internal; faults are logged with the request id. */
export function problemErrors(logger: ApiLogger, allowedMethods: (path: string) => readonly string[]) {
  return new Elysia({ name: "levqor/errors" }).onError({ as: "global" }, ({ error, code, request, set }) => {
    const { pathname } = new URL(request.url);
    const { request_id } = contextOf(request);
    const problem =
      code === "NOT_FOUND" ? notServed(request.method, pathname, allowedMethods(pathname)) : toProblem(error, code);
    if (problem.code === "internal_error" || problem.code === "unavailable" || problem.code === "outcome_unknown") {
      logger.error(
        { err: error, request_id, method: request.method, path: pathname },
        `Request failed: ${problem.code}`,
      );
    }
    // For the request log: what is returned is a finished answer.
    set.status = problems[problem.code].status;
    return problemResponse(problem, { instance: pathname, request_id });
  });
}

function notServed(method: string, path: string, allowed: readonly string[]): Problem {
  if (allowed.length === 0) return new Problem("not_found", `Nothing is served at ${path}.`);
  return new Problem("method_not_allowed", `${path} does not take ${method}; it takes ${allowed.join(", ")}.`, {
    headers: { allow: allowed.join(", ") },
  });
}

/** What a caller is told of whatever was thrown; `code` is Elysia's, where it was Elysia that threw. */
export function toProblem(error: unknown, code?: string | number): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof LogUnavailableError || connectionFault(error)) {
    return new Problem("unavailable", "The database cannot be reached. Nothing was recorded.", {
      headers: { "retry-after": "1" },
    });
  }
  if (error instanceof AppendInDoubtError) {
    return new Problem(
      "outcome_unknown",
      "The connection to the event log broke; whether the request was recorded is not known. Repeat it with the same Idempotency-Key.",
      { headers: { "retry-after": "1" } },
    );
  }
  if (code === "PARSE") return new Problem("malformed_json", "The body cannot be read.");
  if (code === "VALIDATION" || code === "INVALID_COOKIE_SIGNATURE") {
    return new Problem("validation_failed", "The request does not fit its schema.");
  }
  return new Problem("internal_error", "The service met a fault. It is on record under the request id.");
}
