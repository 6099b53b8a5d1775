/**
 * Problem documents (RFC 9457): responses for when something went wrong.
 *
 * A code is stable: clients branch on `error`, people read `detail`. Each code is explained at `/problems/<code>`,
 * which is also the `type` of the problem. `problems.ts` has those of every call, each feature's `problems.ts` its own.
 */
import { cutPointer, excerpt } from "../json/mod.ts";

export interface ProblemKind<Code extends string = string> {
  /** In snake_case. */
  readonly code: Code;
  readonly status: number;
  /** A few words, the same for every occurrence. */
  readonly title: string;
  /** What it means and how to fix it. */
  readonly help: string;
}

type Definitions = Readonly<Record<string, Omit<ProblemKind, "code">>>;

const catalogue = new Map<string, ProblemKind>();
/** All defined codes, in order: for the schema of problems, which is created before all of them are. */
export const problemCodes: string[] = [];

/** Defines problems by their codes, which must be unique. */
export function defineProblems<const Defined extends Definitions>(
  definitions: Defined,
): { readonly [Code in keyof Defined & string]: ProblemKind<Code> } {
  const kinds = Object.entries(definitions).map(([code, definition]) => {
    if (catalogue.has(code)) throw new Error(`Cannot define the problem ${code} twice`);
    const kind = { code, ...definition };
    catalogue.set(code, kind);
    problemCodes.push(code);
    return [code, kind];
  });
  problemCodes.sort();
  return Object.fromEntries(kinds);
}

/** What a code means; `undefined`: it is unknown. */
export function problemKind(code: string): ProblemKind | undefined {
  return catalogue.get(code);
}

/** All defined problems, by status, then by code: complete once every feature is loaded. */
export function problemKinds(): readonly ProblemKind[] {
  return [...catalogue.values()].sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1));
}

/** One invalid value. */
export interface FieldError {
  /** JSON pointer (RFC 6901) into the body, or `?name` for a query parameter, or a header's name. */
  readonly pointer: string;
  readonly message: string;
}

/** The maximum number of errors reported: enough to fix a request, and no bloated response. */
export const MAX_ERRORS = 20;
/** In characters: of a detail, and of each error's message. */
const MAX_TEXT_LENGTH = 1_000;

export interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** When to retry, in seconds: sent as Retry-After. */
  readonly retry_after_s?: number;
  /** Further members of the problem document. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** For the log, never for the response. */
  readonly cause?: unknown;
}

/**
 * An expected rejection, thrown by a handler and sent as a problem document. What it quotes of the request is cut, so
 * that no response grows with what it rejects.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  /** One sentence for this occurrence, with the value. Nothing internal, no secret. */
  readonly detail: string;
  readonly options: ProblemOptions;

  constructor(
    readonly kind: ProblemKind,
    detail: string,
    options: ProblemOptions = {},
  ) {
    const cut = excerpt(detail, MAX_TEXT_LENGTH);
    super(cut, { cause: options.cause });
    this.detail = cut;
    const { errors } = options;
    this.options = errors ? { ...options, errors: errors.slice(0, MAX_ERRORS).map(cutError) } : options;
  }

  get code(): string {
    return this.kind.code;
  }
}

function cutError({ pointer, message }: FieldError): FieldError {
  return { pointer: cutPointer(pointer), message: excerpt(message, MAX_TEXT_LENGTH) };
}

export interface ProblemContext {
  /** The request's path. */
  readonly instance: string;
  readonly request_id: string;
}

/** A problem as callers see it. */
export function problemDocument(problem: Problem, context: ProblemContext) {
  const { code, status, title } = problem.kind;
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: problem.detail,
    instance: uriReference(context.instance),
    error: code,
    request_id: context.request_id,
    ...problem.options.members,
    ...(problem.options.errors && { errors: problem.options.errors }),
  };
}

/** A requested path, which need not be valid in a URI (RFC 3986). */
function uriReference(path: string): string {
  return path.replace(/%(?![0-9a-f]{2})|[^\w\-.~!$&'()*+,;=:@/%]/gi, encodeURIComponent);
}

export function problemResponse(problem: Problem, context: ProblemContext): Response {
  const { headers, retry_after_s } = problem.options;
  return new Response(JSON.stringify(problemDocument(problem, context)), {
    status: problem.kind.status,
    headers: {
      "content-type": "application/problem+json",
      ...(retry_after_s !== undefined && { "retry-after": String(retry_after_s) }),
      ...headers,
    },
  });
}
