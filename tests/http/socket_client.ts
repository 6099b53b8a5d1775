/** Speaks to `/api/v1/jobs/ws` as an external client does. */

// biome-ignore lint/suspicious/noExplicitAny: an external client knows no types
export type Message = any;

export interface SocketClient {
  readonly protocol: string;
  /** An object goes as JSON, anything else as it is. */
  send(message: object | string): void;
  sendBinary(bytes: Uint8Array<ArrayBuffer>): void;
  /** The next message; throws if the connection ends before, or after 15 s. */
  next(): Promise<Message>;
  /** The next `count` events, whatever the subscription. */
  events(count: number): Promise<Message[]>;
  /** Everything until the connection ends, and how it ended. */
  rest(): Promise<{ messages: Message[]; code: number; reason: string }>;
  close(): void;
}

export interface SocketOptions {
  readonly headers?: Record<string, string>;
  readonly protocols?: string[];
}

/** Resolves when the connection is open; throws if it is rejected. */
export async function openSocket(url: string, options: SocketOptions = {}): Promise<SocketClient> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/v1/jobs/ws`, options as never);
  const messages: Message[] = [];
  const ended = Promise.withResolvers<{ code: number; reason: string }>();
  let arrived = Promise.withResolvers<void>();
  let isOver = false;
  socket.onmessage = ({ data }) => {
    messages.push(JSON.parse(data as string));
    arrived.resolve();
  };
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onclose = ({ code, reason }) => {
    isOver = true;
    opened.reject(new Error(`The connection was closed with ${code} ${reason}`));
    ended.resolve({ code, reason });
    arrived.resolve();
  };
  await opened.promise;

  async function next(): Promise<Message> {
    const timeout = setTimeout(() => arrived.reject(new Error("No message came within 15 s")), 15_000);
    try {
      while (messages.length === 0) {
        if (isOver) throw new Error("The connection ended before a message came");
        await arrived.promise;
        arrived = Promise.withResolvers();
      }
    } finally {
      clearTimeout(timeout);
    }
    return messages.shift();
  }

  return {
    protocol: socket.protocol,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    sendBinary: (bytes) => socket.send(bytes),
    next,
    async events(count) {
      const events: Message[] = [];
      while (events.length < count) {
        const message = await next();
        if (message.type !== "event") throw new Error(`Not an event: ${JSON.stringify(message)}`);
        events.push(message);
      }
      return events;
    },
    async rest() {
      const end = await ended.promise;
      return { messages: messages.splice(0), ...end };
    },
    close: () => socket.close(),
  };
}
