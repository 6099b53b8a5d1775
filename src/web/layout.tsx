/** @jsxImportSource preact */
/** The document around every page. */
import { statSync } from "node:fs";
import type { ComponentChildren, JSX } from "preact";
import { renderToString } from "preact-render-to-string";
import type { Heading } from "./markdown.ts";
import type { Settings } from "./site_file.ts";

/** When it changed: then every page did. */
export const LAYOUT_MODIFIED = statSync(import.meta.path).mtime;

/** A page, ready for the layout. Texts are plain. */
export interface LayoutPage {
  readonly title: string;
  readonly description: string;
  /** For example `/public/docs/errors`. */
  readonly address: string;
  readonly type: "article" | "website";
  readonly image?: string;
  readonly image_alt?: string;
  /** Its folder; `home` for the home page. */
  readonly section: string;
  /** Trusted HTML. */
  readonly body: string;
  /** What precedes the body. */
  readonly heading?: JSX.Element;
  /** What follows the body. */
  readonly more?: JSX.Element;
  readonly notice?: string;
  readonly headings?: readonly Heading[];
  /** The pages of its section, including itself. */
  readonly siblings?: readonly Link[];
}

export interface Link {
  readonly title: string;
  readonly href: string;
}

/** With fewer sections a page needs no table of contents. */
const CONTENTS_FROM = 3;

interface Around {
  readonly settings: Settings;
  readonly base_url: string;
  /** The style sheet's URL. */
  readonly style: string;
}

/** The HTML of a page in its layout. */
export function renderLayout(page: LayoutPage, around: Around): string {
  return `<!doctype html>\n${renderToString(<Layout page={page} {...around} />)}\n`;
}

function Layout({ page, settings, base_url, style }: Around & { page: LayoutPage }) {
  const { title, description, section, address } = page;
  const { name } = settings;
  const image = base_url + (page.image ?? settings.image);
  const image_alt = (page.image ? page.image_alt : undefined) ?? settings.image_alt;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#faf9f5" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#121614" media="(prefers-color-scheme: dark)" />
        <title>{section === "home" ? title : `${title} · ${name}`}</title>
        <meta name="description" content={description} />
        <link rel="canonical" href={base_url + address} />
        <link rel="stylesheet" href={style} />
        <link rel="icon" href="/public/assets/favicon.ico" sizes="32x32" />
        <link rel="icon" href="/public/assets/favicon.svg" type="image/svg+xml" />
        <link rel="alternate" type="application/atom+xml" title={`${name} blog`} href="/public/blog/feed.xml" />
        <meta property="og:site_name" content={name} />
        <meta property="og:type" content={page.type} />
        <meta property="og:title" content={title} />
        <meta property="og:description" content={description} />
        <meta property="og:url" content={base_url + address} />
        <meta property="og:image" content={image} />
        <meta property="og:image:alt" content={image_alt} />
        <meta name="twitter:card" content="summary_large_image" />
        <meta name="twitter:title" content={title} />
        <meta name="twitter:description" content={description} />
        <meta name="twitter:image" content={image} />
        <meta name="twitter:image:alt" content={image_alt} />
      </head>
      <body class={section}>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header class="top">
          <a class="brand" href="/public/">
            <img src="/public/assets/favicon.svg" alt="" width="26" height="26" />
            {name}
          </a>
          <nav aria-label="Main">
            <Links all={settings.nav} address={address} />
          </nav>
        </header>
        <div class="frame">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: with many pages it scrolls, also with the keyboard */}
          <aside class="pages" aria-label="Section" tabIndex={0}>
            <details>
              <summary>In this section</summary>
              <Sidebar page={page} label={settings.sections[section]} />
            </details>
          </aside>
          <Main page={page} />
        </div>
        <footer class="bottom">
          <p>
            <strong>{name}</strong> runs AI-automation jobs and records every step.
          </p>
          <nav aria-label="More">
            <a href="/public/docs">Documentation</a> <a href="/docs">API reference</a>{" "}
            <a href="/public/docs/security">Security</a> <a href="/public/blog">Blog</a> <a href="/public/faq">FAQ</a>
          </nav>
          <nav aria-label="Legal">
            <a href="/public/legal/privacy">Privacy</a> <a href="/public/legal/terms">Terms</a>{" "}
            <a href="/public/legal/cookies">Cookies</a> <a href="mailto:support@levqor.ai">support@levqor.ai</a>
          </nav>
        </footer>
      </body>
    </html>
  );
}

/** The only place where HTML is inserted verbatim: sanitised Markdown, and bodies of `.html` pages. */
function Main({ page: { heading, notice, headings = [], body, more } }: { page: LayoutPage }) {
  const before = (
    <>
      {heading}
      {notice && (
        <p class="notice" role="note">
          {notice}
        </p>
      )}
      <details class="toc">
        <summary>On this page</summary>
        <Contents headings={headings} />
      </details>
    </>
  );
  const html = `${renderToString(before)}\n${body}${more ? renderToString(more) : ""}`;
  // biome-ignore lint/security/noDangerouslySetInnerHtml: see above
  return <main id="main" dangerouslySetInnerHTML={{ __html: html }} />;
}

function Sidebar({ page: { siblings = [], address }, label }: { page: LayoutPage; label: string | undefined }) {
  if (label === undefined || siblings.length === 0) return null;
  return (
    <nav class="sidebar" aria-label={label}>
      <ul>
        {siblings.map((link) => (
          <li key={link.href}>
            <a href={link.href} aria-current={link.href === address ? "page" : undefined}>
              {link.title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Contents({ headings }: { headings: readonly Heading[] }) {
  const sections = headings.filter(({ depth }) => depth === 2);
  if (sections.length < CONTENTS_FROM) return null;
  return (
    <nav class="contents" aria-label="On this page">
      <ul>
        {sections.map(({ id, text }) => (
          <li key={id}>
            <a href={`#${id}`}>{text}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The link to the page itself is marked, and so is that to its section. */
function Links({ all, address }: { all: readonly Link[]; address: string }): ComponentChildren {
  return all.map(({ title, href }) => {
    const current = href === address ? "page" : address.startsWith(`${href}/`) ? "true" : undefined;
    return (
      <>
        <a href={href} aria-current={current}>
          {title}
        </a>{" "}
      </>
    );
  });
}
