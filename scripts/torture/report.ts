/** The output of a run: progress while it lasts, and a table at its end. */
import type { Check, Verdict } from "./evidence.ts";
import type { FaultCounts } from "./faults.ts";

/** How many findings of one check are shown; the rest are counted. */
const SHOWN = 5;
const WIDTH = 24;
const LINE_EVERY_MS = 10_000;

/** A bar on a terminal, plain lines elsewhere; on standard error. */
export class Progress {
  readonly #terminal = process.stderr.isTTY;
  readonly #began = performance.now();
  #toldAt = Number.NEGATIVE_INFINITY;

  /** The progress of a part of the run: `done` from 0 to 1, or `undefined` if unknown. */
  show(part: string, { done, about }: { done: number | undefined; about: string }): void {
    const now = performance.now();
    if (!this.#terminal && now - this.#toldAt < LINE_EVERY_MS) return;
    this.#toldAt = now;
    const full = Math.round(Math.min(1, done ?? 0) * WIDTH);
    const bar = done === undefined ? "" : `${"█".repeat(full)}${"░".repeat(WIDTH - full)} `;
    if (this.#terminal) this.#write(`${this.#time()} ${part} ${bar}${about}`);
    else process.stderr.write(`${this.#time()} ${part}: ${about}\n`);
  }

  /** A line that stays. */
  tell(text: string): void {
    this.#write("");
    process.stderr.write(`${this.#time()} ${text}\n`);
  }

  end(): void {
    this.#write("");
  }

  #write(line: string): void {
    if (this.#terminal) process.stderr.write(`\r\x1b[2K${line.slice(0, process.stderr.columns ?? 120)}`);
  }

  #time(): string {
    const seconds = Math.floor((performance.now() - this.#began) / 1_000);
    return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

export interface Outcome {
  readonly check: Check;
  readonly verdict: Verdict;
}

/** The tables of faults and of checks. */
export function report(outcomes: readonly Outcome[], { inflicted, skipped, missed }: FaultCounts): string {
  const lines = ["", "faults"];
  for (const [kind, count] of [...inflicted].sort(([a], [b]) => a.localeCompare(b))) {
    lines.push(`  ${String(count).padStart(4)} × ${kind.replace("_", " ")}`);
  }
  for (const [kind, count] of skipped) {
    lines.push(`  skipped: ${count} × ${kind.replace("_", " ")} (${WHY_SKIPPED[kind] ?? "cannot be made here"})`);
  }
  for (const text of missed) lines.push(`  missed: ${text}`);
  lines.push("", "checks");
  for (const { check, verdict } of outcomes) {
    const well = verdict.faults.length === 0;
    lines.push(`  ${well ? "✓" : "✗"} ${check.name} (${verdict.looked_at})`);
    for (const fault of verdict.faults.slice(0, SHOWN)) lines.push(`      ${fault}`);
    if (verdict.faults.length > SHOWN) lines.push(`      … and ${verdict.faults.length - SHOWN} more`);
  }
  return lines.join("\n");
}

const WHY_SKIPPED: Readonly<Record<string, string>> = {
  clock: "needs libfaketime: the Debian package of that name",
  full_disk: "needs its own disk: root on Linux, with the right to mount one",
};
