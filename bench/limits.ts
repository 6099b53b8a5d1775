/**
 * Rate limits: by how much three processes together admit more than one would, and what a client that floods the
 * service costs one that does not.
 */
import { join } from "node:path";
import type { LoadOptions, LoadRequest, LoadResult } from "./load.ts";
import type { LevqorDatabase } from "./support/cluster.ts";
import type { Context } from "./support/context.ts";
import { answers, freePort } from "./support/net.ts";
import { Progress } from "./support/progress.ts";
import { atMost, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";

const SERVICE = join(import.meta.dir, "../src/main.ts");
const REPLICAS = 3;
const BURST = 20;
const TIER = 6_000;
const FLOODING_KEY = "the-key-of-a-client-that-floods";
const POLITE_KEY = "the-key-of-a-polite-client";

/** 80 requests a second, of the 100 that the tier allows. */
const POLITE = {
  connections: 8,
  every_ms: 100,
  headers: { "X-Api-Key": POLITE_KEY },
  requests: [
    { path: "/api/v1/intake", body: JSON.stringify({ workflow: "benchmark", payload: { pages: 12 } }) },
    { path: "/api/v1/jobs?limit=20" },
  ] satisfies LoadRequest[],
};
/** Each sends its next request when the last has its response. */
const FLOODS = {
  "64 connections without a key": { connections: 64 },
  "256 connections without a key": { connections: 256 },
  "64 connections with an invalid key": { connections: 64, headers: { "X-Api-Key": "a-key-that-nobody-gave-out" } },
} satisfies Record<string, Partial<LoadOptions>>;

interface Measured {
  readonly polite: LoadResult;
  /** Responses to the flood, per second. */
  readonly flood_per_second: number;
}

export async function limits({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 1 : 5;
  const progress = new Progress("limits", 2 + rounds * (1 + Object.keys(FLOODS).length));
  const database = await cluster.levqor("limits");
  const urls: string[] = [];
  // One after the other: the first one migrates.
  for (let i = 0; i < REPLICAS; i++) urls.push(await startReplica(database, stage));
  const [url = ""] = urls;

  const load = (options: LoadOptions) => stage.child<LoadResult>("load.ts", options).next();
  /** How many requests of one client are admitted that floods all replicas at once. */
  async function overshoot(headers: Record<string, string>): Promise<number> {
    const options = { requests: [{ path: "/" }], headers, connections: 16, seconds, warm_up_seconds: 0 };
    const results = await Promise.all(urls.map((each) => load({ ...options, url: each })));
    return results.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }
  async function measure(flood?: Partial<LoadOptions>): Promise<Measured> {
    const flooding = { url, requests: [{ path: "/api/v1/jobs" }], connections: 1, seconds, ...flood };
    const [polite, flooded] = await Promise.all([load({ ...POLITE, url, seconds }), flood && load(flooding)]);
    return { polite, flood_per_second: (flooded?.errors ?? 0) / (seconds + 1) };
  }

  const byAddress = await overshoot({ "X-Forwarded-For": "203.0.113.1" });
  progress.step(`${byAddress} accepted where ${BURST} are allowed`);
  const byKey = await overshoot({ "X-Api-Key": FLOODING_KEY });
  progress.step(`${byKey} accepted where ${TIER} are allowed`);

  const found = new Map<string, Measured[]>();
  await measure();
  for (let round = 0; round < rounds; round++) {
    for (const [name, flood] of [["nobody", undefined], ...Object.entries(FLOODS)] as const) {
      const measured = await measure(flood);
      if (measured.polite.errors > 0) {
        throw new Error(`The polite client was rejected beside ${name}: ${measured.polite.first_error}`);
      }
      found.set(name, [...(found.get(name) ?? []), measured]);
      progress.step(`beside ${name}: p99 ${figure(measured.polite.p99_ms, "ms")}`);
    }
  }

  const of = (name: string, pick: (measured: Measured) => number) => median((found.get(name) ?? []).map(pick));
  const p99 = (name: string) => of(name, ({ polite }) => polite.p99_ms);
  return {
    title: "Rate limits",
    method:
      `${REPLICAS} processes on one database, all with the same limits. First a client floods all of them at once, ` +
      `16 connections each for ${seconds} s; accepted requests are counted. Then a polite client with a key sends 80 requests a second ` +
      `(half intakes, half lists of jobs) to one process, alone and while another client floods it: ${rounds} ` +
      `interleaved rounds of ${seconds} s after 1 s of warm-up; medians.`,
    tables: [
      {
        title: "Accepted within a minute, by three processes together",
        columns: ["flood of", "limit", "accepted", "overshoot"],
        rows: [
          ["one address without a key", figure(BURST), figure(byAddress), `${figure(byAddress / BURST)} ×`],
          ["one key", figure(TIER), figure(byKey), `${figure(byKey / TIER)} ×`],
        ],
      },
      {
        title: "A polite client",
        columns: ["beside", "flood, responses/s", "p50 ms", "p99 ms", "max ms"],
        rows: [...found.keys()].map((name) => [
          name,
          figure(of(name, ({ flood_per_second }) => flood_per_second)),
          figure(of(name, ({ polite }) => polite.p50_ms)),
          figure(p99(name)),
          figure(of(name, ({ polite }) => polite.max_ms)),
        ]),
      },
    ],
    bars: [
      atMost("accepted from one address, against the limit", byAddress / BURST, REPLICAS),
      atMost("accepted for one key, against the limit", byKey / TIER, 1.5),
      ...Object.keys(FLOODS).map((name) => atMost(`p99 beside ${name}, against alone`, p99(name) / p99("nobody"), 1.5)),
    ],
    notes: [
      "Requests accepted in excess count too, so that the client waits longer afterwards (decision 57).",
      "A flood is slow because its rejections are delayed: one a second on each connection (decision 58).",
    ],
  };
}

async function startReplica(database: LevqorDatabase, stage: Stage): Promise<string> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  stage.command(["bun", SERVICE], {
    LEVQOR_ROLE: "api",
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
    VAULT_KEY: Buffer.alloc(32).toString("base64"),
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    LEVQOR_DATA_DIR: await stage.folder(),
    PORT: String(port),
    HOST: "127.0.0.1",
    API_KEYS: `${FLOODING_KEY},${POLITE_KEY}`,
    RATE_BURST: String(BURST),
    RATE_GLOBAL: "none",
    RATE_TIERS: `enterprise=${TIER}`,
    TRUST_PROXY: "x-forwarded-for:1",
    LOG_LEVEL: "error",
  });
  await answers(`${url}/health`);
  return url;
}
