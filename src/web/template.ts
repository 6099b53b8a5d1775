/** Texts with `{{name}}` in them. */

/** What a template is filled with: text for each name, as it is to stand there. */
export type Values<Name extends string> = Readonly<Record<Name, string>>;

const PLACEHOLDER = /\{\{([\w:./-]+)\}\}/;

/**
 * Takes a template apart, once. `resolve` answers for names such as `asset:site.css` that mean the same on every page.
 * Throws where a name is neither of `names` nor known to it; `path` names the template then.
 */
export function parseTemplate<Name extends string>(
  source: string,
  { path, names, resolve = () => undefined }: TemplateOptions<Name>,
): (values: Values<Name>) => string {
  // Texts and names in turn.
  const parts = source.split(PLACEHOLDER);
  for (let i = 1; i < parts.length; i += 2) {
    const name = parts[i] as string;
    const known = resolve(name);
    if (known === undefined && !names.includes(name as Name)) {
      throw new Error(`Cannot read ${path}: nothing stands for {{${name}}}; there are ${names.join(", ")}`);
    }
  }
  return (values) => parts.map((part, i) => (i % 2 === 0 ? part : (resolve(part) ?? values[part as Name]))).join("");
}

interface TemplateOptions<Name extends string> {
  readonly path: string;
  readonly names: readonly Name[];
  readonly resolve?: (name: string) => string | undefined;
}
