/** Liveness: `/`, `/health`. And the meaning of problems: `/problems/:error`. */

import { Type } from "@sinclair/typebox";
import { toUnixSeconds } from "../../../events/time.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiConfig } from "../../http/options.ts";
import { Problem, type ProblemKind, problemKind } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { nameParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { Health, ProblemDescription, Root } from "./schemas.ts";

const ProblemCode = Type.String({ description: "A problem's code.", examples: ["job_not_found"] });

export function rootRoutes({ version, build }: Pick<ApiConfig, "version" | "build">) {
  return [
    route(
      {
        method: "GET",
        path: "/",
        id: "getRoot",
        any_query: true,
        without_database: true,
        tag: tags.service,
        summary: "Get the service's name and version",
        description: "Returns the service's name, version and build.",
        responses: {
          200: {
            description: "The service is running.",
            schema: Root,
            example: { ok: true, service: "levqor-backend", version, build },
          },
        },
      },
      () => ({ ok: true, service: "levqor-backend", version, build }),
    ),
    route(
      {
        method: "GET",
        path: "/health",
        id: "getHealth",
        any_query: true,
        without_database: true,
        tag: tags.service,
        summary: "Check liveness",
        description:
          "Responds as soon as the process accepts requests, whatever the state of its dependencies: for those, see /api/v1/ops/health.",
        responses: { 200: { description: "It is alive.", schema: Health, example: { ok: true, ts: 1768469400 } } },
        rate: "none",
      },
      () => ({ ok: true, ts: toUnixSeconds(Date.now()) }),
    ),
    route(
      {
        method: "GET",
        path: "/problems/:error",
        id: "getProblem",
        without_database: true,
        tag: tags.service,
        summary: "Explain a problem code",
        description: "Describes a code in error responses: their `type` points here.",
        params: { error: nameParam(ProblemCode, problems.not_found) },
        responses: {
          200: {
            description: "The problem's meaning.",
            schema: ProblemDescription,
            example: described(problems.job_not_found),
          },
        },
      },
      (call) => {
        const kind = problemKind(call.params.error);
        if (!kind) {
          throw new Problem(
            problems.not_found,
            "No problem has this code; /docs/json lists them all in the schema Problem.",
          );
        }
        return described(kind);
      },
    ),
  ];
}

function described({ code: error, status, title, help }: ProblemKind) {
  return { error, status, title, help };
}
