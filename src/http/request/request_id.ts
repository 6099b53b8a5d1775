/** Gives handlers what identifies their request. */
import { Elysia } from "elysia";
import type { EventMeta } from "../../../events/envelope.ts";
import { contextOf } from "../context.ts";

/** What the meta of an event says of the request that caused it. */
export type Cause = Pick<EventMeta, "request_id" | "traceparent"> & { readonly request_id: string };

export function requestIds() {
  return new Elysia({ name: "levqor/request-id" }).derive({ as: "global" }, ({ request }) => {
    const { request_id, traceparent } = contextOf(request);
    const cause: Cause = traceparent === undefined ? { request_id } : { request_id, traceparent };
    return { request_id, cause };
  });
}
