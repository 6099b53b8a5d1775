/** The OpenAPI document: the routes' descriptions, and what they share. */

import { swagger } from "@elysiajs/swagger";
import { scopes } from "../../access/mod.ts";
import type { Tag } from "../declaration.ts";
import { components } from "./components.ts";
import { requestHeaders, schemeOf, secretHeaders } from "./headers.ts";
import { toJsonSchema } from "./json_schema.ts";
import { sharedComponents } from "./openapi.ts";

const DESCRIPTION = `Levqor runs AI-automation jobs and records every step as an event in an append-only log.

## In a minute

\`\`\`sh
# Submit a job: it is recorded when the response arrives.
curl -X POST "$LEVQOR/api/v1/intake" -H "X-Api-Key: $KEY" -H "Content-Type: application/json" \\
  -d '{"workflow": "http", "payload": {"method": "GET", "url": "https://example.com/"}}'
# {"job_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","status":"queued"}

# Read its status, follow it live, read its whole history.
curl "$LEVQOR/api/v1/status/$JOB_ID" -H "X-Api-Key: $KEY"
curl -N "$LEVQOR/api/v1/jobs/$JOB_ID/stream" -H "X-Api-Key: $KEY"
curl "$LEVQOR/api/v1/jobs/$JOB_ID/events" -H "X-Api-Key: $KEY"
\`\`\`

In TypeScript, with types generated from this document (\`openapi-typescript\`, \`openapi-fetch\`):

\`\`\`ts
const levqor = createClient<paths>({ baseUrl: process.env.LEVQOR, headers: { "X-Api-Key": process.env.KEY } });
const { data, error } = await levqor.POST("/api/v1/intake", {
  params: { header: { "Idempotency-Key": order.id } },
  body: { workflow: "http", payload: { method: "GET", url: "https://example.com/" } },
});
if (error) throw new Error(\`\${error.error}: \${error.detail}\`);
console.log(data.job_id);
\`\`\`

## Common to all calls

- **Keys**: a call that lists a scope needs a key with that scope, in \`X-Api-Key\`. Without a key the response is 401, without
  the scope 403 \`insufficient_scope\`. Calls that list none are open to everybody.
- **Errors** are problem documents (RFC 9457): branch on \`error\`, read \`detail\`; \`type\` links to an explanation. An
  existing path responds to unsupported methods with 405 and lists the supported ones in \`Allow\`; other paths are 404.
- **Retries**: calls that create something accept an \`Idempotency-Key\`; repeated with the same key, they return the first
  response.
- **Lists** are paged: pass \`next_cursor\` on as \`cursor\`.
- **Reading your own writes**: the response to a write has \`Levqor-Position\`; send it as \`Levqor-Min-Position\` with a list
  to be sure that the list includes the write.
- **Times** are RFC 3339 in UTC, except a status's \`created_at\`, \`ts\` and \`last_updated\`, which are Unix seconds. In
  requests they may have any offset, and must be between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z.
- **Names** are in snake_case. Responses may get new fields; ignore those that you do not know.`;

export interface DocumentOptions {
  readonly version: string;
  /** The path of the plugin's page and document; our routes are registered after it, and replace them. */
  readonly path: string;
  /** The groups that it shows, in their order. */
  readonly tags: readonly Tag[];
}

/** The plugin that gathers the routes' descriptions, and the document's text, once all routes are known. */
export function openApiDocument({ version, path, tags }: DocumentOptions) {
  const specPath = `${path}/json`;
  const plugin = swagger({
    path,
    specPath,
    excludeStaticFile: false,
    documentation: {
      info: {
        title: "Levqor API",
        version,
        description: DESCRIPTION,
        license: { name: "MIT", identifier: "MIT" } as { name: string },
      },
      servers: [{ url: "/", description: "This service" }],
      tags: [...tags],
    },
  });
  const gather = plugin.routes.find((route) => route.path === specPath)?.handler as () => Gathered;
  return { plugin, text: () => JSON.stringify(complete(structuredClone(gather()))) };
}

interface Answered {
  readonly content?: Readonly<Record<string, { readonly examples?: object }>>;
}

interface Operation {
  readonly responses: Record<string, Answered>;
  readonly security?: readonly object[];
}

