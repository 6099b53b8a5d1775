/**
 * Rebuilds read models from the log:
 *
 *     bun run replay                       rebuilds every read model and replaces the live ones
 *     bun run replay --verify              rebuilds beside the live ones and compares row by row
 *     bun run replay --until POSITION      builds tables that show the read models as they were, for inspection
 *     bun run replay --at POSITION --projection NAME    prints the read model's rows as they were, one JSON object per line
 *     bun run replay --resume NAME         resumes a read model stopped by an event
 *     … --skip POSITION --reason TEXT      past that event, for good
 *     … --projection NAME                  only this one; may be repeated
 *
 * Works beside a running service and without one, on DATABASE_URL or on the embedded database in LEVQOR_DATA_DIR. Exit
 * codes: 0 all well; 1 rows differ, or a fault; 2 wrong use; 130 interrupted.
 */
import { projectionStream } from "../events/projection.ts";
import { type Projection, projections } from "../projections/mod.ts";
import { connect } from "../src/db/mod.ts";
import { type EventLog, openLog } from "../src/log/mod.ts";
import { type RebuildOptions, rebuild, rebuildAt, resumeProjection, rowsAt, verify } from "../src/projector/mod.ts";
import { Table } from "../src/projector/table.ts";
import { closestName } from "../src/settings/mod.ts";
import { readArguments, runScript, UsageError } from "./arguments.ts";
import { openDatabase } from "./database.ts";

/** The indexes of a large read model, or its comparison with another, take minutes. */
const ANSWER_TIMEOUT_MS = 10 * 60_000;

/** The maximum length of a reason. */
const MAX_REASON_LENGTH = 1_024;

interface Request {
  readonly projections: readonly Projection[];
  readonly verify: boolean;
  readonly until: number | undefined;
  /** Shows the given projection as it was then. */
  readonly at: { readonly position: number; readonly key: string | undefined } | undefined;
  /** Resumes the given projection. */
  readonly resume: { readonly skip: number | undefined; readonly reason: string | undefined } | undefined;
}

function parseRequest(args: readonly string[]): Request | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const { verify = false, resume } = values;
  const at = positionOf("--at", values.at);
  const wanted = resume === undefined ? values.projection : [resume];
  const request = {
    projections: (wanted ?? projections.map(({ name }) => name)).map(projectionOf),
    verify,
    until: positionOf("--until", values.until),
    at: at === undefined ? undefined : { position: at, key: values.key },
    resume: resume === undefined ? undefined : { skip: positionOf("--skip", values.skip), reason: values.reason },
  };
  checkAt(request, values.key);
  if (request.until !== undefined && verify) {
    throw new UsageError(
      "--verify compares with the live tables, which are not at an earlier position: leave out --until",
    );
  }
  if (resume !== undefined && (verify || request.until !== undefined || values.projection !== undefined)) {
    throw new UsageError("--resume can only be combined with --skip and --reason");
  }
  if (resume === undefined && (values.skip !== undefined || values.reason !== undefined)) {
    throw new UsageError("--skip and --reason need --resume NAME");
  }
  if ((values.skip === undefined) !== (values.reason === undefined)) {
    throw new UsageError("--skip and --reason need each other: the reason is recorded");
  }
  if (values.reason !== undefined && (values.reason === "" || values.reason.length > MAX_REASON_LENGTH)) {
    throw new UsageError(`--reason must have 1 to ${MAX_REASON_LENGTH} characters`);
  }
  return request;
}

/** Rejects what cannot be combined with `--at`, and a `--key` that is invalid. */
function checkAt({ at, verify, until, resume, projections: [projection, ...more] }: Request, key: string | undefined) {
  if (at === undefined) {
    if (key !== undefined) throw new UsageError("--key needs --at POSITION");
    return;
  }
  if (verify || until !== undefined || resume !== undefined) {
    throw new UsageError("--at can only be combined with --projection NAME and --key KEY");
  }
  if (!projection || more.length > 0) throw new UsageError("--at needs one --projection NAME");
  if (key === undefined) return;
  try {
    new Table(projection).parseKey(key);
  } catch (error) {
    throw new UsageError(`--key does not fit ${projection.name}: ${(error as Error).message}`, { cause: error });
  }
}

function projectionOf(name: string): Projection {
  const found = projections.find((projection) => projection.name === name);
  if (found) return found;
  const names = projections.map((each) => each.name);
  const near = closestName(name, names);
  const meant = near === undefined ? "" : ` Did you mean "${near}"?`;
  throw new UsageError(`There is no projection "${name}"; use one of ${names.join(", ")}.${meant}`);
}

function positionOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${option} must be a position of the log, not "${text}"`);
}

function parse(args: readonly string[]) {
  return readArguments(args, {
    options: {
      verify: { type: "boolean" },
      projection: { type: "string", multiple: true },
      until: { type: "string" },
      at: { type: "string" },
      key: { type: "string" },
      resume: { type: "string" },
      skip: { type: "string" },
      reason: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
}

const HELP = `Usage: bun run replay [--verify | --until POSITION] [--projection NAME]...
       bun run replay --at POSITION --projection NAME [--key KEY]
       bun run replay --resume NAME [--skip POSITION --reason TEXT]

Rebuilds read models from the log and replaces the live ones.

  --verify            compares with the live ones instead; exit code 1 if a row differs
  --until POSITION    builds tables that show the read models as of a log position
  --at POSITION       prints the rows of one read model as of a log position, one JSON object per line; changes nothing
  --key KEY           with --at: only the row with this key; a JSON array if the key has several columns
  --resume NAME       resumes this read model at the event that stopped it, once its fold is fixed
  --skip POSITION     with --resume: skips that event for good; the skip is recorded, and rebuilds skip it, too
  --reason TEXT       with --skip: why
  --projection NAME   only this read model; may be repeated (${projections.map(({ name }) => name).join(", ")})
