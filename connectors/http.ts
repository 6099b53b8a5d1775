/**
 * `http`: one HTTP request to any service; the response is the job's result.
 *
 * - A response outside `expected_status` fails the attempt with `unexpected_status`; after 408, 425, 429, 500, 502, 503
 *   and 504 another attempt may follow, not before the response's `Retry-After`.
 * - An address that is not public fails it with `address_refused`, unless the configuration allows it; a name that
 *   resolves only to such addresses with `connection_failed`, like one that does not exist.
 * - Redirects are not followed: a 3xx response is handled like any other, with its `location` among the headers. So no
 *   header of the caller's, least of all a credential, reaches a host they did not name.
 * - At most {@link MAX_BODY_BYTES} of the body are read; then the connection is closed and `truncated` is set.
 * - Requests other than GET, HEAD and OPTIONS have an `Idempotency-Key`, unless the input sets one: a job whose worker
 *   was lost runs again with the same key.
 * - A response with an expected status whose body cannot be read fails the attempt with `malformed_answer`, without a
 *   retry: the request has been carried out. After any other status the body does not matter.
 * - The URL is called as it is written, or rejected ({@link urlFault}).
 * - Neither the request's headers nor the query of its URL appear in an error.
 */
import { type Static, Type } from "@sinclair/typebox";
import { inSlice } from "../src/async/mod.ts";
import { firstCharacters, pointerTo } from "../src/json/mod.ts";
import { urlFault } from "./called_url.ts";
import { type Connector, type ConnectorContext, ConnectorError } from "./connector.ts";
import { OWN_HEADERS } from "./exchange.ts";
import { BodyNote, decodeBody } from "./http_body.ts";
import { retryAfter } from "./retry_after.ts";

/** How much of a response's body is kept, in bytes after decompression. */
export const MAX_BODY_BYTES = 256 * 1024;

/** A request's headers: how many, and the bytes of their names and values together. */
const MAX_REQUEST_HEADERS = 100;
const MAX_REQUEST_HEADER_BYTES = 16 * 1024;

/** How much of an unexpected response's body goes into the error, in characters. */
const MAX_ERROR_BODY_CHARS = 2048;

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 300_000;

const Status = Type.Integer({ minimum: 100, maximum: 599 });
const StatusClass = Type.String({ pattern: "^[1-5]xx$", description: "A class of statuses, for example `2xx`." });

export const HttpInput = Type.Object(
  {
    method: Type.Optional(
      Type.Union(
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map((method) => Type.Literal(method)),
        { default: "GET" },
      ),
    ),
    url: Type.String({ pattern: "^[Hh][Tt][Tt][Pp][Ss]?://", maxLength: 8192, description: "http or https." }),
    headers: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), Type.String({ maxLength: MAX_REQUEST_HEADER_BYTES }), {
        maxProperties: MAX_REQUEST_HEADERS,
        description: `Names and values together of at most ${MAX_REQUEST_HEADER_BYTES} bytes.`,
      }),
    ),
    body: Type.Optional(
      Type.Unknown({
        description:
          "A string is sent as it is; any other JSON value as JSON, with its content type unless another is given.",
      }),
    ),
    timeout_ms: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_TIMEOUT_MS,
        default: DEFAULT_TIMEOUT_MS,
        description: "For the whole exchange, in milliseconds.",
      }),
    ),
    expected_status: Type.Optional(
      Type.Union([Status, StatusClass, Type.Array(Type.Union([Status, StatusClass]), { minItems: 1, maxItems: 32 })], {
        default: "2xx",
      }),
    ),
  },
  { additionalProperties: false },
);
export type HttpInput = Static<typeof HttpInput>;

