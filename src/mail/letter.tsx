/** @jsxImportSource preact */
/** The content of a mail, as HTML and as plain text: both are rendered from the same paragraphs. */
import { renderToString } from "preact-render-to-string";

/**
 * A paragraph: the service's own text; a quote, which keeps its line breaks; a table, each row with a heading; a list; or a
 * link, shown as a button.
 */
export type Paragraph =
  | string
  | { readonly quote: string }
  | { readonly table: readonly Row[] }
  | { readonly list: readonly string[] }
  | { readonly link: Link };

/** Where a mail leads. `href`: an `https:` or `http:` URL. */
export interface Link {
  readonly label: string;
  readonly href: string;
}

/** A row of a table: what it is about, and one or more cells. */
export type Row = readonly [heading: string, ...cells: string[]];

/** What a mail says. All text is plain: HTML in it is escaped. */
export interface Letter {
  readonly subject: string;
  readonly paragraphs: readonly Paragraph[];
}

const QUOTE = "margin:0 0 1em;padding-left:1em;border-left:3px solid #ccc;white-space:pre-wrap;overflow-wrap:anywhere";

const TABLE = "margin:0 0 1em;border-collapse:collapse";
const CELL = "padding:0.3em 1em 0.3em 0;border-bottom:1px solid #dedbd1;text-align:left;vertical-align:top";

/** The site's own look (`public/assets/site.css`), inline, since mail programs ignore style sheets. */
const PAGE =
  "margin:0;padding:1.5em;background:#faf9f5;color:#1b211e;line-height:1.5;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif";
const SHEET = "max-width:38em;margin:0 auto";
const BRAND = "margin:0 0 1.5em;padding-bottom:0.75em;border-bottom:1px solid #dedbd1;color:#08664a;font-weight:bold";
const BUTTON =
  "display:inline-block;padding:0.6em 1.2em;border-radius:0.4em;background:#08664a;color:#ffffff;text-decoration:none";
const SMALL = "margin:2em 0 0;color:#525d57;font-size:0.85em";

/** A letter as an HTML document, without scripts and images. `footer`: in small print. */
export function htmlOf({ subject, paragraphs, footer = [] }: Letter & { footer?: readonly Paragraph[] }): string {
  const body = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{subject}</title>
      </head>
      <body style={PAGE}>
        <div style={SHEET}>
          <p style={BRAND}>Levqor</p>
          {paragraphs.map(element)}
          {footer.length > 0 && <div style={SMALL}>{footer.map(small)}</div>}
        </div>
      </body>
    </html>
  );
  return `<!doctype html>${renderToString(body)}`;
}

/** A link in small print is no button. */
function small(paragraph: Paragraph) {
  if (typeof paragraph === "string" || !("link" in paragraph)) return element(paragraph);
  const { label, href } = paragraph.link;
  return (
    <p>
      <a href={href}>{label}</a>
    </p>
  );
}

function element(paragraph: Paragraph) {
  if (typeof paragraph === "string") return <p>{paragraph}</p>;
  if ("quote" in paragraph) return <blockquote style={QUOTE}>{paragraph.quote}</blockquote>;
  if ("list" in paragraph) {
    return (
      <ul>
        {paragraph.list.map((item) => (
          <li>{item}</li>
        ))}
      </ul>
    );
  }
  if ("link" in paragraph) {
    return (
      <p>
        <a href={paragraph.link.href} style={BUTTON}>
          {paragraph.link.label}
        </a>
      </p>
    );
  }
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

/** A letter as plain text: quoted lines begin with `> `, each row of a table is a line, and a link is its URL. */
export function textOf({
  paragraphs,
  footer = [],
}: Pick<Letter, "paragraphs"> & { footer?: readonly Paragraph[] }): string {
  const small = footer.length > 0 ? ["-- ", ...footer] : [];
  return `${[...paragraphs, ...small].map(plain).join("\n\n")}\n`;
}

function plain(paragraph: Paragraph): string {
  if (typeof paragraph === "string") return paragraph;
  if ("table" in paragraph)
    return paragraph.table.map(([heading, ...cells]) => `${heading}: ${cells.join(" | ")}`).join("\n");
  if ("list" in paragraph) return paragraph.list.map((item) => `- ${item}`).join("\n");
  if ("link" in paragraph) return `${paragraph.link.label}: ${paragraph.link.href}`;
  return linesOf(paragraph.quote)
    .map((line) => `> ${line}`)
    .join("\n");
}

/** How long a paragraph is, in UTF-16 units. */
export function lengthOf(paragraph: Paragraph): number {
  if (typeof paragraph === "string") return paragraph.length;
  if ("quote" in paragraph) return paragraph.quote.length;
  if ("list" in paragraph) return paragraph.list.join("").length;
  if ("link" in paragraph) return paragraph.link.label.length + paragraph.link.href.length;
  return paragraph.table.flat().join("").length;
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/);
}
