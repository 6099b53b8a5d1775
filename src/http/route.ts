/**
 * One declaration of a call, and its handler. The declaration determines who may make the call, what is read of the
 * request and how it is checked, which problems it has, and its place in the API document.
 *
 * scope, a cookie's page, terms, recent sign-in -> URL and rate limit -> path -> the job that it names -> If-Match,
 * Idempotency-Key -> query -> body's signature -> body -> handler
 */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { Server } from "bun";
import { Elysia } from "elysia";
import type { Caller, Scope } from "../access/mod.ts";
import { type Auth, knownCaller } from "./auth.ts";
import { Call, type ListSource, type ResponseHead } from "./call.ts";
import { contextOf, queryOf } from "./context.ts";
import {
  type AnyDeclaration,
  type Declaration,
  isStream,
  type PathParam,
  type StaticOf,
  type Values,
} from "./declaration.ts";
import type { SecretHeader } from "./document/headers.ts";
import { describeOperation } from "./document/openapi.ts";
import type { RateGate } from "./door/rate_limit.ts";
import type { Page } from "./page.ts";
import { readJson, readJsonIfAny } from "./request/body.ts";
import { idempotencyKey } from "./request/idempotency.ts";
import { ifMatch } from "./request/if_match.ts";
import { jobIdParam } from "./request/job_id.ts";
import { checkUrl, type KnownQuery, knownQuery } from "./request/known_query.ts";
import { queryReader, validator } from "./request/validation.ts";

/** A call that can be served: created by {@link route}. */
export interface Route {
  readonly declaration: AnyDeclaration;
  readonly handle: (call: Call) => unknown;
}

/** What calls share. */
export interface Kit {
  /** Absent: only calls that are open to all can be served. */
  readonly auth?: Auth;
  /** Absent: no lists can be served. */
  readonly lists?: ListSource;
  /** Absent: there are no rate limits. */
  readonly limits?: RateGate | undefined;
}

/**
 * Declares a call. `handle` returns the response: a `Response`, or what is sent as JSON with the first of `responses`.
 */
export function route<
  // biome-ignore lint/complexity/noBannedTypes: no parameters
  const Params extends Readonly<Record<string, PathParam>> = {},
  Query extends TObject | undefined = undefined,
  Body extends TSchema | undefined = undefined,
  Needed extends Scope | undefined = undefined,
  Secret extends SecretHeader | undefined = undefined,
>(
  declaration: Declaration<Params, Query, Body, Needed, Secret>,
  handle: (call: Call<Values<Params>, StaticOf<Query>, StaticOf<Body>, CallerOf<Needed, Secret>>) => unknown,
): Route {
  return { declaration, handle: handle as Route["handle"] };
}

/** The type of a call's caller: known for certain only if the call cannot be made without a key. */
type CallerOf<Needed, Secret> = Needed extends Scope
  ? Secret extends SecretHeader
    ? Caller | undefined
    : Caller
  : Caller | undefined;

/** An app that serves calls and pages. */
export function serveRoutes(routes: readonly (Route | Page)[], kit: Kit): Elysia {
  const app = new Elysia({ name: "levqor/routes" });
  for (const each of routes) {
    if ("render" in each) {
      app.get(each.path, ({ request }) => each.render(request), { detail: { hide: true } });
      continue;
    }
    const { method, path } = each.declaration;
    const respond = handlerOf(each, kit);
    app.route(
      method,
      path,
      // Elysia inspects the handler for what it must prepare: what is mentioned here, and no more.
      ({ request, params, set, server }) => respond({ request, params, set: set as ResponseHead, server }),
      { parse: "none", detail: describeOperation(each.declaration) },
    );
  }
  return app;
}