export const HttpOutput = Type.Object({
  status: Type.Integer(),
  headers: Type.Record(Type.String(), Type.String(), {
    description: "Names in lower case. `set-cookie` is left out: session secrets do not belong in a history.",
  }),
  body: Type.Unknown({
    description: "The JSON value if the content type is JSON; otherwise text, or base64 if it is not text either.",
  }),
  body_encoding: Type.Union([Type.Literal("json"), Type.Literal("text"), Type.Literal("base64")]),
  truncated: Type.Boolean({ description: `The body was longer than ${MAX_BODY_BYTES} bytes and was cut there.` }),
  notes: Type.Optional(
    Type.Array(BodyNote, {
      description:
        "How `body` differs from the response: numbers that cannot be represented are strings; invalid JSON, or JSON that is nested too deeply or has too many large integers, is text. Absent if there is nothing to note.",
    }),
  ),
});
export type HttpOutput = Static<typeof HttpOutput>;

export const http: Connector<typeof HttpInput, typeof HttpOutput> = {
  name: "http",
  summary: "Sends one HTTP request and returns the response's status, headers and body.",
  input: HttpInput,
  output: HttpOutput,
  run,
};

async function run(input: HttpInput, context: ConnectorContext): Promise<HttpOutput> {
  const request = toRequest(input, context.idempotency_key);
  const timeoutMs = input.timeout_ms ?? DEFAULT_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const what = `${request.init.method} ${request.place}`;
  const signal = AbortSignal.any([context.signal, timeout]);
  return answer().catch((fault: unknown) => {
    context.signal.throwIfAborted();
    if (fault instanceof ConnectorError) throw fault;
    if (timeout.aborted) throw new ConnectorError("timeout", `${what} did not finish within ${timeoutMs} ms.`);
    // The fault's message may quote the URL's query or a header, so only its code is passed on.
    const reason = faultCode(fault);
    throw new ConnectorError("connection_failed", `${what} failed: ${reason}.`, { detail: { reason } });
  });

  async function answer(): Promise<HttpOutput> {
    const response = await context.fetch(request.url, { ...request.init, signal });
    const body = await readAtMost(response.body, MAX_BODY_BYTES);
    context.signal.throwIfAborted();
    // Many jobs may get responses at the same moment.
    const output = await inSlice(() => toOutput(response, body));
    // An unexpected status alone decides: the body is shown as far as it arrived.
    if (!isExpected(output.status, input.expected_status ?? "2xx")) throw unexpectedStatus(what, output);
    if (body.fault === undefined) return output;
    if (!(body.fault instanceof ConnectorError)) throw body.fault;
    const { code, message } = body.fault;
    throw new ConnectorError(code, message, { detail: { status: output.status } });
  }
}

function toRequest(input: HttpInput, idempotencyKey: string) {
  const method = input.method ?? "GET";
  const url = parseUrl(input.url);
  const headers = toHeaders(input.headers ?? {});
  let body: string | undefined;
  if (input.body !== undefined) {
    if (method === "GET" || method === "HEAD") throw invalid(`A ${method} request cannot have a body.`, "/body");
    body = typeof input.body === "string" ? input.body : JSON.stringify(input.body);
    if (!body.isWellFormed()) {
      throw invalid("The body has an unpaired surrogate (half of a UTF-16 character); leave it out.", "/body");
    }
    if (!headers.has("content-type")) {
      headers.set("content-type", typeof input.body === "string" ? "text/plain;charset=UTF-8" : "application/json");
    }
  }
  if (!["GET", "HEAD", "OPTIONS"].includes(method) && !headers.has("idempotency-key")) {
    headers.set("idempotency-key", idempotencyKey);
  }
  const init = { method, headers, body };
  return { url: url.href, place: url.origin + url.pathname, init };
}

function parseUrl(text: string): URL {
  const otherwise = urlFault(text);
  if (otherwise !== undefined) throw invalid(`The URL ${otherwise}.`, "/url");
  const url = URL.parse(text);
  if (!url) throw invalid("The URL cannot be parsed.", "/url");
  if (url.username || url.password) {
    throw invalid("The URL has a user name or password; send an `authorization` header instead.", "/url");
  }
  return url;
}

