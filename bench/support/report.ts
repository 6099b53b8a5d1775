/** The results of a benchmark, and how they are written. */
import { cpus, totalmem } from "node:os";

/** A guarantee that the figures must keep. */
export interface Bar {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
  /** A goal; missing it is not a failure. */
  readonly aim?: boolean;
}

export interface Table {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One benchmark's chapter. */
export interface Section {
  readonly title: string;
  /** What was done, in Markdown. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
  /** What else a reader should know, one sentence or two each. */
  readonly notes: readonly string[];
}

/** `12345.6` becomes `12,346`; small numbers keep their significant digits. */
export function figure(value: number, unit = ""): string {
  if (!Number.isFinite(value)) return "n/a";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit ? `${text} ${unit}` : text;
}

/** A bar that `measured` must reach. */
export function atLeast(what: string, measured: number, wanted: number, aim = false): Bar {
  return { what, wanted: `at least ${figure(wanted)}`, measured: figure(measured), met: measured >= wanted, aim };
}

/** A bar that `measured` must not exceed. */
export function atMost(what: string, measured: number, wanted: number, aim = false): Bar {
  return { what, wanted: `at most ${figure(wanted)}`, measured: figure(measured), met: measured <= wanted, aim };
}

/** The machine, in one Markdown list. */
export function machine({ postgres, peers }: { postgres: string; peers: Readonly<Record<string, string>> }): string {
  const [first] = cpus();
  return [
    `- Processor: ${first?.model.trim() ?? "unknown"}, ${cpus().length} cores; memory ${figure(totalmem() / 2 ** 30)} GiB`,
    `- ${process.platform} ${process.arch}, Bun ${Bun.version}, ${postgres}`,
    `- ${Object.entries(peers)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
  ].join("\n");
}

/** One section as Markdown. */
export function render(section: Section): string {
  const verdict = (bar: Bar) => (bar.met ? "met" : bar.aim ? "not yet (a goal)" : "**missed**");
  const bars: Table = {
    columns: ["bar", "wanted", "measured", ""],
    rows: section.bars.map((bar) => [bar.what, bar.wanted, bar.measured, verdict(bar)]),
  };
  const notes = section.notes.map((note) => `- ${note}`).join("\n");
  return [`## ${section.title}`, section.method, ...[...section.tables, bars].map(renderTable), notes]
    .filter(Boolean)
    .join("\n\n");
}

function renderTable({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = line(columns.map((_, i) => (i === 0 ? "---" : "---:")));
  return [...(title ? [`**${title}**`, ""] : []), line(columns), rule, ...rows.map(line)].join("\n");
}
