/** The layers of docs/ARCHITECTURE.md, as the lint rules in biome.json hold them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const LAYER = "lint/style/noRestrictedImports";
const CIRCLE = "lint/suspicious/noImportCycles";

const against: ReadonlyArray<[importer: string, imported: string]> = [
  ["events/a.ts", "../src/log/mod.ts"],
  ["events/b.ts", "node:fs"],
  ["projections/a.ts", "../src/db/mod.ts"],
  ["projections/b.ts", "postgres"],
  ["connectors/a.ts", "../src/jobs/mod.ts"],
  ["src/domain/a.ts", "../../projections/mod.ts"],
  ["src/domain/b.ts", "../log/mod.ts"],
  ["src/domain/c.ts", "node:crypto"],
  ["src/async/a.ts", "../db/mod.ts"],
  ["src/ip/a.ts", "../rate/mod.ts"],
  ["src/dns/a.ts", "../mail/mod.ts"],
  ["src/json/a.ts", "../async/mod.ts"],
  ["src/db/a.ts", "../log/mod.ts"],
  ["src/log/a.ts", "../bus/mod.ts"],
  ["src/log/b.ts", "../../events/job.ts"],
  ["src/bus/a.ts", "../projector/mod.ts"],
  ["src/projector/a.ts", "../../projections/jobs.ts"],
  ["src/projector/b.ts", "../domain/job/job.ts"],
  ["src/reactor/a.ts", "../jobs/mod.ts"],
  ["src/reactor/b.ts", "../projector/mod.ts"],
  ["src/mail/a.ts", "../http/problem.ts"],
  ["src/mail/b.ts", "../../connectors/http.ts"],
  ["src/vault/a.ts", "../bus/mod.ts"],
  ["src/vault/b.ts", "../jobs/mod.ts"],
  ["src/db/b.ts", "../vault/mod.ts"],
  ["src/log/c.ts", "../vault/mod.ts"],
  ["src/jobs/a.ts", "../http/problem.ts"],
  ["src/jobs/e.ts", "../mail/mod.ts"],
  ["src/http/e.ts", "../mail/mod.ts"],
  ["src/jobs/b.ts", "../../connectors/http.ts"],
  ["src/jobs/run/c.ts", "../../features/schedules/mod.ts"],
  ["src/access/a.ts", "../jobs/mod.ts"],
  ["src/http/a.ts", "../features/keys/routes.ts"],
  ["src/http/door/a.ts", "../../main.ts"],
  ["src/http/request/b.ts", "../../../connectors/http.ts"],
  ["src/features/a/a.ts", "../b/commands.ts"],
  ["src/features/a/b.ts", "../mod.ts"],
  ["src/features/a/c.ts", "../../main.ts"],
  ["src/features/a/d.ts", "../../../connectors/http.ts"],
  ["src/config.ts", "./log/mod.ts"],
  ["src/http/c.ts", "../config.ts"],
  ["src/jobs/d.ts", "../config.ts"],
  ["src/features/a/e.ts", "../../config.ts"],
  ["src/jobs/settings.ts", "./options.ts"],
  ["src/features/a/settings.ts", "../../http/limits.ts"],
  ["connectors/settings.ts", "./http.ts"],
  ["src/settings/a.ts", "../json/mod.ts"],
  ["src/process/a.ts", "../log/mod.ts"],
  ["src/heartbeat.ts", "./http/problem.ts"],
];

const along: ReadonlyArray<[importer: string, imported: string]> = [
  ["events/y.ts", "@sinclair/typebox"],
  ["projections/y.ts", "../events/mod.ts"],
  ["src/domain/y.ts", "../../events/job.ts"],
  ["events/z.ts", "../src/json/mod.ts"],
  ["connectors/y.ts", "../src/async/mod.ts"],
  ["connectors/z.ts", "../src/json/mod.ts"],
  ["connectors/x.ts", "../src/ip/mod.ts"],
  ["src/domain/z.ts", "../json/mod.ts"],
  ["src/web/z.ts", "../json/mod.ts"],
  ["src/http/request/json.ts", "../../json/mod.ts"],
  ["src/domain/pipeline/y.ts", "../reach.ts"],
  ["src/domain/job/y.ts", "../pipeline/steps.ts"],
  ["src/access/shares/y.ts", "../caller.ts"],
  ["src/db/y.ts", "../async/mod.ts"],
  ["src/db/embedded/y.ts", "../../async/mod.ts"],
  ["src/log/y.ts", "../db/mod.ts"],
  ["src/log/z.ts", "../../events/envelope.ts"],
  ["src/bus/y.ts", "../log/mod.ts"],
  ["src/projector/y.ts", "../../projections/projection.ts"],
  ["src/bus/z.ts", "../db/mod.ts"],
  ["src/bus/async.ts", "../async/mod.ts"],
  ["src/projector/z.ts", "../bus/mod.ts"],
  ["src/reactor/z.ts", "../domain/job/job.ts"],
  ["src/projector/async.ts", "../async/mod.ts"],
  ["src/jobs/y.ts", "../domain/job/job.ts"],
  ["src/jobs/z.ts", "../../connectors/connector.ts"],
  ["src/jobs/run/y.ts", "../queue/feed.ts"],
  ["src/jobs/intake/y.ts", "../../access/mod.ts"],
  ["src/http/y.ts", "../jobs/mod.ts"],
  ["src/http/door/y.ts", "../problem.ts"],
  ["src/http/stream/z.ts", "../request/body.ts"],
  ["src/features/a/y.ts", "./commands.ts"],
  ["src/features/a/z.ts", "../../http/problem.ts"],
  ["src/mail/y.ts", "../../connectors/connector.ts"],
  ["src/mail/z.ts", "../dns/mod.ts"],
  ["src/features/a/x.ts", "../../mail/mod.ts"],
  ["src/features/a/w.ts", "../feature.ts"],
  ["src/features/a/v.ts", "../../vault/mod.ts"],
  ["src/vault/y.ts", "../../events/personal.ts"],
  ["src/vault/z.ts", "../log/mod.ts"],
  ["src/http/v.ts", "../vault/mod.ts"],
  ["src/features/a/deep/y.ts", "../routes.ts"],
  ["src/features/a/deep/z.ts", "../../../jobs/mod.ts"],
  ["src/features/mod.ts", "./jobs/intake.ts"],
  ["src/main.ts", "./features/mod.ts"],
  ["src/uptime.ts", "./log/mod.ts"],
  ["src/features/b/settings.ts", "../../settings/mod.ts"],
  ["src/rate/settings.ts", "../ip/mod.ts"],
  ["src/process/y.ts", "../logger.ts"],
  ["tests/y.ts", "../src/log/mod.ts"],
];

/** Features whose names are those of parts too, which the rules must not mistake for them. */
const features = [...(await subfolders("src/features")), ...(await subfolders("src")), "events", "projections"];
const below = (await subfolders("src")).filter((name) => name !== "features");

