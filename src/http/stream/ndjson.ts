/** Responses line by line: one JSON text each, pulled as the client reads them. */
import { textBody } from "./text_body.ts";

export interface LinesOptions {
  /** It is returned (its `finally` runs) when the client goes away. */
  readonly source: AsyncGenerator<object>;
  /** Stops the source, even while it waits. */
  readonly stop: AbortController;
  readonly headers?: Readonly<Record<string, string>>;
  /** The last line, if the source fails. */
  readonly onError: (error: unknown) => object;
}

export function ndjson({ source, stop, headers, onError }: LinesOptions): Response {
  const body = textBody({ source: linesOf(source), stop, onError: (error) => lineOf(onError(error)) });
  return new Response(body, {
    headers: {
      "content-type": "application/x-ndjson",
      // Asks proxies such as nginx not to buffer the stream.
      "x-accel-buffering": "no",
      ...headers,
    },
  });
}

async function* linesOf(source: AsyncGenerator<object>): AsyncGenerator<string> {
  for await (const line of source) yield lineOf(line);
}

function lineOf(line: object): string {
  return `${JSON.stringify(line)}\n`;
}
