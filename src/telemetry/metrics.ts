/**
 * This process's metrics for Prometheus. Names follow its conventions (`levqor_`, base units, `_total`), and every
 * label has few values, known in advance: none of them comes from a client.
 *
 * Instruments cost about 0.4 µs for each observation; batches, not their appends, are observed.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type PolledOptions, polled } from "./polled.ts";
import { addProcessMetrics } from "./process.ts";

const BUCKETS = {
  request: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  commit: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  batch: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048],
  work: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
  delay: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
};

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** How often the event loop's delay is measured. */
const LOOP_PROBE_MS = 100;

export interface AnsweredRequest {
  /** The route's pattern; absent if none matched: all such requests are one to Prometheus. */
  readonly route: string | undefined;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** A batch of appends as the log reports it; times are of `performance.now()`. */
export interface WrittenBatch {
  readonly appends: readonly { readonly since: number }[];
  readonly sent_at: number;
  readonly failed: boolean;
  readonly events: number;
  readonly conflicts: number;
}

export interface EndedWork {
  readonly outcome: string;
  readonly seconds: number;
}

/** A value, or one for each value of the gauge's label; `undefined` if unknown. */
export type Reading = number | ReadonlyMap<string, number> | undefined;

export interface GaugeOptions {
  readonly name: string;
  readonly help: string;
  /** The name of its one label, if it has one. */
  readonly label?: string;
}

type Child = ReturnType<Histogram["labels"]>;
type ByKey<Value> = Map<string, Value>;

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram;
  /** By route, method and class of status. */
  readonly #requestChildren: ByKey<ByKey<Child[]>> = new Map();
  readonly #commits: Histogram;
  readonly #batches: Histogram;
  readonly #waits: Histogram;
  readonly #failedBatches: Counter;
  readonly #conflicts: Counter;
  readonly #events: Counter;
  readonly #attempts: Histogram;
  readonly #callbacks: Histogram;
  readonly #refusals: Counter;
  readonly #open: Gauge;
  readonly #probe: Timer;

  constructor(about: { readonly version: string; readonly build: string; readonly role: string }) {
    const registers = [this.#registry];
    const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
      new Histogram({ name, help, buckets, labelNames, registers });
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers });

