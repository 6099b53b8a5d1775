/**
 * The front door: one function around everything that Elysia answers, so that no answer passes beside it, be it an
 * error, a file or a stream. Requests are looked at on the way in, answers get their headers on the way out.
 */
import { contextOf } from "./context.ts";
import { Problem, problemResponse } from "./problems.ts";
import { securityHeaders } from "./security_headers.ts";

type Handle = (request: Request) => Response | Promise<Response>;

/** Made for `app.wrap`: called with Elysia's own handler for each request. */
export function frontDoor(): (handle: Handle) => Handle {
  return (handle) => (request) => {
    let answer: Response | Promise<Response>;
    try {
      enter(request);
      answer = handle(request);
    } catch (error) {
      answer = refuse(request, error);
    }
    return answer instanceof Promise ? answer.then((response) => leave(request, response)) : leave(request, answer);
  };
}

/** What holds for every request, before anything of it is read. Throws problems. */
function enter(request: Request): void {
  contextOf(request);
}

function leave(request: Request, response: Response): Response {
  const { headers } = response;
  for (const [name, value] of securityHeaders) if (!headers.has(name)) headers.set(name, value);
  headers.set("x-request-id", contextOf(request).request_id);
  return response;
}

function refuse(request: Request, error: unknown): Response {
  if (!(error instanceof Problem)) throw error;
  return problemResponse(error, {
    instance: new URL(request.url).pathname,
    request_id: contextOf(request).request_id,
  });
}
