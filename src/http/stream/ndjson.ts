/** Answers line by line: JSON texts, one in each, pulled as the client reads them. */

export interface LinesOptions {
  /** It is returned (its `finally` runs) when the client goes away. */
  readonly source: AsyncGenerator<object>;
  /** Stops the source, also where it waits. */
  readonly stop: AbortController;
  readonly headers?: Readonly<Record<string, string>>;
  /** The last line, where the source breaks. */
  readonly onError: (error: unknown) => object;
}

const encoder = new TextEncoder();

export function ndjson({ source, stop, headers, onError }: LinesOptions): Response {
  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const write = (line: object) => controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
    try {
      const { done, value } = await source.next();
      if (!done) return write(value);
    } catch (error) {
      write(onError(error));
    }
    stop.abort();
    controller.close();
  }

  async function cancel(): Promise<void> {
    stop.abort();
    await source.return(undefined);
  }

  const body = new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 1 });
  return new Response(body, {
    headers: {
      "content-type": "application/x-ndjson",
      // Asks proxies such as nginx not to gather the stream.
      "x-accel-buffering": "no",
      ...headers,
    },
  });
}
