/** The documentation: `/docs`, `/docs/json`. Everything it needs is served from here, so it works offline. */
import { readFileSync } from "node:fs";
import { Elysia } from "elysia";
import { Content, respond } from "../../web/mod.ts";
import type { Tag } from "../declaration.ts";
import type { ApiConfig } from "../options.ts";
import { openApiDocument } from "./document.ts";

/** The path of the API document, as a page. */
export const DOCS_PAGE = "/docs";

const DESCRIPTION = "Every call of the Levqor API, with its schemas, examples and errors, to read and to try.";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Levqor API</title>
<meta name="description" content="${DESCRIPTION}">
<meta property="og:site_name" content="Levqor">
<meta property="og:type" content="website">
<meta property="og:title" content="Levqor API">
<meta property="og:description" content="${DESCRIPTION}">
<meta name="twitter:card" content="summary">
<meta name="twitter:title" content="Levqor API">
<meta name="twitter:description" content="${DESCRIPTION}">
<link rel="icon" type="image/svg+xml" href="/public/assets/favicon.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<header><a href="/public/">Levqor</a> <a href="/public/docs">Documentation</a></header>
<div id="swagger-ui"></div>
<noscript>This page needs scripts. The same as OpenAPI 3.1: <a href="/docs/json">/docs/json</a></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** The colours and typefaces of the pages (`public/assets/site.css`), so that this one matches them. */
const STYLE = `:root { --paper: #faf9f5; --ink: #1b211e; --line: #dedbd1; --serif: "Iowan Old Style", Palatino, Georgia, serif;
  --link: #1d5fa6; --go: #1b7048; --faint: #595d63; }
:root.dark-mode { --paper: #1c2022; --ink: #e4e8e4; --line: #2f3733; --link: #8cc0ff; --go: #58d99b; --faint: #c9ced4; }
body { margin: 0; background: var(--paper); color: var(--ink); }
header { display: flex; align-items: baseline; gap: 1.5rem; padding: 1rem 20px; border-bottom: 1px solid var(--line);
  font: 1rem system-ui, sans-serif; }
header a { color: inherit; text-decoration: none; }
header a:hover { text-decoration: underline; }
header a:first-child { font: 600 1.3rem var(--serif); }
.swagger-ui .scheme-container { background: transparent; box-shadow: none; }
.swagger-ui .info .title { font-family: var(--serif); }
:root .swagger-ui .info :is(.markdown, .renderedMarkdown) code { color: inherit; font-weight: 400; }
/* Swagger UI's own are too pale to be read by everyone. */
:root .swagger-ui .info :is(.url, .link), :root .swagger-ui .markdown a { color: var(--link); }
:root .swagger-ui .btn.authorize { border-color: var(--go); }
:root .swagger-ui .btn.authorize span { color: var(--go); }
:root .swagger-ui .btn.authorize svg { fill: var(--go); }
:root .swagger-ui [class*="-expand-deep-button"] { color: var(--faint); background: transparent; }
:root .swagger-ui .info .title small { background: #596070; }
:root .swagger-ui .info .title small.version-stamp { background: #4b6803; }
:root .swagger-ui .opblock-get .opblock-summary-method { background: #1d68ac; }
:root .swagger-ui .opblock-post .opblock-summary-method { background: #1b7048; }
:root .swagger-ui .opblock-put .opblock-summary-method { background: #8f5408; }
:root .swagger-ui .opblock-patch .opblock-summary-method { background: #0b6a60; }
:root .swagger-ui .opblock-delete .opblock-summary-method { background: #bd2626; }
`;

// No validatorUrl: Swagger UI would send the document to its makers' service. It also puts a link into the button of
// each call, which must be a single control for keyboards and screen readers; and it shows a choice of servers,
// unnamed, even if there is only one.
const START = `const Plainer = ({ React }) => ({
  wrapComponents: {
    DeepLink: () => ({ text }) => React.createElement("span", null, text),
    ServersContainer: () => () => null,
  },
});
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle({
  url: "/docs/json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  plugins: [Plainer],
});
`;

/** The page may load nothing from elsewhere. Swagger UI sets styles on elements, and draws with data images. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
} as const;

/** The OpenAPI document: two addresses, the same bytes. */
const DOCUMENT_PATHS = ["/docs/json", "/public/openapi.json"];

export function docsRoutes({ version, tags }: Pick<ApiConfig, "version"> & { tags: readonly Tag[] }) {
  const { plugin, text } = openApiDocument({ version, path: DOCS_PAGE, tags });
  const app = new Elysia({ name: "levqor/docs" }).use(plugin);

  /** Serves content that is created on the first request and then cached. */
  function serve(path: string, type: keyof typeof TYPES, body: () => string | Uint8Array): void {
    let content: Content | undefined;
    app.get(
      path,
      ({ request }) => {
        content ??= new Content(body(), { type: TYPES[type], cache_control: "public, max-age=300" });
        return respond(request, content, {
          headers: type === "html" ? { "content-security-policy": PAGE_POLICY } : {},
        });
      },
      { detail: { hide: true } },
    );
  }

  // Registered after the plugin, so it replaces the plugin's own page, which loads its script from another host.
  serve(DOCS_PAGE, "html", () => PAGE);
  serve("/docs/page.css", "css", () => STYLE);
  serve("/docs/start.js", "js", () => START);
  serve("/docs/swagger-ui.css", "css", () => bytesOf(import.meta.resolve("swagger-ui-dist/swagger-ui.css")));
  serve("/docs/swagger-ui-bundle.js", "js", () => bytesOf(import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js")));
  // All routes are known at the first request; none is added later.
  for (const path of DOCUMENT_PATHS) serve(path, "json", text);
  return app;
}

function bytesOf(url: string): Uint8Array {
  return readFileSync(Bun.fileURLToPath(url));
}
