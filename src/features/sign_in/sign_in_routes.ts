/** Signing in by mail: asking for a link, and using it. */
import { VISITOR } from "../../../events/account.ts";
import { endReplaced } from "../../access/session_ends.ts";
import { SESSION_MAX_MS } from "../../domain/session.ts";
import { LINK_MS, type SignInRejection } from "../../domain/sign_in.ts";
import type { ApiParts } from "../../http/api.ts";
import { sessionBefore } from "../../http/auth.ts";
import type { Cause } from "../../http/call.ts";
import { contextOf } from "../../http/context.ts";
import { tags } from "../../http/document/tags.ts";
import { WEB_APP } from "../../http/door/cors.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkedEmail } from "../../http/request/email.ts";
import { safeNext } from "../../http/request/next.ts";
import { isFromOwnPage } from "../../http/request/session_cookie.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { addressScope, admitRarely } from "../../rate/mod.ts";
import { type Redeemed, readSignIn, redeem, rejectCode, requestSignIn } from "./commands.ts";
import { signInProblems } from "./problems.ts";
import { EXAMPLE_SESSION_ID, RedeemRequest, SignedIn, SignInAccepted, SignInRequest } from "./schemas.ts";
import { isCode, newBrowserSecret, readBrowserCookie, signInCode, signInOfToken } from "./secrets.ts";

/** Requests for one address, and from one network. */
export const SIGN_INS = { quota: 5, period_s: 900 };
/** Refusals are delayed by this much, as those of other floods are, but no more than some at once. */
const HOLD_MS = 1_000;
const HELD_MAX = 1_000;

/** How long a browser may use the code that it asked for: as long as that is valid, and some time for the mail to be sent. */
const BROWSER_S = (2 * LINK_MS) / 1_000;
const USER_AGENT_MAX = 512;

type Parts = Pick<
  ApiParts,
  "access" | "addressOf" | "config" | "cookies" | "limiter" | "log" | "sql" | "timing" | "vault"
>;

