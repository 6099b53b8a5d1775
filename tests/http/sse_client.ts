/** Reads server-sent events as an external client does. */

export interface Frame {
  readonly id: number;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: an external client knows no types
  readonly data: any;
}

export interface SseClient {
  readonly response: Response;
  /** Comments seen so far, for example heartbeats. */
  readonly comments: string[];
  /** The next `count` events; fewer if the stream ends before. */
  take(count: number): Promise<Frame[]>;
  /** Resolves when the server ends the stream, to the events until then. */
  rest(): Promise<Frame[]>;
  /** What the service said when it ended the stream. */
  closed(): { reason: string; detail: string } | undefined;
  close(): Promise<void>;
}

export async function openSse(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
  const response = await fetch(url, { headers });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const comments: string[] = [];
  const frames: Frame[] = [];
  let partial = "";
  let closed: { reason: string; detail: string } | undefined;

  async function read(): Promise<boolean> {
    const { done, value } = await reader.read();
    if (done) return false;
    partial += value;
    const blocks = partial.split("\n\n");
    partial = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = block.split("\n").map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
      });
      const of = (name: string) => fields.filter(([field]) => field === name).map(([, text]) => text);
      comments.push(...of(""));
      const [id] = of("id");
      if (of("event")[0] === "closed") closed = JSON.parse(of("data").join("\n"));
      if (id !== undefined)
        frames.push({ id: Number(id), event: of("event")[0] ?? "", data: JSON.parse(of("data").join("\n")) });
    }
    return true;
  }

  return {
    response,
    comments,
    async take(count) {
      while (frames.length < count && (await read()));
      return frames.splice(0, count);
    },
    async rest() {
      while (await read());
      return frames.splice(0);
    },
    closed: () => closed,
    close: () => reader.cancel(),
  };
}