    this.#requests = histogram(
      "levqor_http_request_duration_seconds",
      "Time from a request's arrival to the start of its response.",
      BUCKETS.request,
      ["route", "method", "status_class"],
    );
    this.#open = new Gauge({
      name: "levqor_open_streams",
      help: "Event streams and WebSockets that are open.",
      labelNames: ["kind"],
      registers,
    });
    for (const kind of ["sse", "websocket"]) this.#open.set({ kind }, 0);
    this.#refusals = counter("levqor_rate_limit_refusals_total", "Requests refused by a rate limit.", ["policy"]);
    this.#commits = histogram(
      "levqor_log_commit_duration_seconds",
      "Time that the database took to commit a batch of appends.",
      BUCKETS.commit,
    );
    this.#batches = histogram("levqor_log_batch_events", "Events in one committed batch.", BUCKETS.batch);
    this.#waits = histogram(
      "levqor_log_append_wait_seconds",
      "How long the oldest append of a batch waited until the batch was sent.",
      BUCKETS.commit,
    );
    this.#failedBatches = counter(
      "levqor_log_failed_batches_total",
      "Batches of appends that the database did not commit.",
    );
    this.#conflicts = counter(
      "levqor_log_conflicts_total",
      "Appends refused because their stream had another version than expected.",
    );
    this.#events = counter("levqor_log_events_total", "Events recorded by this process.", ["type"]);
    this.#attempts = histogram(
      "levqor_attempt_duration_seconds",
      "How long attempts at jobs ran in this process, from the claim to the end.",
      BUCKETS.work,
      ["workflow", "outcome"],
    );
    this.#callbacks = histogram(
      "levqor_callback_duration_seconds",
      "How long receivers of callbacks took to respond.",
      BUCKETS.work,
      ["outcome"],
    );
    new Gauge({
      name: "levqor_build_info",
      help: "Which version and build this process is, and its role; always 1.",
      labelNames: ["version", "build", "role"],
      registers,
    }).set({ ...about }, 1);
    addProcessMetrics(this.#registry);
    this.#probe = probeLoop(
      histogram(
        "levqor_event_loop_delay_seconds",
        `How late a timer of ${LOOP_PROBE_MS} ms rings: what keeps this process from its work.`,
        BUCKETS.delay,
      ),
    );
  }

  request({ route = "unmatched", method, status, seconds }: AnsweredRequest): void {
    // A client may invent methods.
    const known = METHODS.has(method) ? method : "other";
    const children = madeOnce(madeOnce(this.#requestChildren, route, newMap), known, newList);
    const status_class = Math.floor(status / 100);
    children[status_class] ??= this.#requests.labels({ route, method: known, status_class: `${status_class}xx` });
    children[status_class].observe(seconds);
  }

  /** A stream or socket was opened. Returns a function to call once when it is closed. */
  opened(kind: "sse" | "websocket"): () => void {
    this.#open.inc({ kind });
    return () => this.#open.dec({ kind });
  }

  /** A rate limit refused a request. `policy` is one of the few configured ones. */
  refused(policy: string): void {
    this.#refusals.inc({ policy });
  }

  batch({ appends, sent_at, events, conflicts, failed }: WrittenBatch): void {
    if (failed) {
      this.#failedBatches.inc();
      return;
    }
    this.#commits.observe((performance.now() - sent_at) / 1000);
    this.#batches.observe(events);
    // In order of arrival, except those that waited for another append to their stream.
    this.#waits.observe((sent_at - (appends[0]?.since ?? sent_at)) / 1000);
    if (conflicts > 0) this.#conflicts.inc(conflicts);
  }

  /** Events were recorded; `types` are in the catalogue of events, so there are few. */
  recorded(events: readonly { readonly type: string }[]): void {
    const counts = new Map<string, number>();
    for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const [type, count] of counts) this.#events.inc({ type }, count);
  }

  /** `workflow`: a connector's name, `pipeline` for anything with steps, `external` for external workers. */
  attempt({ workflow, outcome, seconds }: EndedWork & { readonly workflow: string }): void {
    this.#attempts.observe({ workflow, outcome }, seconds);
  }

  callback({ outcome, seconds }: EndedWork): void {
    this.#callbacks.observe({ outcome }, seconds);
  }

  /** A figure that is read on each scrape. `read` must not wait. */
  gauge({ name, help, label }: GaugeOptions, read: () => Reading): void {
    this.#addGauge({ name, help, label }, (gauge) => show(gauge, read(), label));
  }

  /**
   * Figures that are queried together, rarely, however often they are scraped (`polled.ts`). Unknown ones are not
   * shown.
   */
  polledGauges<Known>(
    gauges: readonly (GaugeOptions & { readonly of: (known: Known) => Reading })[],
    ask: () => Promise<Known>,
    options?: PolledOptions,
  ): void {
    const look = polled(ask, options);
    for (const { of, ...about } of gauges) {
      this.#addGauge(about, async (gauge) => {
        const known = await look();
        show(gauge, known === undefined ? undefined : of(known), about.label);
      });
    }
  }

  /** The exposition, in Prometheus' text format. */
  async render(): Promise<Response> {
    return new Response(await this.#registry.metrics(), {
      headers: { "content-type": this.#registry.contentType, "cache-control": "no-store" },
    });
  }

  close(): void {
    clearInterval(this.#probe);
  }

  #addGauge({ name, help, label }: GaugeOptions, collect: (gauge: Gauge) => void | Promise<void>): void {
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect() {
        return collect(this);
      },
    });
  }
}

const newMap = () => new Map<string, Child[]>();
const newList = (): Child[] => [];

function madeOnce<Value>(map: ByKey<Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function show(gauge: Gauge, reading: Reading, label: string | undefined): void {
  gauge.reset();
  if (typeof reading === "number") gauge.set(reading);
  else if (label === undefined) gauge.remove();
  else for (const [value, number] of reading ?? []) gauge.set({ [label]: value }, number);
}

function probeLoop(delays: Histogram): Timer {
  let due = performance.now() + LOOP_PROBE_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.observe(Math.max(0, now - due) / 1000);
    due = now + LOOP_PROBE_MS;
  }, LOOP_PROBE_MS);
  timer.unref();
  return timer;
}
