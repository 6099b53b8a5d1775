/** @jsxImportSource preact */
/** The content of a mail, as HTML and as plain text: both are rendered from the same paragraphs. */
import { renderToString } from "preact-render-to-string";

/** A paragraph: the service's own text, a quote, which keeps its line breaks, or a table, each row with a heading. */
export type Paragraph = string | { readonly quote: string } | { readonly table: readonly Row[] };

/** A row of a table: what it is about, and one or more cells. */
export type Row = readonly [heading: string, ...cells: string[]];

/** What a mail says. All text is plain: HTML in it is escaped. */
export interface Letter {
  readonly subject: string;
  readonly paragraphs: readonly Paragraph[];
}

const QUOTE = "margin:0 0 1em;padding-left:1em;border-left:3px solid #ccc;white-space:pre-wrap;overflow-wrap:anywhere";

const TABLE = "margin:0 0 1em;border-collapse:collapse";
const CELL = "padding:0.3em 1em 0.3em 0;border-bottom:1px solid #ccc;text-align:left;vertical-align:top";

/** A letter as an HTML document, without scripts, links and images. */
export function htmlOf({ subject, paragraphs }: Letter): string {
  const body = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{subject}</title>
      </head>
      <body style="font-family:sans-serif;line-height:1.5">{paragraphs.map(element)}</body>
    </html>
  );
  return `<!doctype html>${renderToString(body)}`;
}

function element(paragraph: Paragraph) {
  if (typeof paragraph === "string") return <p>{paragraph}</p>;
  if ("quote" in paragraph) return <blockquote style={QUOTE}>{paragraph.quote}</blockquote>;
  return (
    <table style={TABLE}>
      <tbody>
        {paragraph.table.map(([heading, ...cells]) => (
          <tr>
            <th scope="row" style={CELL}>
              {heading}
            </th>
            {cells.map((cell) => (
              <td style={CELL}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A letter as plain text: quoted lines begin with `> `, and each row of a table is a line. */
export function textOf({ paragraphs }: Pick<Letter, "paragraphs">): string {
  return `${paragraphs.map(plain).join("\n\n")}\n`;
}

function plain(paragraph: Paragraph): string {
  if (typeof paragraph === "string") return paragraph;
  if ("table" in paragraph)
    return paragraph.table.map(([heading, ...cells]) => `${heading}: ${cells.join(" | ")}`).join("\n");
  return linesOf(paragraph.quote)
    .map((line) => `> ${line}`)
    .join("\n");
}

/** How long a paragraph is, in UTF-16 units. */
export function lengthOf(paragraph: Paragraph): number {
  if (typeof paragraph === "string") return paragraph.length;
  return "quote" in paragraph ? paragraph.quote.length : paragraph.table.flat().join("").length;
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/);
}
