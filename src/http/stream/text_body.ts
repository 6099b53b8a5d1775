/** Bodies of responses, of text or bytes, pulled as the client reads them. */

export interface TextOptions {
  /** It is returned (its `finally` runs) when the client goes away. */
  readonly source: AsyncGenerator<string | Uint8Array>;
  /** Stops the source, even while it waits. */
  readonly stop: AbortController;
  /**
   * The last text, if the source fails; absent: the connection is cut, so that a part is not mistaken for the whole.
   */
  readonly onError?: (error: unknown) => string;
}

const encoder = new TextEncoder();

export function textBody({ source, stop, onError }: TextOptions): ReadableStream<Uint8Array> {
  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const write = (part: string | Uint8Array) =>
      controller.enqueue(typeof part === "string" ? encoder.encode(part) : part);
    try {
      const { done, value } = await source.next();
      if (!done) return write(value);
    } catch (error) {
      if (!onError) {
        stop.abort();
        return controller.error(error);
      }
      write(onError(error));
    }
    stop.abort();
    controller.close();
  }

  async function cancel(): Promise<void> {
    stop.abort();
    await source.return(undefined);
  }

  return new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 1 });
}
