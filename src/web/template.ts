/** Texts with `{{name}}` in them: plain files such as robots.txt. Pages are rendered by layout.tsx. */

const PLACEHOLDER = /\{\{([\w:./-]+)\}\}/g;

/** The values of a template: text by name. */
type Values<Name extends string> = Readonly<Record<Name, string>>;

/** Fills a template in one pass. Throws if it contains an unknown name; `path` identifies the template then. */
export function parseTemplate<Name extends string>(
  source: string,
  { path, names }: { path: string; names: readonly Name[] },
): (values: Values<Name>) => string {
  for (const [, name] of source.matchAll(PLACEHOLDER)) {
    if (names.includes(name as Name)) continue;
    throw new Error(`Cannot read ${path}: nothing stands for {{${name}}}; there are ${names.join(", ")}`);
  }
  return (values) => source.replace(PLACEHOLDER, (_, name: Name) => values[name]);
}
