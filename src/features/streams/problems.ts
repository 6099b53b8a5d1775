/** What can go wrong on a WebSocket. */
import { defineProblems } from "../../http/problem.ts";

export const streamProblems = defineProblems({
  subscription_not_found: {
    status: 404,
    title: "Subscription not found",
    help: "This connection has no subscription with this id. It may have ended by itself, in which case a message said so.",
  },
  subscription_exists: {
    status: 409,
    title: "Subscription already exists",
    help: "This connection already has a subscription with this id. Choose another id, or leave it out.",
  },
  message_too_large: {
    status: 413,
    title: "Message too large",
    help: "A message sent over a WebSocket can hold at most 16 KB (16,384 bytes).",
  },
  upgrade_required: {
    status: 426,
    title: "Upgrade required",
    help: "This path is a WebSocket: connect with a WebSocket client (RFC 6455, version 13).",
  },
  too_many_subscriptions: {
    status: 429,
    title: "Too many subscriptions",
    help: "One connection can have at most 32 subscriptions. End one, follow all jobs with a single subscription, or open another connection.",
  },
});
