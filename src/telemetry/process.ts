/**
 * The figures that every Prometheus client reports about its process, by their usual names. Not `prom-client`'s own:
 * made for Node, half of them are empty or wrong under Bun, and they leave timers behind.
 */
import { readdir, readFile } from "node:fs/promises";
import { Counter, Gauge, type Registry } from "prom-client";

export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time used, in user and system mode.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since 1970.",
    registers,
  }).set(Math.round(performance.timeOrigin / 1000));
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory that the process holds.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_heap_bytes",
    help: "Memory of live JavaScript objects.",
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  if (process.platform !== "linux") return;
  new Gauge({
    name: "process_open_fds",
    help: "File descriptors that are open.",
    registers,
    async collect() {
      this.set((await readdir("/proc/self/fd")).length);
    },
  });
  new Gauge({
    name: "process_max_fds",
    help: "File descriptors that may be open.",
    registers,
    async collect() {
      const [, limit] = /^Max open files +(\d+)/m.exec(await readFile("/proc/self/limits", "utf8")) ?? [];
      if (limit !== undefined) this.set(Number(limit));
    },
  });
}
