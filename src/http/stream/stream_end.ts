/** Why the service ends a stream. A client that resumes from the last position it saw misses nothing. */

interface ClosedKind {
  /** For a person, and short: a WebSocket's close frame has 123 bytes. */
  readonly detail: string;
  /** The close code of a WebSocket (RFC 6455; 4000 to 4999 are for applications). */
  readonly code: number;
}

export const closedReasons = {
  slow_consumer: { code: 4408, detail: "Nothing was read for too long. Connect again and resume." },
  silent: { code: 4408, detail: "No ping was answered for too long. Connect again and resume." },
  too_many_messages: {
    code: 1008,
    detail: "The caller sent more messages than allowed. Connect again and send fewer.",
  },
  stopping: { code: 1001, detail: "The service is stopping. Connect again and resume." },
  unauthorized: { code: 4401, detail: "The key or token is no longer valid. Connect again with another." },
  fault: { code: 1011, detail: "The events cannot be read at the moment. Connect again and resume." },
} as const satisfies Record<string, ClosedKind>;

export type ClosedReason = keyof typeof closedReasons;
