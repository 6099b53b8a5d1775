/** Prints the summary of a day or a week from the read models. Exit codes: 0 all well; 1 they are behind the log; 2 wrong use. */
import { connect, databaseNow, type Sql } from "../src/db/mod.ts";
import { READ_MODELS, summaryOf } from "../src/features/summary/figures.ts";
import { letterOf } from "../src/features/summary/letter.ts";
import { isOver, kinds, lastPeriod, type PeriodKind, periodAt } from "../src/features/summary/period.ts";
import { htmlOf, textOf } from "../src/mail/letter.tsx";
import { readArguments, runScript, UsageError } from "./arguments.ts";
import { openDatabase } from "./database.ts";

const FORMATS = ["text", "html", "json"] as const;

/** How long the read models of a running service may take to catch up. */
const WAIT_MS = 5_000;

const HELP = `Usage: bun run ops_summary [options]

Prints the summary of a day or a week, as GET /api/v1/ops/summary and the mail to operators have it.

  --period day|week          the day by default
  --date 2026-01-15          any day of the period; by default the last one that is over
  --format text|html|json    text by default

Reads DATABASE_URL, or the embedded database in LEVQOR_DATA_DIR, whose read models a running service keeps up to date.`;

interface Request {
  readonly kind: PeriodKind;
  readonly date: string | undefined;
  readonly format: (typeof FORMATS)[number];
}

function parse(args: readonly string[]): Request | "help" {
  const text = { type: "string" } as const;
  const { values } = readArguments(args, {
    options: { period: text, date: text, format: text, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return "help";
  const kind = kinds.find((one) => one === (values.period ?? "day"));
  const format = FORMATS.find((one) => one === (values.format ?? "text"));
  if (!kind) throw new UsageError(`--period must be day or week, not ${values.period}`);
  if (!format) throw new UsageError(`--format must be text, html or json, not ${values.format}`);
  if (values.date !== undefined && !periodAt(kind, values.date)) {
    throw new UsageError(
      `--date must be a day that exists, 1970-01-05 or later, such as 2026-01-15, not ${values.date}`,
    );
  }
  return { kind, date: values.date, format };
}

async function run(request: Request): Promise<number> {
  const database = await openDatabase();
  const sql = connect(database.url, { max: 2 });
  try {
    return await print(sql, request);
  } finally {
    await sql.end({ timeout: 1 });
    await database.close();
  }
}

async function print(sql: Sql, { kind, date, format }: Request): Promise<number> {
  const now = await databaseNow(sql);
  const period = (date === undefined ? undefined : periodAt(kind, date)) ?? lastPeriod(kind, now);
  if (!isOver(period, now)) throw new UsageError(`The ${kind} of ${period.date} is not over: it ends at ${period.to}`);
  const behind = await modelsBehind(sql);
  if (behind.length > 0) {
    console.error(`Cannot sum up the ${kind} of ${period.date}: read models are behind the log: ${behind.join(", ")}`);
    return 1;
  }
  const summary = await summaryOf(sql, period);
  if (format === "json") console.log(JSON.stringify(summary, null, 2));
  else console.log(format === "html" ? htmlOf(letterOf(summary)) : textOf(letterOf(summary)).trimEnd());
  return 0;
}

/** The read models that do not contain all that the log has now; they are given some time. */
async function modelsBehind(sql: Sql): Promise<readonly string[]> {
  const [{ head }] = await sql<[{ head: number }]>`
    select coalesce(max(position), 0)::bigint as head from levqor_log.events`;
  for (const deadline = performance.now() + WAIT_MS; ; await Bun.sleep(100)) {
    const built = await sql<{ name: string; position: number }[]>`
      select name, position from levqor_ops.projections where live`;
    const behind = READ_MODELS.filter((name) => (built.find((one) => one.name === name)?.position ?? -1) < head);
    if (behind.length === 0 || performance.now() > deadline) return behind;
  }
}

await runScript({ help: HELP, parse, run });
