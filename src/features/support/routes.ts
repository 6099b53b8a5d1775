/** Support: people ask for help, with or without an account, and operators answer. */
import { VISITOR } from "../../../events/account.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { personalClasses } from "../../../events/personal.ts";
import { supportSubject } from "../../../events/support.ts";
import { userOf } from "../../../events/user.ts";
import type { Caller } from "../../access/mod.ts";
import { SUPPORT_REOPENINGS_MAX } from "../../domain/support.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { idParam } from "../../http/request/params.ts";
import { healthOf } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { Allowance } from "../../rate/mod.ts";
import { addMessage, changeThread, openThread } from "./commands.ts";
import { supportProblems } from "./problems.ts";
import { countWaiting, isOpened, readThread, type Side, selectThreads, sideOf } from "./queries.ts";
import {
  EXAMPLE_REPLY_TOKEN,
  EXAMPLE_THREAD_ID,
  ListedSupportThread,
  SupportHealth,
  SupportListQuery,
  SupportMessageRequest,
  SupportOpened,
  SupportRequest,
  SupportThread,
  SupportThreadChanged,
  SupportThreadList,
  ThreadId,
} from "./schemas.ts";

const ROUTE = "/api/v1/support";

const threadIdParam = idParam({
  schema: ThreadId,
  what: "thread",
  invalid: supportProblems.invalid_thread_id,
  missing: supportProblems.thread_not_found,
});

const [HEALTH] = SupportHealth.examples as [object];
const [LISTED] = ListedSupportThread.examples as [object];
const [EXAMPLE] = SupportThread.examples as [object];
const [CHANGED] = SupportThreadChanged.examples as [object];

/** Threads that a process opens for callers without a key, wherever they come from: each is a mail to operators. */
export const OPENINGS = { at_once: 100, an_hour: 60 };
/** When to retry, in seconds: by then one more may be opened. */
const RETRY_AFTER_S = 60;

