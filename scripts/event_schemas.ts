/**
 * Writes `public/event_schemas.json`: the JSON Schema of every event's data and of its meta, for subscribers in
 * other languages. Run after a change in `events/`; a test compares the file.
 */
import { join } from "node:path";
import { catalogue, EventMeta, schemaVersion } from "../events/mod.ts";
import { parseFlags, runScript } from "./arguments.ts";

const HELP = `Usage: bun run scripts/event_schemas.ts

Writes the JSON Schema of every event (public/event_schemas.json). Takes no options.`;

export const EVENT_SCHEMAS_FILE = join(import.meta.dir, "../public/event_schemas.json");

/** The file's text. */
export function eventSchemas(): string {
  const data = Object.entries(catalogue).map(([type, schema]) => [
    type,
    { "x-schema-version": schemaVersion(type), ...schema },
  ]);
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "levqor-events",
    title: "Levqor's events: the body of each event type, and the header Levqor-Meta",
    $defs: { meta: EventMeta, ...Object.fromEntries(data) },
  };
  return `${JSON.stringify(document, standardFormat, 2)}\n`;
}

/** JSON Schema has one format for times; the service writes and accepts a narrower one. */
function standardFormat(key: string, value: unknown): unknown {
  return key === "format" && (value === "utc-time" || value === "callers-time") ? "date-time" : value;
}

/** Resolves to the exit code. */
async function run(): Promise<number> {
  await Bun.write(EVENT_SCHEMAS_FILE, eventSchemas());
  return 0;
}

if (import.meta.main) await runScript({ help: HELP, parse: parseFlags(), run });
