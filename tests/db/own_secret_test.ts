import { expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OwnSecret, ownSecret } from "../../src/db/mod.ts";
import { testFolder } from "../support/postgres.ts";

const secret: OwnSecret = {
  file: "test-secret",
  generate: () => crypto.randomUUID(),
  matches: (text) => /^[0-9a-f-]{36}$/.test(text),
  purpose: "test",
  form: "a UUID",
  renewal: "delete it.",
};

test("a secret of the service's own is generated once, whole, and readable by its owner alone", () => {
  const folder = join(testFolder(), "data");
  const first = ownSecret(folder, secret);
  expect(ownSecret(folder, secret)).toBe(first);
  expect(readdirSync(folder)).toEqual(["test-secret"]);
  expect(readFileSync(join(folder, "test-secret"), "utf8")).toBe(`${first}\n`);
  expect(statSync(join(folder, "test-secret")).mode & 0o777).toBe(0o600);
});

test("processes that generate it at once get the same", async () => {
  const folder = testFolder();
  const script = `
    import { ownSecret } from ${JSON.stringify(join(import.meta.dir, "../../src/db/mod.ts"))};
    console.write("ready");
    await Bun.stdin.text();
    console.write(ownSecret(${JSON.stringify(folder)}, {
      file: "test-secret", generate: () => crypto.randomUUID(), matches: (text) => text.length === 36,
      purpose: "test", form: "a UUID", renewal: "delete it.",
    }));`;
  const processes = Array.from({ length: 6 }, () =>
    Bun.spawn([process.execPath, "-e", script], { stdin: "pipe", stdout: "pipe", stderr: "inherit" }),
  );
  const outputs = processes.map(({ stdout }) => stdout.getReader());
  const next = () =>
    Promise.all(outputs.map(async (output) => Buffer.from((await output.read()).value ?? []).toString()));
  expect(new Set(await next())).toEqual(new Set(["ready"]));
  for (const { stdin } of processes) stdin.end();
  const secrets = await next();
  expect(new Set(secrets).size).toBe(1);
  expect(secrets[0]).toHaveLength(36);
  expect(readdirSync(folder)).toEqual(["test-secret"]);
});

test("one that others could read becomes private, and one that is something else is refused without being shown", () => {
  const folder = testFolder();
  const path = join(folder, "test-secret");
  const first = ownSecret(folder, secret);
  chmodSync(path, 0o644);
  expect(ownSecret(folder, secret)).toBe(first);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, "something else");
  expect(() => ownSecret(folder, secret)).toThrow(
    `Cannot test: ${path} does not contain a UUID. Restore the file from a backup, or delete it.`,
  );
});
