/**
 * OpenID Connect providers: a real one, at which anybody signs in as whomever they name; and one that answers as a test wants,
 * however wrong.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** Its secret is searched for in what services log: see `secrets.ts`. */
export const CLIENT = { client_id: "levqor", client_secret: "pl4nted-client-secret-5d0c72" };

export interface Claims {
  readonly email?: string;
  readonly email_verified?: unknown;
}

export interface RealProvider {
  readonly issuer: string;
  /** What it says of a subject. */
  readonly people: Map<string, Claims>;
  /** Signs in as a subject, where a browser was sent to, and returns where the browser is sent back to. */
  signIn(location: string, sub: string): Promise<string>;
  stop(): void;
}

/** `redirect_uris`: of its only client. */
export async function startProvider(redirect_uris: readonly string[]): Promise<RealProvider> {
  // Loaded here: it warns about the runtime as soon as it is.
  const warn = console.warn;
  const info = console.info;
  console.warn = console.info = () => {};
  const { default: Provider } = await import("oidc-provider");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people = new Map<string, Claims>();
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: [...redirect_uris] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) as { sub: string } }),
    cookies: { keys: ["of-the-test"] },
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  return {
    issuer,
    people,
    async signIn(location, sub) {
      const ask = browser();
      let response = await ask(location);
      for (let step = 0; step < 12; step++) {
        const next = response.headers.get("location");
        if (next !== null) {
          const url = new URL(next, issuer).href;
          if (!url.startsWith(issuer)) return url;
          response = await ask(url);
          continue;
        }
        const page = await response.text();
        const [, action] = /action="([^"]+)"/.exec(page) ?? [];
        const [, prompt = ""] = /name="prompt" value="(\w+)"/.exec(page) ?? [];
        if (action === undefined) throw new Error(`The provider answered ${response.status}: ${page.slice(0, 300)}`);
        const form = new URLSearchParams({ prompt, ...(prompt === "login" && { login: sub, password: "any" }) });
        response = await ask(action, { method: "POST", body: form });
      }
      throw new Error("The provider did not send the browser back");
    },
    stop() {
      server.closeAllConnections();
      server.close();
      console.warn = warn;
      console.info = info;
    },
  };
}

/** `fetch` that keeps cookies, and follows nothing by itself. */
function browser(): (url: string, init?: RequestInit) => Promise<Response> {
  const jar = new Map<string, string>();
  return async (url, init) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...init, redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    return response;
  };
}

export interface FalseProvider {
  readonly issuer: string;
  /** Replaces members of its metadata; `undefined` removes one. */
  metadata: Record<string, unknown>;
  /** Of the next ID token; `key`: `other` signs it with a key that is not published. */
  token: { claims?: Record<string, unknown>; key?: "own" | "other"; nonce?: string | undefined };
  /** What the token endpoint answers in place of a token. */
  answer: ((request: Request) => Response | Promise<Response>) | undefined;
  /** Paths that were asked for. */
  readonly asked: string[];
  stop(): void;
}

export async function startFalseProvider(): Promise<FalseProvider> {
  const keys = { own: await generateKeyPair("ES256"), other: await generateKeyPair("ES256") };
  const jwk = { ...(await exportJWK(keys.own.publicKey)), kid: "1", use: "sig", alg: "ES256" };
  const asked: string[] = [];
  const server: Bun.Server<undefined> = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request): Promise<Response> {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      switch (pathname) {
        case "/.well-known/openid-configuration":
          return Response.json({
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            jwks_uri: `${issuer}/jwks`,
            code_challenge_methods_supported: ["S256"],
            id_token_signing_alg_values_supported: ["ES256"],
            ...self.metadata,
          });
        case "/jwks":
          return Response.json({ keys: [jwk] });
        case "/token":
          return self.answer ? await self.answer(request) : Response.json(await tokens());
        default:
          return new Response(null, { status: 404 });
      }
    },
  });
  const issuer = `http://127.0.0.1:${server.port}`;

  async function tokens() {
    const { claims, key = "own", nonce } = self.token;
    const now = Math.floor(Date.now() / 1_000);
    const said = { iss: issuer, aud: CLIENT.client_id, sub: "false", iat: now, exp: now + 60, nonce, ...claims };
    const id_token = await new SignJWT(said).setProtectedHeader({ alg: "ES256", kid: "1" }).sign(keys[key].privateKey);
    return { access_token: "any", token_type: "Bearer", id_token };
  }

  const self: FalseProvider = {
    issuer,
    metadata: {},
    token: {},
    answer: undefined,
    asked,
    stop: () => void server.stop(true),
  };
  return self;
}
