/** Users with tokens of an auth server, and an operator. */
import { SignJWT } from "jose";
import { type Harness, type HarnessOptions, post, startApi } from "../../http/harness.ts";

const KEY = "the-key-of-the-operator";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";

export type Headers = Record<string, string>;
export const operator: Headers = { "x-api-key": KEY };

export function startUsers(options: HarnessOptions = {}): Promise<Harness> {
  const jwt = { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" };
  return startApi({ api_keys: [KEY], jwt, ...options });
}

export interface Session {
  readonly user_id: string;
  readonly account: string;
  readonly headers: Headers;
}

/** A user of the auth server, whose token has these claims, too. */
export async function session(more: object = {}, sub: string = crypto.randomUUID()): Promise<Session> {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: "authenticated", sub, iat, exp: iat + 600, ...more };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
  return { user_id: sub, account: `user:${sub}`, headers: { authorization: `Bearer ${token}` } };
}

/** Sends JSON, or nothing. */
export function sender(api: Harness) {
  return (method: string, path: string, body?: object, headers: Headers = operator) =>
    api.ask(`/api/v1/users${path}`, { ...(body === undefined ? { headers } : post(body, headers)), method });
}
