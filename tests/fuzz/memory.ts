/** What the fuzz test learns from responses, so that later requests can refer to what earlier ones created. */

export type Recorded = Readonly<Record<string, string | number | boolean>>;

/** Records of one shape that are kept: enough of each kind, however many of another there are. */
const KEPT = 200;

/** What a name in requests is called in responses, too. */
const ALIASES: Readonly<Record<string, string>> = {
  cursor: "next_cursor",
  step: "id",
  from_step: "id",
  origin_job_id: "job_id",
  after: "levqor-position",
  "if-match": "etag",
  "if-none-match": "etag",
  "last-event-id": "position",
  "levqor-min-position": "levqor-position",
};

export class Memory {
  /** By the names that they have, newest last. */
  readonly #records = new Map<string, Recorded[]>();
  /** Names that the responses of a call have, by its id. */
  readonly #names = new Map<string, Set<string>>();

  /** Learns every object in a response of a call, with what its headers and the enclosing objects say. */
  learn(answer: unknown, { around, from }: { around: Recorded; from: string }): void {
    if (answer === null || typeof answer !== "object") return;
    if (Array.isArray(answer)) {
      for (const item of answer.slice(0, 20)) this.learn(item, { around, from });
      return;
    }
    const entries = Object.entries(answer);
    const own = entries.filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
    const values: Recorded = { ...around, ...Object.fromEntries(own) };
    this.#keep(values);
    const names = this.#names.get(from) ?? new Set();
    for (const name of Object.keys(values)) names.add(name);
    this.#names.set(from, names);
    for (const [, value] of entries) this.learn(value, { around: values, from });
  }

  /** Whether responses of a call had the first of these names. */
  teaches(call: string, [name]: readonly string[]): boolean {
    const names = this.#names.get(call);
    return name !== undefined && names?.has(ALIASES[name] ?? name) === true;
  }

  /** A record that has all of these names, or as many as any has: a new one rather than an old one. */
  recall(names: readonly string[], pick: number): Recorded {
    const counts = [...this.#records.values()].map((records) => ({ records, count: countOf(names, records.at(-1)) }));
    const most = Math.max(0, ...counts.map(({ count }) => count));
    if (most === 0) return {};
    const fitting = counts.filter(({ count }) => count === most);
    const { records } = fitting[pick % fitting.length] as (typeof fitting)[number];
    // Half of the time one of the last eight.
    const range = pick % 2 === 0 ? Math.min(8, records.length) : records.length;
    return records.at(-(1 + ((pick >>> 3) % range))) ?? {};
  }

  /**
   * All records that have the first of these names: first those that have the most of them, and of these the newest of
   * each shape, then the second newest of each, so that no shape hides another.
   */
  all(names: readonly string[]): Recorded[] {
    return [...this.#records.values()]
      .filter((records) => countOf(names.slice(0, 1), records.at(-1)) > 0)
      .flatMap((records) => records.toReversed().map((record, age) => ({ record, age, count: countOf(names, record) })))
      .sort((a, b) => b.count - a.count || a.age - b.age)
      .map(({ record }) => record);
  }

  #keep(values: Recorded): void {
    const shape = Object.keys(values).sort().join();
    const records = this.#records.get(shape) ?? [];
    if (records.push(values) > KEPT) records.shift();
    this.#records.set(shape, records);
  }
}

/** A record's value for a name, or for its name in responses. */
export function recordedAs(record: Recorded, name: string): Recorded[string] | undefined {
  return record[name] ?? record[ALIASES[name] ?? name];
}

function countOf(names: readonly string[], values: Recorded = {}): number {
  return names.filter((name) => recordedAs(values, name) !== undefined).length;
}
