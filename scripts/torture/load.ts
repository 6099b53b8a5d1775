/** The load: jobs of every kind, submitted as careful and careless clients do. */
import { pause } from "../../src/async/mod.ts";
import type { Answer, Client } from "./client.ts";
import type { Acknowledged, Wanted } from "./evidence.ts";
import { HARMED, type Kind, kindsOf, NOBODY } from "./kinds.ts";
import { Random } from "./random.ts";

const JOBS_PER_SECOND = 12;
/** The maximum number of concurrent clients: an outage of the service must not overload them. */
const MAX_UNDER_WAY = 400;
/**
 * The shares of clients that use no Idempotency-Key, repeat an acknowledged request, and ask for the status at once.
 */
const SHARES = { careless: 0.1, repeated: 0.1, asked: 0.1 };

export interface LoadOptions {
  readonly client: Client;
  readonly stand_in_url: string;
  readonly seed: number;
  /** Whether a worker in Python runs. */
  readonly python: boolean;
  /** Ends the load. */
  readonly signal: AbortSignal;
}

/** Whether any process of this run runs a workflow. */
export function isRun(workflow: string): boolean {
  return workflow !== NOBODY && workflow !== HARMED;
}

export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** Broken guarantees found along the way. */
  readonly said: string[] = [];
  readonly #options: LoadOptions;
  readonly #random: Random;
  readonly #deck: Kind[];
  readonly #under_way = new Set<Promise<void>>();
  #sent = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    // A different sequence from that of the faults.
    this.#random = new Random(options.seed ^ 0x5bd1e995);
    this.#deck = kindsOf(options).flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  }

  /** Submits until the signal fires; then waits for what is under way. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      await pause(1_000 / JOBS_PER_SECOND, signal);
      if (signal.aborted || this.#under_way.size >= MAX_UNDER_WAY) continue;
      const one: Promise<void> = this.#submit(this.#next()).finally(() => this.#under_way.delete(one));
      this.#under_way.add(one);
    }
    await Promise.all(this.#under_way);
  }

  #next(): Intent {
    const kind = this.#random.pick(this.#deck);
    const name = `${kind.name}-${++this.#sent}`;
    const { body, expected } = kind.make({ name, url: this.#options.stand_in_url, random: this.#random });
    const draw = (share: number) => this.#random.chance(share);
    return {
      kind,
      wanted: { name, kind: kind.name, body, expected },
      // Separate: what follows comes in no particular order.
      random: new Random(this.#random.below(2 ** 32)),
      api: this.#random.below(2),
      key: draw(SHARES.careless) ? undefined : `torture-${name}`,
      repeated: draw(SHARES.repeated),
      asked: draw(SHARES.asked),
    };
  }

  async #submit(intent: Intent): Promise<void> {
    const { wanted, api, key, repeated, asked } = intent;
    const { client, signal } = this.#options;
    const headers: Record<string, string> = key ? { "idempotency-key": key } : {};
    const request = { body: wanted.body, headers, api };
    const answer = key
      ? await client.insist("/api/v1/intake", { ...request, signal })
      : await client.ask("/api/v1/intake", request);
    const taken = this.#taken(wanted, answer);
    if (!taken) return;
    if (key && repeated) await this.#repeat(intent, taken.job_id);
    if (asked) await this.#ask(intent, taken.job_id);
    await this.#follow(intent, taken);
  }

  async #repeat({ wanted, api, key = "" }: Intent, job_id: string): Promise<void> {
    const { client, signal } = this.#options;
    const request = { headers: { "idempotency-key": key }, api: api + 1, signal };
    const again = await client.insist("/api/v1/intake", { ...request, body: wanted.body });
    if (again && again.body?.job_id !== job_id) {
      this.said.push(
        `${wanted.name}: a repeated request returned ${JSON.stringify(again.body)} instead of job ${job_id}`,
      );
    }
    const other = { ...wanted.body, timeout_seconds: 86_400 };
    const refused = await client.insist("/api/v1/intake", { ...request, body: other });
    if (refused && refused.body?.error !== "idempotency_key_reused") {
      this.said.push(`${wanted.name}: another body with the same key got ${refused.status}`);
    }
  }

  /** It must exist at once, wherever one asks. */
  async #ask({ wanted, api }: Intent, job_id: string): Promise<void> {
    const { client, signal } = this.#options;
    const status = await client.insist(`/api/v1/status/${job_id}`, { api: api + 1, signal });
    if (status && status.status !== 200) {
      this.said.push(`${wanted.name}: the status of job ${job_id} was ${status.status} after its acknowledgement`);
    }
  }

  async #follow({ kind, random }: Intent, taken: Acknowledged): Promise<void> {
    const { client, signal } = this.#options;
    const { job_id, wanted } = taken;
    const replayed = (again: Wanted, answer: { job_id: string; position: number }) => {
      this.acknowledged.push({ wanted: again, ...answer });
    };
    const expected = await kind.follow?.({ client, job_id, wanted, random, signal, replayed });
    if (expected) taken.wanted = { ...wanted, expected };
  }

  /** Notes an acknowledgement; `undefined` for none. */
  #taken(wanted: Wanted, answer: Answer | undefined): Acknowledged | undefined {
    if (!answer || answer.status >= 500 || answer.status === 429) return undefined;
    if (answer.status !== 202) {
      const said =
        answer.body === undefined ? `without a body, ${JSON.stringify(answer.headers)}` : JSON.stringify(answer.body);
      this.said.push(`${wanted.name} was rejected with ${answer.status}: ${said}`);
      return undefined;
    }
    const position = Number(answer.headers.get("levqor-position"));
    const taken = { wanted, job_id: answer.body.job_id, position };
    this.acknowledged.push(taken);
    return taken;
  }
}

/** A job, and how its client goes about it. */
interface Intent {
  readonly kind: Kind;
  readonly random: Random;
  readonly wanted: Wanted;
  readonly api: number;
  readonly key: string | undefined;
  readonly repeated: boolean;
  readonly asked: boolean;
}