/** A caller's own value would contradict the client's. */
const RESERVED_HEADERS = new Set(OWN_HEADERS);

function toHeaders(given: Record<string, string>): Headers {
  const headers = new Headers();
  let size = 0;
  for (const [name, value] of Object.entries(given)) {
    // HTTP allows only single-byte characters in both.
    size += name.length + value.length;
    if (size > MAX_REQUEST_HEADER_BYTES) {
      const message = `The headers take more than ${MAX_REQUEST_HEADER_BYTES} bytes, names and values together.`;
      throw invalid(message, "/headers");
    }
    const pointer = pointerTo("/headers", name);
    if (RESERVED_HEADERS.has(name.toLowerCase())) throw invalid(`The header "${name}" cannot be set.`, pointer);
    // Both would be sent differently from what is recorded.
    if (/^[\t ]|[\t ]$/.test(value)) {
      throw invalid(
        `The value of the header "${name}" begins or ends with white space, which would not be sent.`,
        pointer,
      );
    }
    if (!appended(headers, { name, value })) {
      throw invalid(`The header "${name}" has a name or value that HTTP does not allow.`, pointer);
    }
    if (headers.get(name) !== value) {
      throw invalid(`The header "${name}" is given twice: names that differ only in case are the same.`, pointer);
    }
  }
  return headers;
}

/** Whether HTTP allows the header. The error that `append` throws quotes the value, so it is dropped. */
function appended(headers: Headers, header: { name: string; value: string }): boolean {
  // `append` accepts control characters.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(header.value)) return false;
  try {
    headers.append(header.name, header.value);
    return true;
  } catch {
    return false;
  }
}

function invalid(message: string, pointer: string): ConnectorError {
  return new ConnectorError("invalid_payload", message, { detail: { errors: [{ pointer, message }] } });
}

function toOutput(response: Response, { bytes, truncated }: ReadBody): HttpOutput {
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) if (name !== "set-cookie") headers[name] = value;
  return {
    status: response.status,
    headers,
    ...decodeBody(bytes, { contentType: headers["content-type"], truncated }),
    truncated,
  };
}

interface ReadBody {
  readonly bytes: Buffer;
  /** There was more, or may have been. */
  readonly truncated: boolean;
  /** The error that cut the body short. */
  readonly fault?: unknown;
}

/** Reads up to `limit` bytes, then cancels the stream. */
async function readAtMost(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<ReadBody> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Leaving the loop cancels the stream, which closes the connection.
    for await (const chunk of stream ?? []) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > limit) break;
    }
    return { bytes: Buffer.concat(chunks).subarray(0, limit), truncated: size > limit };
  } catch (fault) {
    return { bytes: Buffer.concat(chunks), truncated: true, fault };
  }
}

function isExpected(status: number, expected: NonNullable<HttpInput["expected_status"]>): boolean {
  if (Array.isArray(expected)) return expected.some((one) => isExpected(status, one));
  if (typeof expected === "string") return Math.floor(status / 100) === Number(expected[0]);
  return status === expected;
}

function unexpectedStatus(what: string, output: HttpOutput): ConnectorError {
  const { status, body, body_encoding, headers } = output;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const shown = firstCharacters(text, MAX_ERROR_BODY_CHARS);
  const detail = {
    status,
    body: shown,
    body_encoding: body_encoding === "base64" ? "base64" : "text",
    truncated: output.truncated || shown.length < text.length,
    ...(headers["retry-after"] === undefined ? {} : { retry_after: headers["retry-after"] }),
  };
  return new ConnectorError("unexpected_status", `${what} responded with ${status}, which is not expected.`, {
    detail,
    retry_after: retryAfter(headers["retry-after"] ?? null, Date.now()),
  });
}

/** The code of a network fault, for example `ECONNREFUSED`; never its message. */
function faultCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : "NetworkError";
}
