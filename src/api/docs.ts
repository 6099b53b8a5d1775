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
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs scripts. The same as OpenAPI 3.1: <a href="/docs/json">/docs/json</a></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

// No validatorUrl: Swagger UI would show the document to a service of its makers.
const START = `SwaggerUIBundle({
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
  "favicon-32x32.png": {
    type: "image/png",
    url: import.meta.resolve("swagger-ui-dist/favicon-32x32.png"),
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
