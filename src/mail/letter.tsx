/** @jsxImportSource preact */
/** The content of a mail, as HTML and as plain text: both are rendered from the same paragraphs. */
import { renderToString } from "preact-render-to-string";

/** A paragraph: the service's own text, or a quote, which keeps its line breaks. */
export type Paragraph = string | { readonly quote: string };

/** What a mail says. All text is plain: HTML in it is escaped. */
export interface Letter {
  readonly subject: string;
  readonly paragraphs: readonly Paragraph[];
}

const QUOTE = "margin:0 0 1em;padding-left:1em;border-left:3px solid #ccc;white-space:pre-wrap;overflow-wrap:anywhere";

/** A letter as an HTML document, without scripts, links and images. */
export function htmlOf({ subject, paragraphs }: Letter): string {
  const body = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{subject}</title>
      </head>
      <body style="font-family:sans-serif;line-height:1.5">
        {paragraphs.map((paragraph) =>
          typeof paragraph === "string" ? <p>{paragraph}</p> : <blockquote style={QUOTE}>{paragraph.quote}</blockquote>,
        )}
      </body>
    </html>
  );
  return `<!doctype html>${renderToString(body)}`;
}

/** A letter as plain text: quoted lines begin with `> `. */
export function textOf({ paragraphs }: Pick<Letter, "paragraphs">): string {
  const texts = paragraphs.map((paragraph) =>
    typeof paragraph === "string"
      ? paragraph
      : linesOf(paragraph.quote)
          .map((line) => `> ${line}`)
          .join("\n"),
  );
  return `${texts.join("\n\n")}\n`;
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/);
}