`;

/** A bar on a terminal, a line every other second elsewhere; on standard error. */
function progressOf(title: string): { show(position: number, until: number): void; end(): void } {
  const { isTTY, columns = 80 } = process.stderr;
  const began = performance.now();
  let last = began;
  return {
    show(position, until) {
      const now = performance.now();
      if (now - last < (isTTY ? 50 : 2_000)) return;
      last = now;
      const done = `${figure(position)}/${figure(until)} events, ${figure(position / ((now - began) / 1_000))}/s`;
      if (!isTTY) return void process.stderr.write(`${title}: ${done}\n`);
      const width = 24;
      const full = until > 0 ? Math.round((position / until) * width) : width;
      const line = `${title} ${"█".repeat(full)}${"░".repeat(width - full)} ${done}`;
      process.stderr.write(`\r\x1b[2K${line.slice(0, columns)}`);
    },
    end() {
      if (isTTY) process.stderr.write("\r\x1b[2K");
    },
  };
}

function figure(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Does what was requested for one read model, and reports the outcome. Returns whether all is well. */
async function replay({ verify: verifying, until }: Request, options: RebuildOptions): Promise<boolean> {
  const { name, version } = options.projection;
  const title = `${name} v${version}`;
  const progress = progressOf(title);
  const began = performance.now();
  const with_progress = { ...options, on_progress: progress.show };
  const said: string[] = [];
  let well = true;
  try {
    if (verifying) {
      const { position, rows, different, differences } = await verify(with_progress);
      well = different === 0;
      const found = well ? `${figure(rows)} rows, all equal` : `${figure(different)} of ${figure(rows)} rows differ`;
      said.push(`${title}: compared at position ${figure(position)}: ${found}`);
      for (const { key, live, rebuilt } of differences) said.push(`  ${key}: ${describe(live, rebuilt)}`);
      if (different > differences.length) said.push(`  … and ${figure(different - differences.length)} more`);
    } else if (until !== undefined) {
      const { table, rows } = await rebuildAt(until, with_progress);
      said.push(`${title}: ${figure(rows)} rows at position ${figure(until)} in ${table}; drop it when you are done`);
    } else {
      const position = await rebuild(with_progress);
      said.push(`${title}: rebuilt up to position ${figure(position)}, and live`);
    }
  } finally {
    progress.end();
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const [first, ...more] = said;
  process.stdout.write(`${[`${well ? "✓" : "✗"} ${first} (${seconds} s)`, ...more].join("\n")}\n`);
  return well;
}

/** Prints the rows of a read model as it was; progress goes to standard error. */
async function show({ position, key }: NonNullable<Request["at"]>, options: RebuildOptions): Promise<boolean> {
  const { name, version } = options.projection;
  const progress = progressOf(`${name} v${version}`);
  const on_rows = async (rows: readonly object[]) => {
    progress.end();
    await print(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  };
  try {
    const rows = await rowsAt(position, { ...options, key, on_rows, on_progress: progress.show });
    if (rows > 0 || key === undefined) return true;
    process.stderr.write(`${name} v${version}: there is no row with this key at position ${figure(position)}\n`);
    return false;
  } catch (error) {
    // The reader has seen enough, like `head`.
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return true;
    throw error;
  } finally {
    progress.end();
  }
}

/** Resolves when the text is written: waits for a slow reader. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Whether the read model continues now. */
async function resume(
  { skip, reason }: NonNullable<Request["resume"]>,
  { sql, log, projection }: RebuildOptions & { log: EventLog },
) {
  const { name, version } = projection;
  const meta = { actor: "system:replay", correlation_id: projectionStream(name) };
  const resumed = await resumeProjection({ sql, log }, projection, { skip, reason, meta });
  if (resumed.ok) {
    const how = skip === undefined ? "resumed at" : "resumed past";
    process.stdout.write(`✓ ${name} v${version}: ${how} the event at position ${figure(resumed.position)}\n`);
    return true;
  }
  const state =
    resumed.stopped_at === undefined
      ? "no event stops it"
      : `the event at position ${figure(resumed.stopped_at)} stops it`;
  process.stdout.write(`✗ ${name} v${version}: nothing was done: ${state}\n`);
  return false;
}

/** Which columns differ. Not their values: they may be personal data. */
function describe(live: Record<string, unknown> | null, rebuilt: Record<string, unknown> | null): string {
  if (!live) return "missing in the live table";
  if (!rebuilt) return "left over in the live table";
  const columns = Object.keys(live).filter((column) => !Bun.deepEquals(live[column], rebuilt[column]));
  return `differs in ${columns.join(", ")}`;
}

/** Resolves to the exit code. */
async function run(request: Request): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort(new Error("Interrupted: nothing was changed")));
  }
  try {
    return (await runRequest(request, interrupted.signal)) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return interrupted.signal.aborted ? 130 : 1;
  }
}

/** Whether all went well. */
async function runRequest(request: Request, signal: AbortSignal): Promise<boolean> {
  const database = await openDatabase();
  const sql = connect(database.url, {
    max: 4,
    application_name: "levqor-replay",
    answer_timeout_ms: ANSWER_TIMEOUT_MS,
  });
  const log = openLog({ url: database.url });
  try {
    let well = true;
    for (const projection of request.projections) {
      const options = { sql, log, projection, signal };
      if (request.at) well = await show(request.at, options);
      else if (request.resume) well = await resume(request.resume, options);
      else well = (await replay(request, options)) && well;
    }
    return well;
  } finally {
    await log.close();
    await sql.end({ timeout: 1 });
    await database.close();
  }
}

await runScript({ help: HELP, parse: parseRequest, run });
