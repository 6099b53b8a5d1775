import { expect, test } from "bun:test";
import { Glob } from "bun";

const ROOT = `${import.meta.dir}/../..`;

test("JSON is parsed in one place: numbers lose nothing, depth has one limit", async () => {
  const readers: string[] = [];
  for await (const path of new Glob("{src,events,projections,connectors}/**/*.ts").scan(ROOT)) {
    if (path.startsWith("src/json/")) continue;
    const source = await Bun.file(`${ROOT}/${path}`).text();
    if (/JSON\.parse\(|\.json\(\)|typebox\/(?:compiler|value)/.test(source)) readers.push(path);
  }
  expect(readers).toEqual([]);
});
