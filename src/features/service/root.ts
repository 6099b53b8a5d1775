/** Whether the service is there: `/`, `/health`. And what problems mean: `/problems/:error`. */

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { describe } from "../../http/document/openapi.ts";
import type { ApiConfig } from "../../http/options.ts";
import { Problem, type ProblemCode, type ProblemKind, problems } from "../../http/problem.ts";
import { requestIds } from "../../http/request/request_id.ts";
import { Health, ProblemDescription, Root } from "./schemas.ts";

export function rootRoutes({ version, build }: Pick<ApiConfig, "version" | "build">) {
  return new Elysia({ name: "levqor/root" })
    .use(requestIds())
    .get("/", () => ({ ok: true, service: "levqor-backend", version, build }), {
      detail: describe({
        id: "getRoot",
        any_query: true,
        tag: "Service",
        summary: "Name and version",
        description: "Says which service this is and which version and build of it is running.",
        answers: {
          200: {
            description: "The service is there.",
            schema: Root,
            example: { ok: true, service: "levqor-backend", version, build },
          },
        },
      }),
    })
    .get("/health", () => ({ ok: true, ts: Math.floor(Date.now() / 1000) }), {
      detail: describe({
        id: "getHealth",
        any_query: true,
        tag: "Service",
        summary: "Liveness",
        description:
          "Answers as soon as the process takes requests, whatever the state of what it depends on: for that, see /api/v1/ops/health.",
        answers: { 200: { description: "It is alive.", schema: Health, example: { ok: true, ts: 1768469400 } } },
        rate: "none",
      }),
    })
    .get(
      "/problems/:error",
      ({ params }) => {
        if (!Object.hasOwn(problems, params.error)) {
          throw new Problem("not_found", "No problem has this code; /docs/json lists them all in the schema Problem.");
        }
        const { status, title, help }: ProblemKind = problems[params.error as ProblemCode];
        return { error: params.error, status, title, help };
      },
      {
        detail: describe({
          id: "getProblem",
          tag: "Service",
          summary: "What a problem means",
          description: "Describes a code that error answers carry: their `type` points here.",
          params: { error: Type.String({ description: "A problem's code.", examples: ["job_not_found"] }) },
          answers: {
            200: {
              description: "The problem's meaning.",
              schema: ProblemDescription,
              example: { error: "job_not_found", ...problems.job_not_found },
            },
          },
          errors: ["not_found"],
        }),
      },
    );
}
