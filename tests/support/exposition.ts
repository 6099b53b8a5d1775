/**
 * A strict parser of Prometheus' text format: throws at anything that violates the grammar or that a scraper would reject.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one metric, by its base name. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const TYPES: ReadonlySet<string> = new Set(["counter", "gauge", "histogram"]);
const SUFFIXES = { counter: [""], gauge: [""], histogram: ["_bucket", "_sum", "_count"] };

/** Families by name. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("The last line has no line feed");
  const families = new Map<string, Family & { samples: Sample[] }>();
  let current: (Family & { samples: Sample[] }) | undefined;
  let help: { name: string; text: string } | undefined;
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      help = { name, text: rest };
    } else if (kind === "TYPE") {
      if (families.has(name)) throw new Error(`${name} is repeated`);
      current = { name, type: typeOf(rest), help: helpOf(name, help), samples: [] };
      families.set(name, current);
    } else {
      current?.samples.push(parseSample(line, current));
      if (!current) throw new Error(`A sample has no family: ${line}`);
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

function typeOf(text: string): Family["type"] {
  if (TYPES.has(text)) return text as Family["type"];
  throw new Error(`${text} is an unknown type`);
}

function helpOf(name: string, help: { name: string; text: string } | undefined): string {
  if (help?.name === name) return help.text;
  throw new Error(`${name} has a type without help before it`);
}

function parseSample(line: string, family: Family): Sample {
  const [, name, inside = "", number] = SAMPLE.exec(line) ?? [];
  if (name === undefined || number === undefined) throw new Error(`The sample is invalid: ${line}`);
  if (!SUFFIXES[family.type].some((suffix) => name === family.name + suffix)) {
    throw new Error(`A sample is not with its family: ${line}`);
  }
  const labels: Record<string, string> = {};
  for (LABEL.lastIndex = 0; LABEL.lastIndex < inside.length; ) {
    const [, label, value = ""] = LABEL.exec(inside) ?? [];
    if (label === undefined) throw new Error(`The labels are invalid: ${line}`);
    if (label in labels) throw new Error(`A label is repeated: ${line}`);
    labels[label] = value.replace(/\\(["\\n])/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
  }
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  if (!/^(?:\+Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.test(number)) throw new Error(`The value is not a number: ${line}`);
  return { name, labels, value };
}

function checkFamily({ name, type, samples }: Family): void {
  const series = samples.map((sample) => sample.name + JSON.stringify(Object.entries(sample.labels).sort()));
  if (new Set(series).size < series.length) throw new Error(`${name} has a series twice`);
  if (type === "counter" && samples.some(({ value }) => value < 0)) throw new Error(`${name} is negative`);
  if (type === "histogram") checkHistogram(name, samples);
}

/** Checks that each series' buckets increase with their bounds up to `+Inf`, which is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const without = ({ labels: { le: _, ...rest } }: Sample) => JSON.stringify(rest);
  for (const [labels, group] of Map.groupBy(samples, without)) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const sum = group.find((sample) => sample.name === `${name}_sum`);
    const bounds = buckets.map(({ labels: { le } }) => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)));
    const grows = (values: readonly number[]) => values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0));
    if (!grows(bounds) || bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}${labels}: bad bounds`);
    if (!grows(buckets.map(({ value }) => value))) throw new Error(`${name}${labels}: the buckets do not grow`);
    if (buckets.at(-1)?.value !== count || sum === undefined)
      throw new Error(`${name}${labels}: sum or count is wrong`);
  }
}

/** The value of the one series that has these labels; `undefined` if there is none. */
export function sampleOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ""));
  const found = family?.samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  if (found && found.length > 1) throw new Error(`${name} has ${found.length} series with these labels`);
  return found?.[0]?.value;
}
