/** @jsxImportSource preact */
/** Where people begin to sign in at their organisation's provider, and where they come back to. Both only lead on, or say why not. */
import { statSync } from "node:fs";
import { renderToString } from "preact-render-to-string";
import { endReplaced } from "../../access/session_ends.ts";
import { SESSION_MAX_MS } from "../../domain/session.ts";
import { SSO_MS } from "../../domain/sso.ts";
import { sessionBefore } from "../../http/auth.ts";
import type { Cause } from "../../http/call.ts";
import { contextOf, pathOf, queryOf } from "../../http/context.ts";
import { WEB_APP } from "../../http/door/cors.ts";
import type { Page } from "../../http/page.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { safeNext } from "../../http/request/next.ts";
import { invalid, UUID } from "../../http/request/validation.ts";
import { addressScope, admitRarely } from "../../rate/mod.ts";
import type { FeatureParts } from "../feature.ts";
import { begin, isSame, NEXT_MAX, readBegun } from "./begun.ts";
import { usableConnection } from "./commands.ts";
import { ssoProblems } from "./problems.ts";
import { type Provider, UnusableProviderError } from "./provider.ts";
import { recordRefusal, recordReturn, signIn } from "./sign_in.ts";
import { addressesOf, CALLBACK_PATH, START_PATH } from "./urls.ts";

/** Visits of both pages from one network: an office may have one address. */
export const SSO_VISITS = { quota: 300, period_s: 900 };
const USER_AGENT_MAX = 512;

const MODIFIED = statSync(import.meta.path).mtime;

type Parts = Pick<
  FeatureParts,
  "access" | "addressOf" | "config" | "cookies" | "limiter" | "log" | "site" | "sql" | "vault"
>;

