/** Turns anything thrown into a problem document, and logs faults. */

import { Elysia } from "elysia";
import { connectionFault } from "../../db/mod.ts";
import {
  AppendInDoubtError,
  AppendRefusedError,
  ContendedError,
  LogBusyError,
  LogUnavailableError,
} from "../../log/errors.ts";
import { contextOf, pathOf } from "../context.ts";
import type { ApiLogger } from "../options.ts";
import { Problem, type ProblemKind, problemResponse } from "../problem.ts";
import { problems } from "../problems.ts";

/** The service's own faults, which are logged. */
const FAULTS: ReadonlySet<ProblemKind> = new Set([
  problems.internal_error,
  problems.unavailable,
  problems.outcome_unknown,
  problems.deadline_exceeded,
]);

/** Handles every error of every route. */
export function problemErrors(logger: ApiLogger, methodsOf: (path: string) => readonly string[]) {
  return new Elysia({ name: "levqor/errors" }).onError({ as: "global" }, ({ error, code, request }) => {
    const path = pathOf(request);
    const met = code === "NOT_FOUND" ? notServed(request.method, path, methodsOf(path)) : error;
    return refusal(met, { request, logger, code });
  });
}

/** The response to anything thrown. Clients learn nothing internal; faults are logged with the request id. */
export function refusal(
  error: unknown,
  { request, logger, code }: { request: Request; logger: ApiLogger; code?: string | number },
): Response {
  const problem = toProblem(error, code);
  const { request_id, route = null } = contextOf(request);
  const path = pathOf(request);
  if (FAULTS.has(problem.kind)) {
    logger.error({ err: error, request_id, method: request.method, route }, `Request failed: ${problem.code}`);
  }
  return problemResponse(problem, { instance: path, request_id });
}

function notServed(method: string, path: string, allowed: readonly string[]): Problem {
  if (allowed.length === 0) return new Problem(problems.not_found, `Nothing is served at ${path}.`);
  return new Problem(
    problems.method_not_allowed,
    `${path} does not support ${method}; it supports ${allowed.join(", ")}.`,
    {
      headers: { allow: allowed.join(", ") },
    },
  );
}

/** What a caller learns about anything thrown; `code` is Elysia's, if Elysia threw it. */
export function toProblem(error: unknown, code?: string | number): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof LogBusyError) {
    return new Problem(problems.unavailable, "Too many requests are waiting to be recorded. Nothing was recorded.", {
      retry_after_s: 1,
    });
  }
  if (error instanceof LogUnavailableError || connectionFault(error)) {
    return new Problem(problems.unavailable, "The database is unreachable. Nothing was recorded.", {
      retry_after_s: 1,
    });
  }
  if (error instanceof ContendedError) {
    return new Problem(problems.unavailable, "Other requests were faster at every attempt. Nothing was recorded.", {
      retry_after_s: 1,
    });
  }
  if (error instanceof AppendInDoubtError) {
    return new Problem(
      problems.outcome_unknown,
      "The connection to the event log broke; it is unknown whether the request was recorded. Repeat it with the same Idempotency-Key.",
      { retry_after_s: 1 },
    );
  }
  if (error instanceof AppendRefusedError) {
    return new Problem(problems.not_recordable, `The request cannot be recorded: ${error.reason}.`, { cause: error });
  }
  if (code === "PARSE") return new Problem(problems.malformed_json, "The body cannot be read.");
  if (code === "VALIDATION" || code === "INVALID_COOKIE_SIGNATURE") {
    return new Problem(problems.validation_failed, "The request does not match its schema.");
  }
  return new Problem(problems.internal_error, "The service encountered a fault, which is logged under the request id.");
}