/** The parts of a document that are used here. */
interface Gathered {
  readonly paths: Record<string, Record<string, Operation>>;
}

type Components = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Once all features have declared theirs. */
let gathered: Components | undefined;

function shared(): Components {
  gathered ??= { schemas: namedSchemas(), ...sharedComponents() };
  return gathered;
}

const securitySchemes = {
  ApiKey: {
    type: "apiKey",
    in: "header",
    name: "X-Api-Key",
    description: `A key. Not needed in development mode, when the service has no API_KEYS. Each call lists the scope that it needs; a key has some of them, or all:\n\n${Object.entries(
      scopes,
    )
      .map(([scope, meaning]) => `- \`${scope}\`: ${meaning}`)
      .join("\n")}`,
  },
  Bearer: {
    type: "http",
    scheme: "bearer",
    description:
      "The same keys, as `Authorization: Bearer <key>`; or a user's session: the token from `POST /auth/redeem`, or, if the service accepts those, a JWT from its auth server. A session may do everything in its user's own account, and in an organisation's what their role allows; what belongs to others does not exist for it. This service's own pages send a session's cookie instead.",
  },
  ...Object.fromEntries(
    secretHeaders.map((name) => [
      schemeOf(name),
      { type: "apiKey", in: "header", name, description: requestHeaders[name].description },
    ]),
  ),
};

/** The schemas, each of which refers to the others that it contains. */
function namedSchemas(): Record<string, unknown> {
  const schemas = components().map(([name, schema]) => [name, toJsonSchema(schema)] as const);
  const names = new Map(schemas.map(([name, schema]) => [JSON.stringify(schema), name]));
  const refer = (part: unknown): unknown => {
    if (part === null || typeof part !== "object") return part;
    const name = names.get(JSON.stringify(part));
    return name === undefined ? inside(part) : { $ref: `#/components/schemas/${name}` };
  };
  const inside = (part: object): unknown =>
    Array.isArray(part)
      ? part.map(refer)
      : Object.fromEntries(Object.entries(part).map(([key, value]) => [key, refer(value)]));
  return Object.fromEntries(schemas.map(([name, schema]) => [name, inside(schema as object)]));
}

/** The document in OpenAPI 3.1, which takes schemas as they are, with everything that its calls refer to. */
function complete({ paths, ...document }: Gathered) {
  const responses = shareErrors(paths);
  const found = referred([paths, responses]);
  const used = Object.entries(shared()).map(([kind, entries]) => [
    kind,
    Object.fromEntries(Object.entries(entries).filter(([name]) => found.has(`${kind}/${name}`))),
  ]);
  const calls = Object.values(paths).flatMap((methods) => Object.values(methods));
  const ways = new Set(calls.flatMap(({ security = [] }) => security.flatMap((way) => Object.keys(way))));
  const schemes = Object.entries(securitySchemes).filter(([name]) => ways.has(name));
  const parts = { ...Object.fromEntries(used), responses, securitySchemes: Object.fromEntries(schemes) };
  return { ...document, openapi: "3.1.0", paths, components: parts };
}

/** Makes calls with the same errors refer to one description of them: that is most of the document. */
function shareErrors(paths: Gathered["paths"]): Record<string, Answered> {
  const responses: Record<string, Answered> = {};
  for (const call of Object.values(paths).flatMap((calls) => Object.values(calls))) {
    for (const [status, response] of Object.entries(call.responses)) {
      const types = Object.keys(response.content ?? {});
      if (types.length !== 1 || types[0] !== "application/problem+json") continue;
      const name = [status, ...Object.keys(response.content?.["application/problem+json"]?.examples ?? {})].join(".");
      responses[name] = response;
      call.responses[status] = { $ref: `#/components/responses/${name}` } as never;
    }
  }
  return responses;
}

/** The shared components that a part of the document refers to, directly or indirectly. */
function referred(part: unknown, found = new Set<string>()): ReadonlySet<string> {
  for (const [, kind = "", name = ""] of JSON.stringify(part).matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)) {
    if (found.has(`${kind}/${name}`)) continue;
    found.add(`${kind}/${name}`);
    referred(shared()[kind]?.[name] ?? null, found);
  }
  return found;
}
