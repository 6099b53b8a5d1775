/** The front matter of a page: YAML between two lines of `---` at its very beginning. */
import { type Static, Type } from "@sinclair/typebox";
import { checkSchema } from "./json.ts";

const Day = Type.String({ pattern: String.raw`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$` });

const FrontMatter = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 70 }),
    description: Type.String({ minLength: 50, maxLength: 200 }),
    date: Type.Optional(Day),
    updated: Type.Optional(Day),
    order: Type.Optional(Type.Integer()),
    image: Type.Optional(Type.String({ pattern: "^/public/" })),
    image_alt: Type.Optional(Type.String({ minLength: 1 })),
    notice: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

/** A page's front matter; `mod.ts` describes each field. */
export type FrontMatter = Static<typeof FrontMatter>;

const BLOCK = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/;

/** Whether a text begins like one with front matter. */
export function hasFrontMatter(text: string): boolean {
  return BLOCK.test(text);
}

/**
 * Splits a page's source; `path` names it in errors. Throws an `Error` with the reason if the front matter is missing,
 * invalid YAML, or does not match the schema.
 */
export function parseFrontMatter(text: string, path: string): { front: FrontMatter; body: string } {
  const [block, yaml] = BLOCK.exec(text) ?? [];
  if (block === undefined || yaml === undefined) {
    throw new Error(`Cannot read ${path}: it does not begin with front matter (--- title: … ---)`);
  }
  let front: unknown;
  try {
    front = Bun.YAML.parse(yaml);
  } catch (error) {
    throw new Error(`Cannot read ${path}: its front matter is no YAML: ${(error as Error).message}`, { cause: error });
  }
  checkSchema(FrontMatter, { value: front, path: `the front matter of ${path}` });
  const fit = front as FrontMatter;
  for (const name of ["date", "updated"] as const) {
    const day = fit[name];
    if (day !== undefined && !isDay(day)) throw new Error(`Cannot read ${path}: there is no ${name} ${day}`);
  }
  return { front: fit, body: text.slice(block.length) };
}

/** Whether the date exists: `Date` reads 31 February as 3 March. */
function isDay(text: string): boolean {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return (
    !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 10)) && !Number.isNaN(Date.parse(text))
  );
}
