/**
 * Templates of mails: `public/mail/*.md`. A template is front matter with `subject` and `sender`, and Markdown of paragraphs and
 * lists. `{{name}}` stands for a value, which is text whatever it contains. A paragraph that is nothing but a link becomes a button, and
 * one that is nothing but `{{name}}` may be a quote or a table.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { lexer, type Token, type Tokens } from "marked";
import { type MailSender, mailSenders } from "../../events/mail.ts";
import { compileCheck } from "../json/mod.ts";
import type { Letter, Paragraph } from "./letter.tsx";

/** What stands for a placeholder: text, or, where it is a paragraph by itself, any paragraph. */
export type Values = Readonly<Record<string, Paragraph>>;

export interface Template {
  readonly sender: MailSender;
  /** The names of its placeholders. */
  readonly names: ReadonlySet<string>;
  /** Throws if a value is missing, or is no text where it must be. */
  fill(values: Values): Letter;
}

const DIR = join(import.meta.dir, "../../public/mail");
const BLOCK = /^---\n([\s\S]*?)\n---\n/;
const PLACEHOLDER = /\{\{([a-z][a-z0-9_]*)\}\}/g;
const ALONE = /^\{\{([a-z][a-z0-9_]*)\}\}$/;

const FrontMatter = Type.Object(
  {
    subject: Type.String({ minLength: 1, maxLength: 200 }),
    sender: Type.Union(mailSenders.map((sender) => Type.Literal(sender))),
  },
  { additionalProperties: false },
);
const frontMatter = compileCheck(FrontMatter);

/** All templates by name, which is their file's. Throws with the file and what is wrong there. */
export function readTemplates(dir = DIR): ReadonlyMap<string, Template> {
  const files = readdirSync(dir).filter((name) => name.endsWith(".md"));
  return new Map(
    files.map((file) => {
      const name = file.slice(0, -".md".length);
      try {
        return [name, parseTemplate(readFileSync(join(dir, file), "utf8"))];
      } catch (error) {
        throw new Error(`Cannot read public/mail/${file}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
}

/** Throws with what is wrong in a template. */
export function parseTemplate(source: string): Template {
  const [block, yaml] = BLOCK.exec(source) ?? [];
  if (block === undefined || yaml === undefined) throw new Error("it does not begin with front matter");
  const front = Bun.YAML.parse(yaml) as Static<typeof FrontMatter>;
  const [fault] = frontMatter.errors(front);
  if (fault) throw new Error(`its front matter is wrong at ${fault.path || "/"}: ${fault.message}`);
  const { subject, sender } = front;
  const parts = lexer(source.slice(block.length)).flatMap(partsOf);
  const names = new Set([...source.matchAll(PLACEHOLDER)].map(([, name]) => name as string));
  return {
    sender,
    names,
    fill(values) {
      for (const name of names) {
        if (values[name] === undefined) throw new Error(`Cannot fill a template: it needs a value for {{${name}}}`);
      }
      return { subject: filled(subject, values), paragraphs: parts.map((part) => part(values)) };
    },
  };
}

/** Makes a paragraph from values. */
type Part = (values: Values) => Paragraph;

function partsOf(token: Token): Part[] {
  switch (token.type) {
    case "space":
      return [];
    case "paragraph":
      return [paragraphOf(token as Tokens.Paragraph)];
    case "list": {
      const items = (token as Tokens.List).items.map(({ tokens }) => textOf(tokens));
      return [(values) => ({ list: items.map((item) => filled(item, values)) })];
    }
    default:
      throw new Error(`a mail has paragraphs, lists and links, and no ${token.type}: ${token.raw.slice(0, 40)}`);
  }
}

function paragraphOf({ tokens }: Tokens.Paragraph): Part {
  const [only, ...others] = tokens;
  if (only?.type === "link" && others.length === 0) {
    const { href, text } = only as Tokens.Link;
    const target = decodeURI(href);
    return (values) => ({ link: { label: filled(text, values), href: filled(target, values) } });
  }
  const text = textOf(tokens);
  const [, alone] = ALONE.exec(text) ?? [];
  return alone === undefined ? (values) => filled(text, values) : (values) => values[alone] as Paragraph;
}

/** Inline text; line breaks are spaces. */
function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === "text" && "tokens" in token && token.tokens) return textOf(token.tokens);
      if (token.type === "text" || token.type === "escape") return (token as Tokens.Text).text;
      throw new Error(`text in a mail is plain, without ${token.type}: ${token.raw.slice(0, 40)}`);
    })
    .join("")
    .replace(/\s*\n\s*/g, " ");
}

function filled(text: string, values: Values): string {
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = values[name];
    if (typeof value !== "string") throw new Error(`Cannot fill a template: {{${name}}} must be text there`);
    return value;
  });
}
