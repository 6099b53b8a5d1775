/** Callbacks: their signing secrets, the list of a job's attempts, and redelivery. */

import { authorOf } from "../../../events/account.ts";
import { decode, type KnownEvent } from "../../../events/mod.ts";
import { secondsAfter } from "../../../events/time.ts";
import type { ApiParts } from "../../http/api.ts";
import { tags } from "../../http/document/tags.ts";
import { PAGE_LIMIT_DEFAULT } from "../../http/limits.ts";
import { byVersion, fromCursor, page } from "../../http/paging.ts";
import { problems } from "../../http/problems.ts";
import { jobIdParam, jobNotFound } from "../../http/request/job_id.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { readHistory } from "../../jobs/commands.ts";
import { recordCommand } from "./job_refusal.ts";
import { type CallbackEntry, CallbackLog, CallbackRequested, CallbackSecret, CallbackSecretQuery } from "./schemas.ts";

const CALLBACKS = byVersion("callbacks");
/** Events of a job that are read at once. */
const EVENTS_AT_ONCE = 50;

export function callbackRoutes({
  log,
  callback_secrets,
  reading,
}: Pick<ApiParts, "log" | "callback_secrets" | "reading">) {
  return [
    route(
      {
        method: "GET",
        path: "/api/v1/callbacks/secret",
        id: "getCallbackSecret",
        tag: tags.jobs,
        summary: "Get the secret that signs callbacks to a receiver",
        description:
          "Returns the secret for verifying the callbacks of the caller's own jobs at one receiver, in the form that libraries for Standard Webhooks expect. Each account has a separate secret for each origin that it uses in a callback_url: what is signed for one does not verify at another. It does not change, even if the caller's key is rotated, until the operator replaces WEBHOOK_SECRET; during that time there is a next_secret, and callbacks have a signature from each. A scheduled job uses the secret of the schedule's author; a replay that of the origin's submitter, unless it has its own payload. The operator's keys share one account.",
        scope: "jobs:write",
        without_database: true,
        query: CallbackSecretQuery,
        responses: {
          200: {
            description: "The secret. Keep it as safe as a key.",
            schema: CallbackSecret,
            example: {
              account: "operator",
              receiver: "https://example.com",
              secret: "whsec_ZXhhbXBsZSBvZiBhIHNlY3JldCwgMzIgYnl0ZXMuLi4=",
              next_secret: null,
            },
          },
        },
      },
      (call) => {
        const { caller } = call;
        const { receiver: url } = call.query;
        const account = authorOf(caller);
        call.set.headers["cache-control"] = "no-store";
        return { account, receiver: new URL(url).origin, ...callback_secrets.of({ account, url }) };
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/jobs/:job_id/callbacks",
        id: "listJobCallbacks",
        tag: tags.jobs,
        summary: "List a job's callback attempts",
        description:
          "Every attempt to deliver the job's callback, and every requested redelivery, in order. An attempt is one POST of at most 15 seconds, with the headers and the signature of Standard Webhooks; redirects are not followed, and 2xx means delivered. The first attempt follows the job's end at once, the others 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h after the previous one, each up to a fifth later at random, or after the response's Retry-After, at most a day. A 410, or an address that is not public, ends them. The webhook-id is the same at every attempt. Empty until the first attempt, and for a job without callback_url.",
        scope: "jobs:read",
        params: { job_id: jobIdParam },
        query: PageQuery,
        responses: {
          200: {
            description: "A page of the log, oldest first.",
            schema: CallbackLog,
            example: {
              data: [
                {
                  version: 4,
                  outcome: "retrying",
                  attempt: 1,
                  webhook_id: "msg_0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                  status_code: 503,
                  error: {
                    code: "unexpected_status",
                    message: "The receiver responded with 503; 2xx means delivered.",
                  },
                  next_attempt_at: "2026-01-15T09:30:05.412Z",
                  actor: "worker:0197a1ef-2b1c-7d4e-8f5a-6b7c8d9e0f1a",
                  recorded_at: "2026-01-15T09:30:00.345678Z",
                },
                {
                  version: 5,
                  outcome: "delivered",
                  attempt: 2,
                  webhook_id: "msg_0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                  status_code: 204,
                  error: null,
                  next_attempt_at: null,
                  actor: "worker:0197a1ef-2b1c-7d4e-8f5a-6b7c8d9e0f1a",
                  recorded_at: "2026-01-15T09:30:05.901234Z",
                },
              ],
              has_more: false,
              next_cursor: null,
            },
          },
        },
        errors: [problems.invalid_cursor],
      },
      async (call) => {
        const { caller, job: named } = call;
        const { limit = PAGE_LIMIT_DEFAULT, cursor } = call.query;
        const entries: CallbackEntry[] = [];
        // A job may have many other events, and large ones: they are read in turn, as for streams.
        for (let after_version = fromCursor(cursor, CALLBACKS) ?? 0, more = true; more && entries.length <= limit; ) {
          const part = { ...named, after_version, limit: EVENTS_AT_ONCE };
          const events = await reading.take(caller.counted_as, () => readHistory(log, part));
          if (!events || (events.length === 0 && after_version === 0)) throw jobNotFound(named.job_id);
          entries.push(...events.filter(isOfCallback).flatMap((event) => entryOf(decode(event))));
          more = events.length === EVENTS_AT_ONCE;
          after_version = events.at(-1)?.version ?? after_version;
        }
        const { items, has_more, next_cursor } = page(entries, limit, {
          kind: CALLBACKS,
          keyOf: ({ version }) => version,
        });
        return { data: items, has_more, next_cursor };
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/jobs/:job_id/callbacks/redeliver",
        id: "redeliverJobCallback",
        tag: tags.jobs,
        summary: "Redeliver a job's callback",
        description:
          "Requests that the callback is sent again, at once and with all its attempts, whatever its state: with the same webhook-id and body. An attempt that is under way counts as the first. The job must have finished and have a callback_url, and there can be at most 100 redeliveries; otherwise the response is 409.",
        scope: "jobs:write",
        params: { job_id: jobIdParam },
        responses: {
          202: {
            description: "The redelivery is recorded.",
            schema: CallbackRequested,
            example: { job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", callback: "pending" },
          },
        },
        errors: [problems.conflict],
      },
      async (call) => {
        await recordCommand(log, call, { type: "request_callback" });
        return { job_id: call.job.job_id, callback: "pending" };
      },
    ),
  ];
}

function isOfCallback({ type }: { readonly type: string }): boolean {
  return type.startsWith("job.callback_");
}

/** How the list shows an event; nothing for one that is not about the callback. */
function entryOf(event: KnownEvent): CallbackEntry[] {
  const { version, meta, recorded_at } = event;
  const entry = {
    version,
    attempt: null,
    webhook_id: null,
    status_code: null,
    error: null,
    next_attempt_at: null,
    actor: meta.actor,
    recorded_at,
  };
  switch (event.type) {
    case "job.callback_attempted": {
      const { retry_in_seconds, ...attempt } = event.data;
      const next_attempt_at = secondsAfter(recorded_at, retry_in_seconds);
      return [{ ...entry, outcome: "retrying", ...attempt, next_attempt_at }];
    }
    case "job.callback_delivered":
      return [{ ...entry, outcome: "delivered", ...event.data }];
    case "job.callback_failed":
      return [{ ...entry, outcome: "failed", ...event.data }];
    case "job.callback_requested":
      return [{ ...entry, outcome: "requested" }];
    default:
      return [];
  }
}