export function signInRoutes({ access, addressOf, config, cookies, limiter, log, sql, timing, vault }: Parts) {
  const { public_url, cors_origins } = config;
  const origins = [WEB_APP, ...cors_origins, ...(public_url === undefined ? [] : [public_url])];
  let held = 0;

  return [
    route(
      {
        method: "POST",
        path: "/auth/sign-in",
        id: "requestSignIn",
        tag: tags.sessions,
        summary: "Ask for a link to sign in",
        description: `Mails a link and a code to the address, whether or not it is a user's: it becomes one's. The response is the same in any case. The browser gets a cookie, with which it can use the code. At most ${SIGN_INS.quota} requests in 15 minutes are accepted for one address, and from one network.`,
        records: "many",
        body: SignInRequest,
        responses: {
          202: {
            description: "If mail can be delivered there, it is on its way.",
            schema: SignInAccepted,
            example: { status: "accepted" },
          },
        },
        errors: [problems.invalid_email],
      },
      async (call) => {
        const { request, body, cause } = call;
        const email = checkedEmail(body.email, "/email");
        const next = body.next === undefined ? null : checkedNext(body.next);
        await count(request, email);
        const sign_in_id = Bun.randomUUIDv7();
        const { cookie, hash: browser } = newBrowserSecret(sign_in_id);
        await requestSignIn(log, { sign_in_id, email, next, browser, meta: { actor: VISITOR, ...cause } });
        call.set.headers["set-cookie"] = cookies.sign_in.write({ value: cookie, max_age_s: BROWSER_S });
        return { status: "accepted" };
      },
    ),
    route(
      {
        method: "POST",
        path: "/auth/redeem",
        id: "redeemSignIn",
        tag: tags.sessions,
        summary: "Sign in with a link or code",
        description:
          'Uses up the link that was mailed, or its code, and begins a session. The token is what follows the # in the link; the code is accepted only from the browser that asked for it, 5 times. A page of this service gets the session as a cookie; with `deliver: "token"` the response has it, for programs and other origins. Of many who try at once, one succeeds. A session whose cookie was sent along ends.',
        body: RedeemRequest,
        responses: {
          200: {
            description: "The user is signed in.",
            schema: SignedIn,
            example: {
              user: "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
              session_id: EXAMPLE_SESSION_ID,
              next: "/",
              token: null,
            },
          },
        },
        errors: [signInProblems.link_used, signInProblems.link_expired, signInProblems.wrong_code],
      },
      async (call) => {
        const { request, body, cause } = call;
        const context = contextOf(request);
        const by_cookie = body.deliver !== "token";
        if (by_cookie && !isFromOwnPage(context, public_url)) {
          const detail =
            'Only pages of this service get the session as a cookie: send "deliver": "token" to get it in the response.';
          throw new Problem(problems.origin_refused, detail);
        }
        const from = {
          ip: addressOf(request),
          user_agent: context.headers["user-agent"]?.slice(0, USER_AGENT_MAX).toWellFormed() ?? null,
        };
        const redeemed =
          "token" in body
            ? await byToken(body.token, { from, cause })
            : await byCode(body.code, { from, cause, cookie: cookies.sign_in.read(context.headers) });
        if (!redeemed.ok) throw refusal(redeemed.refusal);
        const { user, session_id, secret, next, position } = redeemed;
        await endReplaced({ access, log }, { user, before: sessionBefore(request), meta: cause });
        call.recorded(position);
        if (by_cookie) {
          call.set.headers["set-cookie"] = cookies.session.write({ value: secret, max_age_s: SESSION_MAX_MS / 1000 });
        }
        return { user, session_id, next: next ?? "/", token: by_cookie ? null : secret };
      },
    ),
  ];

  function checkedNext(text: string): string {
    const next = safeNext(text, origins);
    if (next !== undefined) return next;
    const message = "must be a path of this service, such as /public/docs, or a URL of an origin in CORS_ORIGINS";
    throw invalid([{ pointer: "/next", message }]);
  }

  /** Throws the problem `rate_limited`, late, if there were too many requests for the address or from the network. */
  async function count(request: Request, email: string): Promise<void> {
    if (!limiter?.limitsAnonymous) return;
    const named = [`email ${email}`, `ip ${addressScope(addressOf(request))}`];
    const scopes = await Promise.all(named.map((value) => vault.pseudonym({ kind: "sign_in_limit", value })));
    const limits = scopes.map((scope) => ({ policy: "sign-in", scope, ...SIGN_INS }));
    const wait_s = Math.ceil(await admitRarely(sql, limits));
    if (wait_s === 0) return;
    if (held < HELD_MAX) {
      held++;
      await Bun.sleep(timing?.hold_ms ?? HOLD_MS);
      held--;
    }
    const detail = `At most ${SIGN_INS.quota} links to sign in within 15 minutes are sent to one address, and asked for from one network; the next in ${wait_s} s.`;
    throw new Problem(problems.rate_limited, detail, {
      retry_after_s: wait_s,
      members: { violated_policies: ["sign-in"] },
    });
  }

  interface Trying {
    readonly from: { readonly ip: string; readonly user_agent: string | null };
    readonly cause: Cause;
  }

  async function byToken(token: string, { from, cause }: Trying): Promise<Redeemed> {
    const sign_in_id = await signInOfToken(vault, token);
    if (sign_in_id === undefined) return expired("This is no link of this service.");
    return await redeem(log, { sign_in_id, with: "link", now: Date.now(), from, meta: cause });
  }

  async function byCode(code: string, { from, cause, cookie }: Trying & { cookie: string | null }): Promise<Redeemed> {
    const browser = cookie === null ? undefined : readBrowserCookie(cookie);
    const { sign_in_id } = browser ?? {};
    const asked = sign_in_id === undefined ? undefined : (await readSignIn(log, sign_in_id)).state.requested;
    if (sign_in_id === undefined || !asked || asked.browser !== browser?.hash) {
      return expired("A code is accepted only from the browser that asked for it, within ten minutes.");
    }
    const now = Date.now();
    if (isCode(code, await signInCode(vault, sign_in_id))) {
      return await redeem(log, { sign_in_id, with: "code", now, from, meta: cause });
    }
    const refused = await rejectCode(log, { sign_in_id, now, meta: { actor: VISITOR, ...cause } });
    if (refused) return { ok: false, refusal: refused };
    throw new Problem(signInProblems.wrong_code, "The code is not the one in the mail.");
  }
}

function expired(message: string): Redeemed {
  return { ok: false, refusal: { rejected: true, code: "link_expired", message } };
}

function refusal({ code, message }: SignInRejection): Problem {
  return new Problem(code === "link_used" ? signInProblems.link_used : signInProblems.link_expired, message);
}
