/** Providers that are not on this machine: what they say of themselves, and of people. */
import { describe, expect, test } from "bun:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Provider, type UnusableProviderError } from "../../../src/features/sso/provider.ts";

const client = { client_id: "levqor", client_secret: "any" };

test("a provider of several tenants, any of which could vouch for an address, cannot be used", async () => {
  const issuer = "https://login.microsoftonline.com/common/v2.0";
  const metadata = {
    // As Microsoft publishes it.
    issuer: "https://login.microsoftonline.com/{tenantid}/v2.0",
    authorization_endpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    token_endpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    jwks_uri: "https://login.microsoftonline.com/common/discovery/v2.0/keys",
    code_challenge_methods_supported: ["S256"],
  };
  const { message } = await reached(async () => metadata)
    .check({ issuer, ...client })
    .then(
      () => new Error("It can be used"),
      (error) => error as UnusableProviderError,
    );
  expect(message).toBe("is not what the provider calls itself, by the issuer in its metadata");
});

describe("an account at Google with an address of the domain", () => {
  const issuer = "https://accounts.google.com";
  const connection = {
    connection_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
    ...client,
    issuer,
    domain: "acme.example",
  };
  const metadata = {
    issuer,
    authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
    token_endpoint: "https://oauth2.googleapis.com/token",
    jwks_uri: "https://www.googleapis.com/oauth2/v3/certs",
    code_challenge_methods_supported: ["plain", "S256"],
  };

  /** Comes back from Google, which says this of the account. */
  async function comesBack(said: object) {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const email = { email: "ada@acme.example", email_verified: true };
    const id_token = await new SignJWT({ ...email, nonce: "n", ...said })
      .setProtectedHeader({ alg: "ES256", kid: "1" })
      .setIssuer(issuer)
      .setAudience("levqor")
      .setSubject("1")
      .setIssuedAt()
      .setExpirationTime("1 min")
      .sign(privateKey);
    const keys = [{ ...(await exportJWK(publicKey)), kid: "1" }];
    const answers: Record<string, object> = {
      [metadata.token_endpoint]: { access_token: "any", token_type: "Bearer", id_token },
      [metadata.jwks_uri]: { keys },
    };
    const url = new URL("https://levqor.example.com/auth/sso/1/callback?code=c&state=s");
    const provider = reached(
      async (asked) => answers[asked] ?? { ...metadata, id_token_signing_alg_values_supported: ["ES256"] },
    );
    return await provider.exchange(connection, { url, state: "s", nonce: "n", verifier: "v".repeat(64) });
  }

  test("counts if the domain's Workspace has it", async () => {
    const person = { sub: "1", verified_email: "ada@acme.example" };
    expect(await comesBack({ hd: "acme.example" })).toEqual({ ok: true, person });
  });

  test("does not count if somebody made it for themselves, or another Workspace has it", async () => {
    for (const said of [{}, { hd: "example.com" }]) {
      expect(await comesBack(said)).toMatchObject({ ok: false, code: "sso_domain_mismatch" });
    }
  });
});

/** Providers by what they answer. */
function reached(answer: (url: string) => Promise<object>): Provider {
  return new Provider({
    fetch: async (url) => Response.json(await answer(url)),
    isListed: () => false,
    refusedAddress: () => undefined,
  });
}
