/**
 * The outside world: a service whose side effects are counted by idempotency key, and a receiver of callbacks.
 * It keeps its promises to the jobs: how it answers stands in the address that a job calls.
 *
 *     POST /effect/<name>?delay=MS&failures=N&status=S   answers S after MS, and 503 to the first N requests of a key
 *     POST /callback/<name>?failures=N&hostile=KIND      answers 204, and 503 to the first N POSTs of a webhook-id
 *     any  /hostile/<kind>                               answers as a peer does that means harm: hostile.ts
 *
 * A callback's `hostile` says what comes with its answer.
 */
import { OPERATOR } from "../../events/account.ts";
import { CallbackSecrets } from "../../src/jobs/mod.ts";
import { hostileAnswer } from "./hostile.ts";

/** One request for a side effect. Times are milliseconds since 1970 by this process's clock. */
export interface EffectRequest {
  /** From 1, over all requests: it is in the response, so that a result shows which request it came from. */
  readonly serial: number;
  readonly name: string;
  /** The `Idempotency-Key`. */
  readonly key: string;
  readonly arrived_at: number;
  /** The serial of the request whose response this one was built from, if its URL has one. */
  readonly after?: number;
  /** The version of the pipeline in its URL. */
  readonly version?: number;
  /** The response; `undefined` while there was none, or could not be. */
  status?: number;
}

export interface CallbackPost {
  readonly name: string;
  readonly webhook_id: string;
  readonly body: string;
  readonly arrived_at: number;
  /** Why the signature is wrong; `undefined` if it is right. */
  readonly forged: string | undefined;
  readonly status: number;
}

export interface StandIn {
  readonly url: string;
  readonly requests: readonly EffectRequest[];
  readonly callbacks: readonly CallbackPost[];
  stop(): Promise<void>;
}

/** `secret`: what the secret of this receiver is derived from. */
export function startStandIn(secret: string): StandIn {
  const requests: EffectRequest[] = [];
  const callbacks: CallbackPost[] = [];
  const secrets = new CallbackSecrets(secret);
  const counts = new Map<string, number>();
  const count = (what: string) => {
    const number = (counts.get(what) ?? 0) + 1;
    counts.set(what, number);
    return number;
  };

  async function effect(request: Request, { name, query }: Asked): Promise<Response> {
    const key = request.headers.get("idempotency-key") ?? "";
    const given = (parameter: string) => (query.has(parameter) ? { [parameter]: Number(query.get(parameter)) } : {});
    const record: EffectRequest = {
      serial: requests.length + 1,
      name,
      key,
      arrived_at: Date.now(),
      ...given("after"),
      ...given("version"),
    };
    requests.push(record);
    const fails = count(`effect ${key}`) <= Number(query.get("failures") ?? 0);
    await Bun.sleep(Number(query.get("delay") ?? 0));
    record.status = fails ? 503 : Number(query.get("status") ?? 200);
    return Response.json({ name, serial: record.serial }, { status: record.status });
  }

  async function callback(request: Request, { name, query }: Asked): Promise<Response> {
    const arrived_at = Date.now();
    const body = await request.text();
    const webhook_id = request.headers.get("webhook-id") ?? "";
    const fails = count(`callback ${webhook_id}`) <= Number(query.get("failures") ?? 0);
    const hostile = fails ? undefined : hostileAnswer(query.get("hostile") ?? "");
    const status = fails ? 503 : (hostile?.status ?? 204);
    callbacks.push({ name, webhook_id, body, arrived_at, forged: forgery(request, body), status });
    return hostile ?? new Response(null, { status });
  }

  /** The library also rejects old timestamps: those of a worker whose clock was set are checked at their own time. */
  function forgery(request: Request, body: string): string | undefined {
    const { headers } = request;
    const id = headers.get("webhook-id") ?? "";
    const timestamp = Number(headers.get("webhook-timestamp"));
    const receiver = { account: OPERATOR, url: request.url };
    const signed = secrets.sign(receiver, { id, at: new Date(timestamp * 1000), body });
    const given = headers.get("webhook-signature");
    return given === signed ? undefined : `its signature is ${given}, not ${signed}`;
  }

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 60,
    fetch: (request) => {
      const { pathname, searchParams: query } = new URL(request.url);
      const [, kind, ...rest] = pathname.split("/");
      const asked = { name: rest.join("/"), query };
      if (kind === "effect") return effect(request, asked);
      if (kind === "callback") return callback(request, asked);
      if (kind === "hostile") return hostileAnswer(asked.name) ?? new Response("Not found", { status: 404 });
      return new Response("Not found", { status: 404 });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    callbacks,
    stop: () => server.stop(true),
  };
}

interface Asked {
  readonly name: string;
  readonly query: URLSearchParams;
}
