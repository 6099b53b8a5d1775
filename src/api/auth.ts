/** Who is calling: the credential of a request, and whether its holder may do what the call does. */
import { type Access, type Caller, type Identity, mayDo, type Scope } from "../access/mod.ts";
import { contextOf, type RequestContext } from "./context.ts";
import { Problem } from "./problems.ts";

export interface Auth {
  /** False in development mode, where no key is configured and every call is taken. */
  readonly required: boolean;
  /** Who makes a request; the door asks once, and keeps the answer in the request's context. */
  identify(request: Request): Identity | Promise<Identity>;
  /** The caller, who must have the scope. Throws the problems `unauthorized` and `insufficient_scope`. */
  require(request: Request, scope: Scope): Caller;
}

export function createAuth(access: Access): Auth {
  return {
    required: access.required,
    identify: (request) => access.identify(credentialOf(contextOf(request))),
    require(request, scope) {
      const { identity } = contextOf(request);
      if (!identity) throw new Error("Cannot tell who is calling: the request did not come through the door");
      if (identity.kind === "none") throw unauthorized("The request has no key, neither in X-Api-Key nor as a Bearer.");
      if (identity.kind === "refused") throw unauthorized(identity.reason);
      if (!mayDo(identity.caller, scope)) throw insufficient(scope);
      return identity.caller;
    },
  };
}

/** Before the base64url of a key: browsers can set no header of a WebSocket but the list of its protocols. */
const KEY_PROTOCOL = "levqor.key.";

function credentialOf({ headers }: RequestContext): string | null {
  const key = headers["x-api-key"];
  if (key !== undefined) return key;
  const { authorization } = headers;
  if (authorization !== undefined) return /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
  const protocols = headers["sec-websocket-protocol"];
  if (protocols === undefined) return null;
  const offered = protocols.split(",").map((name) => name.trim());
  const encoded = offered.find((name) => name.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
  return encoded === undefined ? null : Buffer.from(encoded, "base64url").toString("latin1");
}

function unauthorized(detail: string): Problem {
  const headers = { "www-authenticate": 'ApiKey realm="levqor", Bearer realm="levqor"' };
  return new Problem("unauthorized", detail, { headers });
}

function insufficient(scope: Scope): Problem {
  return new Problem("insufficient_scope", `The call needs the scope ${scope}, which the key does not have.`, {
    headers: { "www-authenticate": `Bearer realm="levqor", error="insufficient_scope", scope="${scope}"` },
    members: { required_scope: scope },
  });
}