export function supportRoutes({
  log,
  sql,
  projector,
  timing,
  vault,
}: Pick<ApiOptions, "log" | "sql" | "projector" | "timing" | "vault">) {
  const openings = new Allowance(OPENINGS, () => performance.now());
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "openSupportThread",
        tag: tags.support,
        summary: "Ask for help",
        description:
          "Opens a support thread; no key is needed. Keep the reply_token: with it, and only with it, the thread can be read and continued. A repetition with the same Idempotency-Key and body gets the same token, so use a random key, such as a UUID.",
        idempotent: true,
        rate: "support",
        body: SupportRequest,
        responses: {
          201: {
            description: "The thread is open.",
            schema: SupportOpened,
            example: { thread_id: EXAMPLE_THREAD_ID, status: "open", reply_token: EXAMPLE_REPLY_TOKEN },
          },
        },
        errors: [supportProblems.too_many_threads],
      },
      async (call) => {
        const { idempotency_key, caller, cause, body } = call;
        const thread_id = call.newId();
        const isCounted = caller === undefined && openings.acquire();
        if (caller === undefined && !isCounted && !(await isOpened(log, thread_id))) {
          const detail = "Too many support threads were opened without a key.";
          throw new Problem(supportProblems.too_many_threads, detail, { retry_after_s: RETRY_AFTER_S });
        }
        const meta = {
          actor: caller?.actor ?? VISITOR,
          // With a user, it is forgotten: whether they ask with a session or with a key of their account.
          subject: (caller && userAsking(caller)) ?? supportSubject(thread_id),
          correlation_id: thread_id,
          ...cause,
        };
        let isNew = false;
        try {
          const opened = await openThread(log, { thread_id, idempotency_key, meta, ...body });
          isNew = opened.ok && !opened.replayed;
          const { reply_token } = call.once(opened);
          return { thread_id, status: "open", reply_token };
        } finally {
          if (isCounted && !isNew) openings.release();
        }
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listSupportThreads",
        tag: tags.support,
        summary: "List support threads, newest first",
        description: "Shows who wrote last and when, but not what was written.",
        scope: "support:read",
        query: SupportListQuery,
        list: true,
        responses: {
          200: {
            description: "A page of threads.",
            schema: SupportThreadList,
            example: { data: [LISTED], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const { status } = call.query;
        const select = (before: number | undefined, take: number) => selectThreads(sql, { status, before, take });
        return await call.page("support_threads", { select, show: ({ position: _, ...thread }) => thread });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/health`,
        id: "getSupportHealth",
        tag: tags.support,
        summary: "Get the health of the support inbox",
        description:
          "For monitors: whether what is new becomes visible, how many threads are open, and how many of them wait for an answer.",
        scope: "support:read",
        responses: {
          200: {
            description: "Open threads, and those that wait for an answer.",
            schema: SupportHealth,
            example: HEALTH,
          },
        },
        errors: [problems.read_model_behind],
      },
      async () =>
        await healthOf(projector, {
          name: "support_threads",
          figures: () => countWaiting(sql),
          wait_ms: timing?.read_model_wait_ms,
        }),
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:thread_id`,
        id: "getSupportThread",
        tag: tags.support,
        summary: "Get a support thread",
        description: "Returns a thread with all its messages, as the log has it now.",
        scope: "support:read",
        secret_header: "Levqor-Reply-Token",
        params: { thread_id: threadIdParam },
        responses: { 200: { description: "The thread.", schema: SupportThread, example: EXAMPLE } },
      },
      async ({ params, secret }) => {
        const thread = await readThread(log, { ...params, secret });
        if (!thread) throw notFound(params.thread_id);
        return thread;
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:thread_id/messages`,
        id: "addSupportMessage",
        tag: tags.support,
        summary: "Add a message to a support thread",
        description:
          "Continues a thread as its sender, with the reply token, or answers it as an operator, with a key.",
        scope: "support:write",
        secret_header: "Levqor-Reply-Token",
        idempotent: true,
        params: { thread_id: threadIdParam },
        body: SupportMessageRequest,
        responses: { 201: { description: "The message is added.", schema: SupportThreadChanged, example: CHANGED } },
        errors: [problems.conflict],
      },
      async (call) => {
        const { party: from, subject } = await reached(call);
        const message = { from, ...call.body };
        const added = await addMessage(log, { ...call.params, meta: metaOf(call, subject), ...message });
        if (!added.ok && added.reason === "refused") throw new Problem(problems.conflict, added.refusal.message);
        call.once(added);
        return { ...call.params, status: "open" };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:thread_id/close`,
        id: "closeSupportThread",
        tag: tags.support,
        summary: "Close a support thread",
        description:
          "Ends a thread, as its sender or as an operator: it accepts no more messages. Closing a closed thread changes nothing.",
        scope: "support:write",
        secret_header: "Levqor-Reply-Token",
        params: { thread_id: threadIdParam },
        responses: {
          200: {
            description: "The thread is closed.",
            schema: SupportThreadChanged,
            example: { ...CHANGED, status: "closed" },
          },
        },
      },
      async (call) => {
        const handled = await change(call, "close");
        if (handled.ok) call.recorded(handled.position);
        return { ...call.params, status: "closed" };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:thread_id/reopen`,
        id: "reopenSupportThread",
        tag: tags.support,
        summary: "Reopen a support thread",
        description: `Lets a closed thread accept messages again, as its sender or as an operator, up to ${SUPPORT_REOPENINGS_MAX} times. Reopening an open thread changes nothing.`,
        scope: "support:write",
        secret_header: "Levqor-Reply-Token",
        params: { thread_id: threadIdParam },
        responses: { 200: { description: "The thread is open.", schema: SupportThreadChanged, example: CHANGED } },
        errors: [problems.conflict],
      },
      async (call) => {
        const handled = await change(call, "reopen");
        if (!handled.ok) throw new Problem(problems.conflict, handled.refusal.message);
        call.recorded(handled.position);
        return { ...call.params, status: "open" };
      },
    ),
    route(
      {
        method: "DELETE",
        path: `${ROUTE}/:thread_id`,
        id: "eraseSupportThread",
        tag: tags.support,
        summary: "Erase a support thread",
        description:
          "Destroys, for good, the keys with which the sender's address and all messages are encrypted, as the sender or as an operator: from then on they are null everywhere, in the history, exports and backups, too. The thread accepts no more messages. Threads that a user opened are erased with the user. Erasing again changes nothing.",
        scope: "support:write",
        secret_header: "Levqor-Reply-Token",
        params: { thread_id: threadIdParam },
        responses: {
          200: {
            description: "The thread is erased.",
            schema: SupportThreadChanged,
            example: { ...CHANGED, status: "erased" },
          },
        },
        errors: [supportProblems.thread_of_user],
      },
      async (call) => {
        const { party: by, subject } = await reached(call);
        if (userOf(subject) !== undefined) {
          throw new Problem(supportProblems.thread_of_user, "A user opened the thread: it is erased with them.");
        }
        const meta = metaOf(call, subject);
        const handled = await changeThread(log, { ...call.params, command: { type: "erase", by }, meta });
        await vault.destroy(subject, personalClasses);
        if (handled.ok) call.recorded(handled.position);
        return { ...call.params, status: "erased" };
      },
    ),
  ];

  /** The caller's side of the thread, and whose data it has. Throws the problem `thread_not_found`. */
  async function reached({ params: { thread_id }, secret }: InThread): Promise<Side> {
    const side = await sideOf(log, { thread_id, secret });
    if (!side) throw notFound(thread_id);
    return side;
  }

  async function change(call: InThread, type: "close" | "reopen") {
    const { party: by, subject } = await reached(call);
    return await changeThread(log, { ...call.params, command: { type, by }, meta: metaOf(call, subject) });
  }
}

/** The meta of a change to the thread that a call names. */
function metaOf(call: InThread, subject: string): EventMeta {
  const { caller, params, cause } = call;
  return {
    actor: caller?.actor ?? VISITOR,
    subject,
    correlation_id: params.thread_id,
    ...cause,
    causation_id: call.repeatableId(),
  };
}

type InThread = Pick<
  Call<{ readonly thread_id: string }, unknown, unknown, Caller | undefined>,
  "params" | "secret" | "caller" | "cause" | "repeatableId"
>;

function notFound(thread_id: string): Problem {
  return new Problem(supportProblems.thread_not_found, `No support thread with the id ${thread_id} can be shown.`);
}

/** The user who asks, as the vault names them; `undefined`: it is nobody's own account. */
function userAsking({ actor, account }: Caller): string | undefined {
  return [actor, account].find((one) => userOf(one) !== undefined);
}
