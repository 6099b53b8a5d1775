/**
 * Checks the OpenAPI document, or writes its outline; also writes the client's types, which are not in git. The document
 * is that of a service outside production. Nothing is started for it: no database, no port. Exit codes: 0 all well; 1 it
 * breaks a rule, or the outline is out of date; 2 wrong use.
 */
import { parseFlags, runScript } from "./arguments.ts";

const HELP = `Usage: bun run scripts/openapi.ts [--write]

Checks the OpenAPI document, and that its outline in docs/api_outline.txt is up to date. Writes the client's types
(examples/client/api.ts).

  --write    writes the outline instead of checking`;

await runScript({
  help: HELP,
  parse: parseFlags("write"),
  run: async (request: { readonly write: boolean }) => await (await import("./openapi_document.ts")).run(request),
});
