/**
 * Writes the tables of the documentation (`public/docs/`) that are generated from the code, between their markers
 * (`<!-- problems -->` … `<!-- /problems -->`): every error, event, actor, scope and setting, and the rate limits of
 * single calls. Run after a change in `events/`, `src/access/scopes.ts`, `src/http/problem.ts` or a `settings.ts`; a
 * test compares the files.
 */
import { join } from "node:path";
import { ACTORS, catalogue } from "../events/mod.ts";
import { scopes } from "../src/access/mod.ts";
import { settings } from "../src/config.ts";
import "../src/features/mod.ts";
import { problemKinds } from "../src/http/problem.ts";
import { ROUTE_POLICIES } from "../src/rate/mod.ts";
import { parseFlags, runScript } from "./arguments.ts";

const ROOT = join(import.meta.dir, "..");

const HELP = `Usage: bun run scripts/page_tables.ts

Writes the documentation's tables of errors, events, actors, rate limits, scopes and settings. Takes no options.`;

/** Which page has which table. */
const TABLES = {
  "public/docs/authentication.md": { scopes: scopeTable },
  "public/docs/errors.md": { problems: problemTable },
  "public/docs/events.md": { actors: actorTable, events: eventTable },
  "public/docs/limits.md": { rate_policies: ratePolicyTable },
  "public/docs/self-hosting.md": { settings: settingTable },
} as const satisfies Record<string, Record<string, () => string>>;

/** The pages with tables, by path: current, and as they should be. */
export function pagesWithTables(): Promise<{ path: string; text: string; wanted: string }[]> {
  const pages = Object.entries(TABLES).map(async ([path, tables]) => {
    const text = await Bun.file(join(ROOT, path)).text();
    let wanted = text;
    for (const [name, make] of Object.entries<() => string>(tables)) {
      const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
      const [before, after] = [wanted.split(begin)[0], wanted.split(end)[1]];
      if (before === undefined || after === undefined) throw new Error(`Cannot find ${begin} … ${end} in ${path}`);
      wanted = `${before}${begin}\n${make()}\n${end}${after}`;
    }
    return { path, text, wanted };
  });
  return Promise.all(pages);
}

function problemTable(): string {
  return table(
    ["status", "code", "what it means, and what to do"],
    problemKinds().map(({ code, status, help }) => [String(status), `\`${code}\``, help]),
  );
}

function actorTable(): string {
  return table(
    ["actor", "who it is"],
    Object.entries(ACTORS).map(([form, who]) => [`\`${form}\``, who]),
  );
}

function eventTable(): string {
  return table(
    ["type", "when"],
    Object.entries(catalogue).map(([type, { description }]) => [`\`${type}\``, description]),
  );
}

function scopeTable(): string {
  return table(
    ["scope", "what it allows"],
    Object.entries(scopes).map(([name, allows]) => [`\`${name}\``, allows]),
  );
}

function ratePolicyTable(): string {
  return table(
    ["requests", "policy", "limit"],
    Object.entries(ROUTE_POLICIES).map(([name, { quota, counted }]) => [counted, `\`${name}\``, String(quota)]),
  );
}

function settingTable(): string {
  return table(
    ["variable", "default", "purpose"],
    settings().map(({ env, summary, default_text, example }) => [
      `\`${env}\``,
      default_text,
      `${summary} Example: \`${example}\``,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** Resolves to the exit code. */
async function run(): Promise<number> {
  for (const { path, wanted } of await pagesWithTables()) await Bun.write(join(ROOT, path), wanted);
  return 0;
}

if (import.meta.main) await runScript({ help: HELP, parse: parseFlags(), run });
