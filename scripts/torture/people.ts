/**
 * Persons: accounts' subjects, whose jobs run under all faults and who are erased meanwhile; users, who are recorded by
 * several at once under every spelling of their addresses; and people who sign in, each link used by several at once.
 */
import { pause } from "../../src/async/mod.ts";
import type { Client } from "./client.ts";
import type { PersonSeen, SignInSeen, UserSeen } from "./evidence.ts";
import { http } from "./kinds.ts";
import { Random } from "./random.ts";

/** In everything personal, and in nothing else. */
export const PERSONAL = "personal-4b1d";

const EVERY_MS = 400;
/** So many are submitted before one of them is erased. */
const PERSONS_PER_ERASURE = 3;
const JOBS_OF_PERSON = 2;
const ADDRESSES = 4;
const READS_AT_ONCE = 10;
/** Whoever signs in waits for the mail, however long a fault delays it. */
const MAIL_EVERY_MS = 50;
const REDEMPTIONS_AT_ONCE = 3;

/** A mail as the mail service has it. */
interface Mail {
  readonly body: Readonly<Record<string, unknown>>;
}

export interface PeopleOptions {
  readonly client: Client;
  /** All that were accepted. */
  readonly mails: readonly Mail[];
  /** Of the stand-in. */
  readonly url: string;
  readonly seed: number;
}

interface Person {
  readonly name: string;
  readonly jobs: string[];
  /** The response to the erasure arrived. */
  erased: boolean;
  /** An erasure was asked for, whether or not it was answered. */
  asked: boolean;
}

export class People {
  readonly #options: PeopleOptions;
  readonly #random: Random;
  readonly #persons: Person[] = [];
  readonly #users = new Map<string, { ids: Set<string>; created: number }>();
  readonly #signIns: { address: string; prefix: string; statuses: (number | undefined)[]; users: string[] }[] = [];

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#random = new Random(options.seed ^ 0x5bd1e995);
  }

  /** Until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const signingIn = this.#signInAgain(signal);
    while (await pause(EVERY_MS, signal)) {
      await this.#submit(signal);
      await this.#upsert(signal);
      if (this.#persons.length % PERSONS_PER_ERASURE === 0) await this.#erase(signal);
    }
    await signingIn;
  }

  /** What became of the requests to sign in. */
  get signIns(): readonly SignInSeen[] {
    return this.#signIns.map(({ prefix, ...seen }) => ({ ...seen, mails: this.#mailsWith(prefix).length }));
  }

  /** What the users' calls said. */
  get users(): readonly UserSeen[] {
    return [...this.#users].map(([address, { ids, created }]) => ({ address, ids: [...ids], created }));
  }

  /** What the histories of all persons' jobs show now. */
  async look(signal: AbortSignal): Promise<readonly PersonSeen[]> {
    const { client } = this.#options;
    const seen: PersonSeen[] = [];
    const left = this.#persons.flatMap(({ jobs, ...person }) => jobs.map((job_id) => ({ ...person, job_id })));
    const one = async () => {
      for (let asked = left.pop(); asked !== undefined && !signal.aborted; asked = left.pop()) {
        const { job_id, erased, asked: is_asked } = asked;
        const answer = await client.insist(`/api/v1/jobs/${job_id}/events`, { signal });
        const text = JSON.stringify(answer?.body ?? null);
        seen.push({ job_id, erased, asked: is_asked, status: answer?.status, shown: text.includes(PERSONAL) });
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, one));
    return seen;
  }

  /** Jobs about somebody new. */
  async #submit(signal: AbortSignal): Promise<void> {
    const { client, url } = this.#options;
    const number = this.#persons.length;
    const person: Person = { name: `${PERSONAL} of ${number}`, jobs: [], erased: false, asked: false };
    this.#persons.push(person);
    for (let n = 0; n < JOBS_OF_PERSON; n++) {
      const name = `person-${number}-${n}`;
      const job = http({ name, url }, { delay: this.#random.below(2_000) }, this.#random);
      const body = { ...job, payload: { ...job.payload, body: `${PERSONAL} ${name}` }, subject: person.name };
      const headers = { "idempotency-key": name };
      const answer = await client.insist("/api/v1/intake", { body, headers, signal });
      if (answer?.status === 202) person.jobs.push(answer.body.job_id);
    }
  }

  /** Erases one of the latest, while their jobs may be running. */
  async #erase(signal: AbortSignal): Promise<void> {
    const person = this.#random.pick(this.#persons.slice(-PERSONS_PER_ERASURE));
    person.asked = true;
    const path = `/api/v1/subjects/${encodeURIComponent(person.name)}`;
    const answer = await this.#options.client.insist(path, { method: "DELETE", signal });
    if (answer?.status === 200) person.erased = true;
  }

  /** One after the other signs in. */
  async #signInAgain(signal: AbortSignal): Promise<void> {
    for (let n = 0; await pause(EVERY_MS, signal); n++) await this.#signIn(n, signal);
  }

  /** Asks for a link, waits for its mail, and uses it several times at once. */
  async #signIn(n: number, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const address = `${PERSONAL}-signs-in-${n % ADDRESSES}@example.com`;
    const asked = await client.insist("/auth/sign-in", { body: { email: address }, signal });
    const sign_in_id = /=([0-9a-f-]{36})\./.exec(asked?.headers.get("set-cookie") ?? "")?.[1];
    if (sign_in_id === undefined) return;
    const prefix = `lvl_${Buffer.from(sign_in_id.replaceAll("-", ""), "hex").toString("base64url")}`;
    const seen = { address, prefix, statuses: [] as (number | undefined)[], users: [] as string[] };
    this.#signIns.push(seen);
    let text: string | undefined;
    while (text === undefined && (await pause(MAIL_EVERY_MS, signal))) text = this.#mailsWith(prefix)[0];
    const token = text && /lvl_[\w-]{65}/.exec(text)?.[0];
    if (!token) return;
    const redemptions = Array.from({ length: REDEMPTIONS_AT_ONCE }, (_, api) =>
      client.ask("/auth/redeem", { body: { token, deliver: "token" }, api }),
    );
    for (const answer of await Promise.all(redemptions)) {
      seen.statuses.push(answer?.status);
      if (answer?.status === 200) seen.users.push(answer.body.user);
    }
  }

  /** The texts of the mails with this in it. */
  #mailsWith(text: string): string[] {
    return this.#options.mails.map(({ body }) => String(body.text)).filter((each) => each.includes(text));
  }

  /** Several at once record a user, each with another spelling of one address. */
  async #upsert(signal: AbortSignal): Promise<void> {
    const address = `${PERSONAL}-${this.#random.below(ADDRESSES)}@example.com`;
    const seen = this.#users.get(address) ?? { ids: new Set<string>(), created: 0 };
    this.#users.set(address, seen);
    const spellings = [address, ` ${address}`, address.toUpperCase()];
    await Promise.all(
      spellings.map(async (email, api) => {
        const body = { email, name: `${PERSONAL} ${this.#random.below(1_000)}` };
        const answer = await this.#options.client.insist("/api/v1/users/upsert", { body, api, signal });
        if (answer?.status !== 200 && answer?.status !== 201) return;
        seen.ids.add(answer.body.user.user_id);
        if (answer.status === 201) seen.created++;
      }),
    );
  }
}
