/** The documentation: `/docs`, `/docs/json`. Everything it needs comes from here, so it works offline. */
import { swagger } from "@elysiajs/swagger";
import { Elysia } from "elysia";
import { tags, toJsonSchema } from "./openapi.ts";
import type { ApiConfig } from "./options.ts";
import { requestIds } from "./request_id.ts";
import { components } from "./schemas.ts";

const DESCRIPTION = `Levqor runs AI-automation jobs and keeps every step as an event in an append-only log.

Submit a job with \`POST /api/v1/intake\`, watch it with \`GET /api/v1/jobs/{job_id}/stream\`, read its end with
\`GET /api/v1/status/{job_id}\` and its whole history with \`GET /api/v1/jobs/{job_id}/events\`. To submit it again and
again, create a schedule with \`POST /api/v1/schedules\`.

- **Keys**: calls that write, and those that show everybody's jobs, need \`X-Api-Key\` where keys are configured.
- **Errors** are problem documents (RFC 9457): branch on \`error\`, read \`detail\`.
- **Repeating**: with an \`Idempotency-Key\` an intake can be repeated safely.
- **Lists** come in pages: pass \`next_cursor\` on as \`cursor\`.`;

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

export function docsRoutes({ version }: ApiConfig) {
  const app = new Elysia({ name: "levqor/docs" })
    .use(requestIds())
    .use(
      swagger({
        path: "/docs",
        specPath: "/docs/json",
        documentation: {
          // Types know 3.0 only. 3.1 takes TypeBox's schemas as they are: JSON Schema.
          ...({ openapi: "3.1.0" } as object),
          info: {
            title: "Levqor API",
            version,
            description: DESCRIPTION,
            license: { name: "MIT", identifier: "MIT" } as { name: string },
          },
          servers: [{ url: "/", description: "This service" }],
          tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
          components: {
            schemas: toJsonSchema(components) as Record<string, object>,
            securitySchemes: {
              ApiKey: {
                type: "apiKey",
                in: "header",
                name: "X-Api-Key",
                description: "One of the keys of API_KEYS. Not needed in development mode, where none is configured.",
              },
            },
          },
        },
      }),
    )
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
