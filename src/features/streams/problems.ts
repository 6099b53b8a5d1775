/** What can go wrong on a WebSocket. */
import { defineProblems } from "../../http/problem.ts";

export const streamProblems = defineProblems({
  subscription_not_found: {
    status: 404,
    title: "Subscription not found",
    help: "This connection has no subscription with this id. It may have ended by itself: then a message said so.",
  },
  subscription_exists: {
    status: 409,
    title: "Subscription exists",
    help: "This connection has a subscription with this id already. Choose another id, or leave it out.",
  },
  message_too_large: {
    status: 413,
    title: "Message too large",
    help: "A client's message over a WebSocket holds at most 16 KB (16,384 bytes).",
  },
  upgrade_required: {
    status: 426,
    title: "Upgrade required",
    help: "This path is a WebSocket: connect to it with a WebSocket client (RFC 6455, version 13).",
  },
  too_many_subscriptions: {
    status: 429,
    title: "Too many subscriptions",
    help: "One connection holds at most 32 subscriptions. End one, follow all jobs with one subscription, or open another connection.",
  },
});
