/** A minute of everything at once: jobs accepted and run, and read in every way, on 256 connections. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoadOptions, LoadRequest, LoadResult } from "./load.ts";
import { countRows } from "./support/cluster.ts";
import type { Context } from "./support/context.ts";
import { answers, freePort } from "./support/net.ts";
import { Progress } from "./support/progress.ts";
import { atMost, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";

const SERVICE = join(import.meta.dir, "../src/main.ts");
const BODY = JSON.stringify({ workflow: "benchmark", payload: { customer: "c-1042", pages: 12 } });
const CONNECTIONS = 256;
const JOBS = 200;
/** Of twenty requests. */
const SHARES = { intake: 8, status: 6, history: 2, list: 2, metrics: 1, health: 1 };

export async function mixed({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const seconds = quick ? 2 : 60;
  const database = await cluster.levqor("mixed");
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const { pid } = stage.command(["bun", SERVICE], {
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    LEVQOR_DATA_DIR: await stage.folder(),
    PORT: String(port),
    LOG_LEVEL: "error",
  });
  await answers(`${url}/health`);
  const requests = await mix(url);

  const progress = new Progress("mixed", seconds);
  const memory: number[] = [];
  const options: LoadOptions = { url, requests, connections: CONNECTIONS, seconds };
  const loading = stage.child<LoadResult>("load.ts", options).next();
  const sampling = setInterval(async () => {
    memory.push(await residentMiB(pid));
    progress.step(`${figure(memory.at(-1) ?? Number.NaN)} MiB`);
  }, 1_000);
  const result = await loading.finally(() => clearInterval(sampling));

  // The first third warms up: caches fill, code is compiled.
  const third = Math.floor(memory.length / 3);
  const [before, after] = [memory.slice(third, 2 * third), memory.slice(2 * third)].map(median) as [number, number];
  const taken_in = await countRows(database.url, "levqor_log.events where type = 'job.submitted'");
  return {
    title: "Mixed load",
    method:
      `${CONNECTIONS} connections for ${seconds} s, each sending its next request when the last has its response. Of twenty ` +
      `requests ${Object.entries(SHARES)
        .map(([what, share]) => `${share} ${what}`)
        .join(", ")}. Rate limits are lifted. Every response with an unexpected status is an error.`,
    tables: [
      {
        columns: ["", "requests/s", "p50 ms", "p99 ms", "max ms", "errors", "jobs accepted", "memory MiB"],
        rows: [
          [
            "**Levqor**",
            figure(result.per_second),
            figure(result.p50_ms),
            figure(result.p99_ms),
            figure(result.max_ms),
            String(result.errors),
            figure(taken_in),
            `${figure(before)} → ${figure(after)}`,
          ],
        ],
      },
    ],
    bars: [
      atMost("errors", result.errors, 0),
      atMost("memory in the last third of the time against the second", after / before, 1.1),
    ],
    notes: [
      "Memory: resident set of the service, sampled each second; medians.",
      ...(result.first_error ? [`The first error: ${result.first_error.slice(0, 200)}`] : []),
    ],
  };
}

/** Requests in the given shares, over existing jobs. */
async function mix(url: string): Promise<LoadRequest[]> {
  const ids: string[] = [];
  for (let i = 0; i < JOBS; i++) {
    const answer = await fetch(`${url}/api/v1/intake`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: BODY,
    });
    ids.push(((await answer.json()) as { job_id: string }).job_id);
  }
  const make: Record<keyof typeof SHARES, (id: string) => LoadRequest> = {
    intake: () => ({ path: "/api/v1/intake", body: BODY }),
    status: (id) => ({ path: `/api/v1/status/${id}` }),
    history: (id) => ({ path: `/api/v1/jobs/${id}/events` }),
    list: () => ({ path: "/api/v1/jobs?limit=20" }),
    metrics: () => ({ path: "/public/metrics" }),
    health: () => ({ path: "/health" }),
  };
  const round = Object.entries(SHARES).flatMap(([what, share]) =>
    Array.from({ length: share }, () => make[what as keyof typeof SHARES]),
  );
  // 7 and 20 are coprime: neighbours differ, and every kind comes as often as it should.
  return ids.map((id, i) => (round[(i * 7) % round.length] as (id: string) => LoadRequest)(id));
}

/** NaN if unknown. */
async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