export function ssoPages(parts: Parts, provider: Pick<Provider, "authorizationUrl" | "exchange">): Page[] {
  const { access, addressOf, config, cookies, limiter, log, site, sql, vault } = parts;
  const { public_url, cors_origins } = config;
  const origins = [WEB_APP, ...cors_origins, ...(public_url === undefined ? [] : [public_url])];
  return [
    { path: START_PATH, render: (request) => answered(request, start) },
    { path: CALLBACK_PATH, render: (request) => answered(request, finish) },
  ];

  async function start(request: Request): Promise<Response> {
    const { org_id, connection } = await target(request);
    const next = nextOf(request);
    if (isFromElsewhere(request)) {
      const { sign_in_url } = addressesOf(request, { public_url, org_id });
      const href = `${new URL(sign_in_url).pathname}?${new URLSearchParams({ next })}`;
      const body = renderToString(<Asking domain={connection.domain} issuer={connection.issuer} href={href} />);
      return await page(request, { title: "Single sign-on", body });
    }
    const { cookie, ...begun } = await begin(vault, { org_id, connection_id: connection.connection_id, next });
    const { redirect_uri } = addressesOf(request, { public_url, org_id });
    const location = await provider.authorizationUrl(connection, { ...begun, redirect_uri }).catch((error) => {
      if (!(error instanceof UnusableProviderError)) throw error;
      throw new Problem(ssoProblems.sso_provider_failed, `The provider's address ${error.message}.`);
    });
    return leadTo(location, [cookies.sso.write({ value: cookie, max_age_s: SSO_MS / 1_000 })]);
  }

  async function finish(request: Request): Promise<Response> {
    const { org_id, connection } = await target(request);
    const { headers, request_id, traceparent } = contextOf(request);
    const cause: Cause = traceparent === undefined ? { request_id } : { request_id, traceparent };
    const cookie = cookies.sso.read(headers);
    const now = Date.now();
    const begun = await readBegun(vault, { cookie, org_id, connection_id: connection.connection_id, now });
    const brought = new URLSearchParams(queryOf(request)).getAll("state");
    if (!begun || brought.length !== 1 || !isSame(brought[0] as string, begun.state)) {
      throw new Problem(ssoProblems.sso_expired, "This browser did not begin it here, or longer than ten minutes ago.");
    }
    const { sign_in_id, next } = begun;
    const returning = { org_id, sign_in_id, cause };
    if (!(await recordReturn(log, returning))) {
      throw new Problem(ssoProblems.sso_used, "It came back from the provider before.");
    }
    const signed = await completed().catch(async (error) => {
      if (error instanceof Problem) await recordRefusal(log, { ...returning, code: error.code });
      throw error;
    });
    await endReplaced({ access, log }, { user: signed.user, before: sessionBefore(request), meta: cause });
    return leadTo(next, [
      cookies.session.write({ value: signed.secret, max_age_s: SESSION_MAX_MS / 1_000 }),
      cookies.sso.write({ value: "", max_age_s: 0 }),
    ]);

    async function completed() {
      const url = new URL(`${addressesOf(request, { public_url, org_id }).redirect_uri}?${queryOf(request)}`);
      const outcome = await provider.exchange(connection, { ...(begun as NonNullable<typeof begun>), url });
      if (!outcome.ok) throw new Problem(ssoProblems[outcome.code], outcome.detail);
      const from = {
        ip: addressOf(request),
        user_agent: headers["user-agent"]?.slice(0, USER_AGENT_MAX).toWellFormed() ?? null,
      };
      return await signIn({ log, vault }, { ...returning, connection, person: outcome.person, from });
    }
  }

  /** Throws the problem `sso_unavailable`, whatever there is too little of. */
  async function target(request: Request) {
    const org_id = (pathOf(request).split("/")[3] ?? "").toLowerCase();
    const connection = UUID.test(org_id) ? await usableConnection(log, org_id) : undefined;
    if (connection) return { org_id, connection };
    throw new Problem(ssoProblems.sso_unavailable, "Nobody can sign in to this organisation at a provider.");
  }

  /** Throws the problem `validation_failed`. */
  function nextOf(request: Request): string {
    const text = new URLSearchParams(queryOf(request)).get("next") ?? "/";
    const next = text.length > NEXT_MAX ? undefined : safeNext(text, origins);
    if (next !== undefined && Buffer.byteLength(next) <= NEXT_MAX) return next;
    const message = `must be a path of this service, or a URL of an origin that may call it, of at most ${NEXT_MAX} bytes`;
    throw invalid([{ pointer: "?next", message }]);
  }

  /** Throws the problem `rate_limited`. */
  async function count(request: Request): Promise<void> {
    if (!limiter?.limitsAnonymous) return;
    const scope = await vault.pseudonym({ kind: "sso_limit", value: addressScope(addressOf(request)) });
    const wait_s = Math.ceil(await admitRarely(sql, [{ policy: "sso", scope, ...SSO_VISITS }]));
    if (wait_s === 0) return;
    const detail = `Single sign-on is visited at most ${SSO_VISITS.quota} times within 15 minutes from one network; the next in ${wait_s} s.`;
    throw new Problem(problems.rate_limited, detail, { retry_after_s: wait_s });
  }

  /** Answers with a page that says what is wrong, if something is. */
  async function answered(request: Request, answer: typeof start): Promise<Response> {
    try {
      await count(request);
      return await answer(request);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { title, status, help, code } = error.kind;
      const body = renderToString(<Refusal detail={error.detail} help={help} code={code} />);
      const response = await page(request, { title, body, status });
      const { retry_after_s } = error.options;
      if (retry_after_s !== undefined) response.headers.set("retry-after", String(retry_after_s));
      return response;
    }
  }

  async function page(
    request: Request,
    { title, body, status = 200 }: { title: string; body: string; status?: number },
  ) {
    const about = { title, description: title, address: "/auth/sso", modified: MODIFIED, body, is_own: true } as const;
    const shown = await site.show(request, about);
    return new Response(shown.body, { status, headers: shown.headers });
  }
}

/**
 * Whether a page of somebody else's leads here. It may lead to an organisation of theirs, whose provider would sign a visitor in as
 * somebody else without a word.
 */
function isFromElsewhere(request: Request): boolean {
  const site = contextOf(request).headers["sec-fetch-site"];
  return site === "cross-site" || site === "same-site";
}

function leadTo(location: string, cookies: readonly string[]): Response {
  const headers = new Headers({ location, "cache-control": "no-store" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function Refusal({ detail, help, code }: { detail: string; help: string; code: string }) {
  return (
    <>
      <p role="alert">{detail}</p>
      <p>{help}</p>
      <p>
        Code: <code>{code}</code>
      </p>
      <p>
        <a class="button" href="/auth/sign-in">
          Sign in with a link
        </a>
      </p>
    </>
  );
}

function Asking({ domain, issuer, href }: { domain: string; issuer: string; href: string }) {
  return (
    <>
      <p>
        You are about to sign in with an address at <strong>{domain}</strong>, at the provider{" "}
        <strong>{new URL(issuer).host}</strong>. If you do not know it, close this page.
      </p>
      <p>
        <a class="button" href={href}>
          Sign in
        </a>
      </p>
    </>
  );
}
