/** Delays between attempts of jobs, and of the steps of pipelines. */
import { type Static, Type } from "@sinclair/typebox";

/** The delays after failed attempts; an absent field has the connector's value, or else the service's. */
export const Backoff = Type.Object({
  /** Before the second attempt. */
  initial_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400 })),
  /** The factor by which each delay grows. */
  factor: Type.Optional(Type.Number({ minimum: 1, maximum: 10 })),
  /** The longest delay. */
  max_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400 })),
});
export type Backoff = Static<typeof Backoff>;
