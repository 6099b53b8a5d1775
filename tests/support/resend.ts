/** A stand-in for Resend: accepts mails as it does, and checks each request and response against Resend's description. */
import { vendorSpec } from "./vendor_description.ts";

const spec = vendorSpec("resend");
/** Whether Resend's description is beside this checkout. */
export const resendDescribed = spec !== undefined;

/** The records that the stand-in lists for each domain. */
export const RECORDS = [
  {
    record: "SPF",
    name: "send",
    type: "MX",
    ttl: "Auto",
    status: "not_started",
    value: "feedback-smtp.us-east-1.amazonses.com",
    priority: 10,
  },
  {
    record: "SPF",
    name: "send",
    type: "TXT",
    ttl: "Auto",
    status: "not_started",
    value: "v=spf1 include:amazonses.com ~all",
  },
  { record: "DKIM", name: "resend._domainkey", type: "TXT", ttl: "Auto", status: "not_started", value: "p=MIGfMA0G" },
] as const;

export interface SentMail {
  readonly id: string;
  readonly idempotency_key: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A domain, as Resend has it. */
export interface KeptDomain {
  readonly id: string;
  readonly name: string;
  status: "not_started" | "pending" | "verified";
}

/** Makes a response instead of accepting the mail. */
export type Refusing = (request: Request) => Response | Promise<Response>;

export interface ResendStandIn {
  readonly url: string;
  readonly key: string;
  /** Accepted mails, each once. */
  readonly mails: readonly SentMail[];
  readonly domains: readonly KeptDomain[];
  /** Requests, accepted or not. */
  readonly requests: number;
  /** How requests and responses differed from Resend's description; empty if that is missing. */
  readonly faults: readonly string[];
  /** Resolves when this many mails have been accepted. */
  accepted(count: number): Promise<void>;
  /** The responses to the next requests, in order, instead of accepting them. */
  refuse(...answers: Refusing[]): void;
  /** From now on, whatever is accepted is not answered until this resolves. */
  hold(until: Promise<unknown>): void;
  stop(): Promise<void>;
}

export function startResend(key = "re_a-key-for-the-stand-in"): ResendStandIn {
  const mails: SentMail[] = [];
  const domains: KeptDomain[] = [];
  const faults: string[] = [];
  const refusals: Refusing[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let requests = 0;
  let held: Promise<unknown> = Promise.resolve();

  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      requests++;
      const text = await request.text();
      const refusal = refusals.shift();
      const response = refusal ? await refusal(request) : answerTo(request, text);
      await held;
      const { method, headers, url } = request;
      const answer = await response
        .clone()
        .json()
        .catch(() => undefined);
      // A response that is not JSON comes from a proxy in front of Resend.
      if (spec && answer !== undefined) {
        const { pathname: path } = new URL(url);
        const { status } = response;
        const exchange = {
          method: method.toLowerCase(),
          path,
          headers,
          body: text && JSON.parse(text),
          status,
          answer,
        };
        faults.push(...spec.faultsOf(exchange));
      }
      return response;
    },
  });

  function answerTo(request: Request, text: string): Response {
    if (request.headers.get("authorization") !== `Bearer ${key}`) return refused(401, "invalid_api_key");
    const { pathname } = new URL(request.url);
    return pathname.startsWith("/domains") ? domainCall(request, text) : accept(request, text);
  }

  function domainCall({ method, url }: Request, text: string): Response {
    const [, , id, verb] = new URL(url).pathname.split("/");
    if (id === undefined && method === "GET") return Response.json({ object: "list", has_more: false, data: domains });
    if (id === undefined) {
      const added: KeptDomain = { id: crypto.randomUUID(), name: JSON.parse(text).name, status: "not_started" };
      domains.push(added);
      return Response.json({ ...added, records: RECORDS });
    }
    const found = domains.find((domain) => domain.id === id);
    if (!found) return refused(404, "not_found");
    if (verb === undefined) return Response.json({ object: "domain", ...found, records: RECORDS });
    found.status = "verified";
    return Response.json({ object: "domain", id });
  }

  function accept({ headers }: Request, text: string): Response {
    const body = JSON.parse(text) as Record<string, unknown>;
    const idempotency_key = headers.get("idempotency-key");
    const before = mails.find((mail) => mail.idempotency_key === idempotency_key && idempotency_key !== null);
    if (before && JSON.stringify(before.body) !== text) return refused(409, "invalid_idempotent_request");
    const mail = before ?? { id: crypto.randomUUID(), idempotency_key, body };
    if (!before) mails.push(mail);
    for (const { count, resolve } of waiting) if (mails.length >= count) resolve();
    return Response.json({ id: mail.id });
  }

  return {
    url: server.url.href,
    key,
    mails,
    domains,
    faults,
    get requests() {
      return requests;
    },
    accepted(count) {
      if (mails.length >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
    refuse: (...answers) => void refusals.push(...answers),
    hold(until) {
      held = until;
    },
    stop: () => server.stop(true),
  };
}

/** An error response as Resend sends it. Its message may quote personal data. */
export function refused(statusCode: number, name: string, headers: Record<string, string> = {}): Response {
  const message = "Ada <ada@example.com> cannot be written to";
  return Response.json({ statusCode, name, message }, { status: statusCode, headers });
}
