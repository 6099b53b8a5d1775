/** Pages and files for browsers: everything under `/public/`, and what clients look for at the root. */

import { Elysia } from "elysia";
import { RangeNotSatisfiableError } from "../../web/mod.ts";
import type { ApiOptions } from "../options.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

const PATHS = ["/public", "/public/*", "/.well-known/security.txt", "/robots.txt", "/sitemap.xml", "/favicon.ico"];

export function pageRoutes({ site }: Pick<ApiOptions, "site">) {
  const serve = async ({ request }: { request: Request }): Promise<Response> => {
    const response = (await site.answer(request).catch(outOfRange)) ?? (await site.notFound(request));
    if (response) return response;
    throw new Problem(problems.not_found, `Nothing is served at ${new URL(request.url).pathname}.`);
  };
  const app = new Elysia({ name: "levqor/pages" });
  for (const path of PATHS) app.get(path, serve, { detail: { hide: true } });
  return app;
}

function outOfRange(error: unknown): never {
  if (!(error instanceof RangeNotSatisfiableError)) throw error;
  const headers = { "content-range": `bytes */${error.size}` };
  throw new Problem(problems.range_not_satisfiable, `${error.message}.`, { headers });
}
