/** The documentation: `/docs`, `/docs/json`. Everything it needs comes from here, so it works offline. */
import { hash } from "node:crypto";
import { Elysia } from "elysia";
import { openApiDocument } from "./document.ts";
import type { ApiConfig } from "./options.ts";
import { requestIds } from "./request_id.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Levqor API</title>
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

/** The colours and typefaces of the pages (`public/assets/site.css`), so that this one is of the same house. */
const STYLE = `:root { --paper: #faf9f5; --ink: #1b211e; --line: #dedbd1; --serif: "Iowan Old Style", Palatino, Georgia, serif; }
:root.dark-mode { --paper: #1c2022; --ink: #e4e8e4; --line: #2f3733; }
body { margin: 0; background: var(--paper); color: var(--ink); }
header { display: flex; align-items: baseline; gap: 1.5rem; padding: 1rem 20px; border-bottom: 1px solid var(--line);
  font: 1rem system-ui, sans-serif; }
header a { color: inherit; text-decoration: none; }
header a:hover { text-decoration: underline; }
header a:first-child { font: 600 1.3rem var(--serif); }
.swagger-ui .scheme-container { background: transparent; box-shadow: none; }
.swagger-ui .info .title { font-family: var(--serif); }
:root .swagger-ui .info :is(.markdown, .renderedMarkdown) code { color: inherit; font-weight: 400; }
`;

// No validatorUrl: Swagger UI would show the document to a service of its makers.
const START = `const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle({
  url: "/docs/json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

/** Lets the page load nothing from anywhere else. Swagger UI sets styles on elements, and draws with data images. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const assets = {
  "swagger-ui.css": {
    type: "text/css; charset=utf-8",
    url: import.meta.resolve("swagger-ui-dist/swagger-ui.css"),
  },
  "swagger-ui-bundle.js": {
    type: "text/javascript; charset=utf-8",
    url: import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"),
  },
};

const hidden = { detail: { hide: true } } as const;

/** Where the OpenAPI document is: two addresses, the same bytes. */
const DOCUMENT_PATHS = ["/docs/json", "/public/openapi.json"];

export function docsRoutes({ version }: Pick<ApiConfig, "version">) {
  const { plugin, text } = openApiDocument({ version, path: "/docs" });
  const app = new Elysia({ name: "levqor/docs" })
    .use(requestIds())
    .use(plugin)
    // After the plugin, so in place of its own page, which loads its script from another host.
    .get(
      "/docs",
      ({ set }) => {
        set.headers["content-type"] = "text/html; charset=utf-8";
        set.headers["content-security-policy"] = PAGE_POLICY;
        return PAGE;
      },
      hidden,
    )
    .get(
      "/docs/page.css",
      ({ set }) => {
        set.headers["content-type"] = "text/css; charset=utf-8";
        return STYLE;
      },
      hidden,
    )
    .get(
      "/docs/start.js",
      ({ set }) => {
        set.headers["content-type"] = "text/javascript; charset=utf-8";
        return START;
      },
      hidden,
    );

  /** Made at the first question, when all routes are known; no route is added later. */
  let document: { text: string; etag: string } | undefined;
  function made() {
    if (document) return document;
    const json = text();
    document = { text: json, etag: `"${hash("sha256", json, "base64url").slice(0, 22)}"` };
    return document;
  }
  for (const path of DOCUMENT_PATHS) {
    app.get(
      path,
      ({ set }) => {
        const { text, etag } = made();
        set.headers.etag = etag;
        set.headers["cache-control"] = "public, max-age=300";
        set.headers["content-type"] = "application/json";
        return text;
      },
      hidden,
    );
  }

  for (const [name, { type, url }] of Object.entries(assets)) {
    const path = Bun.fileURLToPath(url);
    app.get(
      `/docs/${name}`,
      ({ set }) => {
        set.headers["content-type"] = type;
        set.headers["cache-control"] = "public, max-age=86400";
        return Bun.file(path);
      },
      hidden,
    );
  }
  return app;
}
