/** Gives handlers their request's id, and the request's context the route that answers. */
import { Elysia } from "elysia";
import { contextOf } from "./context.ts";

export function requestIds() {
  return new Elysia({ name: "levqor/request-id" }).derive({ as: "global" }, ({ request, route }) => {
    const context = contextOf(request);
    context.route = route;
    return { request_id: context.request_id };
  });
}