interface Arriving {
  readonly request: Request;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly set: ResponseHead;
  readonly server: Server<unknown> | null;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

function handlerOf({ declaration, handle }: Route, kit: Kit): (arriving: Arriving) => Promise<unknown> {
  const { path, scope, secret_header, rate, any_query, idempotent, if_match, body_optional, checkText, waits_s, list } =
    declaration;
  const { auth, limits, lists } = kit;
  const params = Object.entries(declaration.params ?? {});
  const namesJob = params.some(([, param]) => param === jobIdParam);
  const known: KnownQuery = any_query ?? knownQuery(declaration.query);
  const readQuery = queryOfCall(declaration);
  const checkBody = declaration.body && validator(declaration.body);
  const readBody = body_optional ? readJsonIfAny : readJson;
  const admit = admissionOf(declaration, auth);
  const [status] = Object.keys(declaration.responses).map(Number) as [number];

  if ((scope || namesJob) && !auth) throw new Error(`Cannot serve ${path}: there is no authentication`);
  if (list && !lists) throw new Error(`Cannot serve ${path}: there are no read models`);

  const readPath = (given: Arriving["params"]) =>
    Object.fromEntries(params.map(([name, { read }]) => [name, read(given[name] as string)]));
  const enterLimit =
    rate === undefined || rate === "none" ? undefined : (request: Request) => limits?.enterRoute(request, rate);
  const secretOf = (request: Request) => secret_header && contextOf(request).headers[secret_header.toLowerCase()];
  const reachedJob = async ({ caller, params }: Call) =>
    await (auth as Auth).reachedJob(caller as Caller, (params as { job_id: string }).job_id);

  return async ({ request, params: given, set, server }) => {
    const call = new Call({ request, server, set, path, lists }) as Writable<Call>;
    call.secret = secretOf(request);
    const admitted = admit(request, call.secret);
    call.caller = admitted instanceof Promise ? await admitted : admitted;
    checkUrl(request, known);
    enterLimit?.(request);
    if (params.length > 0) call.params = readPath(given);
    if (namesJob) call.job = await reachedJob(call as Call);
    if (if_match) call.expected_version = ifMatch(request);
    if (idempotent) call.idempotency_key = idempotencyKey(request);
    if (readQuery) call.query = readQuery(request);
    if (checkBody) {
      const { value, ...sent } = await readBody(request);
      call.sent = sent;
      checkText?.(sent.text, request);
      call.body = checkBody(value);
    }
    if (waits_s !== undefined) wait(request, { server, seconds: waits_s });
    const response = await handle(call as Call);
    if (status > 200 && !(response instanceof Response)) setStatus(set, status);
    return response;
  };
}

/**
 * Finds out who makes a call, and checks that they may: `undefined` if they are not known and need not be. A promise if that
 * must wait, which is rare: for the first call of a user.
 */
function admissionOf(declaration: AnyDeclaration, auth: Auth | undefined) {
  const { method, scope, without_terms, step_up } = declaration;
  const isForOwnPages = method !== "GET" || isStream(declaration);
  return (request: Request, secret: string | undefined): Caller | undefined | Promise<Caller | undefined> => {
    const required = scope !== undefined && secret === undefined ? auth?.require(request, scope) : undefined;
    const caller = required ?? knownCaller(request);
    if (isForOwnPages) auth?.requireOwnPage(request);
    const admit = () => {
      if (step_up && caller) auth?.requireRecent(caller);
      return caller;
    };
    const accepting = required && !without_terms ? auth?.requireTerms(required) : undefined;
    return accepting instanceof Promise ? accepting.then(admit) : admit();
  };
}

/** Sets the status if the handler left Elysia's default. */
function setStatus(set: ResponseHead, status: number): void {
  if ((set.status ?? 200) === 200) set.status = status;
}

/** Parses the query; rejections for other reasons than its schema come first. */
function queryOfCall({ query, checkQuery }: AnyDeclaration): ((request: Request) => unknown) | undefined {
  const read = query && queryReader(query);
  if (!read || !checkQuery) return read;
  return (request) => {
    checkQuery(queryOf(request));
    return read(request);
  };
}

/** Lets a request wait on purpose, for at most this many seconds of silence. */
function wait(request: Request, { server, seconds }: { server: Server<unknown> | null; seconds: number }): void {
  contextOf(request).hasNoDeadline = true;
  server?.timeout(request, seconds);
}
