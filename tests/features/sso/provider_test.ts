/** What cannot be had from a provider on this machine. */
import { expect, test } from "bun:test";
import { Provider, type UnusableProviderError } from "../../../src/features/sso/provider.ts";

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
  const provider = new Provider({
    fetch: async () => Response.json(metadata),
    isListed: () => false,
    refusedAddress: () => undefined,
  });
  const client = { issuer, client_id: "levqor", client_secret: "any" };
  const { message } = await provider.check(client).then(
    () => new Error("It can be used"),
    (error) => error as UnusableProviderError,
  );
  expect(message).toBe("is not what the provider calls itself, by the issuer in its metadata");
});