const acrossFeatures = features.flatMap((name): [string, string][] => [
  [`src/features/a/of_${name}.ts`, `../${name}/queries.ts`],
  [`src/features/a/deep/of_${name}.ts`, `../../${name}/queries.ts`],
  [`src/features/a/around_${name}.ts`, `../../features/${name}/queries.ts`],
]);
const upToFeatures = below.flatMap((part) =>
  features.map((name): [string, string] => [`src/${part}/of_${name}.ts`, `../features/${name}/queries.ts`]),
);

const forms = {
  "import type": 'import type { A } from "../bus/mod.ts";\nexport type B = A;',
  "export from": 'export * from "../bus/mod.ts";',
  "export type from": 'export type { A } from "../bus/mod.ts";',
  "side effect": 'import "../bus/mod.ts";',
  dynamic: 'export const bus = import("../bus/mod.ts");',
};

let project: string;
let reported: Set<string>;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "levqor-layers-"));
  await cp(join(ROOT, "biome.json"), join(project, "biome.json"));
  await symlink(join(ROOT, "node_modules"), join(project, "node_modules"));
  for (const [importer, imported] of [...against, ...along, ...acrossFeatures, ...upToFeatures])
    await write(importer, `import "${imported}";`);
  for (const [form, source] of Object.entries(forms)) await write(formFile(form), source);
  await write("src/bus/one.ts", 'import type { Two } from "./two.ts";\nexport type One = Two;');
  await write("src/bus/two.ts", 'export type { One as Two } from "./three.ts";');
  await write("src/bus/three.ts", 'export { type One } from "./one.ts";');
  const biome = Bun.spawn(
    [process.execPath, "--bun", "run", "biome", "lint", "--reporter=github", "--max-diagnostics=none"],
    {
      cwd: project,
      stderr: "ignore",
    },
  );
  const output = await new Response(biome.stdout).text();
  reported = new Set(Array.from(output.matchAll(/title=([^,]+),file=([^,]+)/g), ([, rule, file]) => `${rule} ${file}`));
});

afterAll(() => rm(project, { recursive: true, force: true }));

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function write(path: string, source: string) {
  await Bun.write(join(project, path), `${source}\n`);
}

function formFile(form: string): string {
  return `src/log/form_${form.replaceAll(" ", "_")}.ts`;
}

function reports(rule: string, path: string): boolean {
  return [...reported].some((line) => line.startsWith(rule) && line.endsWith(`/${path}`));
}

test.each(against)("%s may not import %s", (importer) => {
  expect(reports(LAYER, importer)).toBe(true);
});

test("features import no other feature, and nothing below them imports one, whatever it is called", () => {
  const imports = [...acrossFeatures, ...upToFeatures];
  expect(imports.filter(([importer]) => !reports(LAYER, importer))).toEqual([]);
});

test.each(along)("%s may import %s", (importer) => {
  expect(reports(LAYER, importer)).toBe(false);
});

test.each(Object.keys(forms))("a layer is also enforced for this form of import: %s", (form) => {
  expect(reports(LAYER, formFile(form))).toBe(true);
});

test.each(["one", "two", "three"])("a cycle of types alone is found: %s", (name) => {
  expect(reports(CIRCLE, `src/bus/${name}.ts`)).toBe(true);
});
