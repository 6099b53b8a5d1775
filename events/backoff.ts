/** Pauses between attempts: of jobs, and of the steps of pipelines. */
import { type Static, Type } from "@sinclair/typebox";

/** How long a failed attempt is followed by none; what is absent is as the connector has it, or the service. */
export const Backoff = Type.Object({
  /** Before the second attempt. */
  initial_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400 })),
  /** By how much each pause is longer than the one before. */
  factor: Type.Optional(Type.Number({ minimum: 1, maximum: 10 })),
  /** No pause is longer. */
  max_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400 })),
});
export type Backoff = Static<typeof Backoff>;
