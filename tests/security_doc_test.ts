/** `docs/security.md` names tests; each of them must be there. */
import { expect, test } from "bun:test";

const root = new URL("../", import.meta.url);
const page = await Bun.file(new URL("docs/security.md", root)).text();
const sections = page.split(/^## /m).slice(1);

test("every risk of the ten has its section, in order", () => {
  expect(sections.map((section) => section.split(" ")[0])).toEqual(Array.from({ length: 10 }, (_, i) => `API${i + 1}`));
});

test.each(sections.map((section) => [section.split("\n")[0] as string, section]))("%s", async (_, section) => {
  const named = [...section.matchAll(/\| `(tests\/[\w/]+\.ts)` "(.+)" \|$/gm)];
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| what is covered"));
  expect(named.length).toBeGreaterThan(0);
  expect(named.length).toBe(rows.length);
  for (const [, file, name] of named) {
    const text = await Bun.file(new URL(file as string, root)).text();
    expect(text).toContain(`"${name}"`);
    expect(text).not.toContain(`test.skip("${name}"`);
  }
});
