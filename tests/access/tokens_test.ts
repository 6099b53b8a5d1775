import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CompactSign, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { createOutbound } from "../../connectors/mod.ts";
import { tokenVerifier } from "../../src/access/mod.ts";
import { type AccessBench, accessBench } from "./support.ts";

const ISSUER = "https://auth.example.com";
const AUDIENCE = "authenticated";
const SECRET = "a secret of no less than 32 bytes";
const SUB = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";
const bytes = (text: string) => new TextEncoder().encode(text);
const now = () => Math.floor(Date.now() / 1000);

const identify = tokenVerifier({ verify_with: { secret: SECRET }, issuer: ISSUER, audience: AUDIENCE });

/** A valid token, with the given changes; a claim that is `undefined` is left out. */
function token(changes: JWTPayload = {}, { alg = "HS256", secret = SECRET } = {}): Promise<string> {
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: SUB, exp: now() + 60, ...changes };
  return new SignJWT(JSON.parse(JSON.stringify(payload))).setProtectedHeader({ alg }).sign(bytes(secret));
}

describe("a session's token", () => {
  test("identifies a user, who acts for their own account", async () => {
    expect(await identify(await token())).toEqual({
      kind: "known",
      caller: {
        actor: `user:${SUB}`,
        identity: `user:${SUB}`,
        account: `user:${SUB}`,
        counted_as: `user:${SUB}`,
        scopes: "all",
        workflows: "all",
        tier: "free",
        operator: false,
        expires_at: expect.any(Number),
        session: { id: null, signed_in_at: null },
      },
    });
  });

  test.each([
    ["its issue, if nothing else does", { iat: 1_000 }, 1_000],
    ["auth_time", { iat: 1_000, auth_time: 900, amr: [{ method: "otp", timestamp: 950 }] }, 900],
    [
      "the latest factor",
      { iat: 1_000, amr: [{ method: "otp", timestamp: 800 }, { timestamp: 850 }, "pwd", null] },
      850,
    ],
    ["its issue, if its factors have no time", { iat: 1_000, amr: ["pwd"] }, 1_000],
  ])("says when its user signed in: %s", async (_, claims, seconds) => {
    const identity = await identify(await token(claims as JWTPayload));
    expect(identity).toMatchObject({ caller: { session: { id: null, signed_in_at: seconds * 1_000 } } });
  });

  test("whose sign-in is in the future does not say when it was", async () => {
    const identity = await identify(await token({ auth_time: now() + 60 }));
    expect(identity).toMatchObject({ caller: { session: { signed_in_at: null } } });
  });

  test("may act for the operator, within scopes that only the auth server sets", async () => {
    const app_metadata = { levqor_scopes: ["ops:read", "jobs:read", "no:scope", 7], levqor_tier: "pro" };
    expect(await identify(await token({ app_metadata }))).toMatchObject({
      caller: { scopes: new Set(["ops:read", "jobs:read"]), tier: "pro", account: "operator" },
    });
    const user_metadata = { levqor_scopes: ["keys:write"], levqor_tier: "enterprise" };
    expect(await identify(await token({ user_metadata }))).toMatchObject({
      caller: { tier: "free", account: `user:${SUB}` },
    });
    expect(await identify(await token({ app_metadata: { levqor_scopes: [] } }))).toMatchObject({
      caller: { scopes: new Set(), account: "operator" },
    });
    expect(await identify(await token({ app_metadata: { levqor_scopes: "keys:write" } }))).toMatchObject({
      caller: { account: `user:${SUB}` },
    });
  });

  test("reveals to nobody an id that may be a name or an address", async () => {
    const identity = await identify(await token({ sub: "ada@example.com" }));
    expect(identity).toMatchObject({ caller: { actor: expect.stringMatching(/^user:[0-9a-f]{32}$/) } });
    expect(JSON.stringify(identity)).not.toContain("ada");
  });

  test.each<[string, JWTPayload, string]>([
    ["that has expired", { exp: now() - 10 }, "The token has expired."],
    ["that does not expire", { exp: undefined }, "The token's claim exp is missing."],
    ["that is not valid yet", { nbf: now() + 60 }, "The token's claim nbf is invalid."],
    ["of another issuer", { iss: "https://evil.example" }, "The token's claim iss is invalid."],
    ["of no issuer", { iss: undefined }, "The token's claim iss is missing."],
    ["for somebody else", { aud: "another-service" }, "The token's claim aud is invalid."],
    ["for nobody", { aud: undefined }, "The token's claim aud is missing."],
    ["of nobody", { sub: undefined }, "The token's claim sub is missing."],
  ])("%s is refused", async (_, changes, reason) => {
    expect(await identify(await token(changes))).toEqual({ kind: "refused", reason });
  });

  test.each<[string, unknown]>([
    ["empty", ""],
    ["a number", 42],
    ["null", null],
    ["true", true],
    ["a list", [SUB]],
    ["an object", { id: SUB }],
    ["of white space", "   "],
    ["a UUID with a space before it", ` ${SUB}`],
    ["a UUID with a line's end after it", `${SUB}\n`],
    ["with a NUL", "ada\0"],
    ["with a tab", "ada\tb"],
    ["with what is not shown", "ada\u200b"],
    ["with half a surrogate pair", "ada\ud800"],
    ["with a letter that looks like another", "\u0430da"],
    ["with wide letters", "\uff4f\uff50"],
    ["like a key's", "key:0197a1f0"],
    ["like a user's in events", `user:${SUB}`],
    ["like a part of the service", "system:scheduler"],
    ["with quotes", 'a"b'],
    ["a path", "../admin"],
    ["256 characters long", "a".repeat(256)],
    ["a megabyte long", "a".repeat(1_000_000)],
  ])("with the subject %s is rejected, and told what a valid one is", async (_, sub) => {
    const identity = await identify(await token({ sub: sub as string }));
    expect(identity).toMatchObject({
      kind: "refused",
      reason: expect.stringContaining("claim sub is invalid: it must be 1"),
    });
  });

  test.each(["operator", "anonymous", "auth0|5f7c8e", "a", "a".repeat(255), "ADA", "ada"])(
    "with the subject %p identifies its own user, and nobody else",
    async (sub) => {
      const identity = await identify(await token({ sub }));
      const { actor, account } = (identity as { caller: { actor: string; account: string } }).caller;
      expect(account).toBe(actor);
      expect(actor).toBe(`user:${new Bun.CryptoHasher("sha256").update(sub).digest("hex").slice(0, 32)}`);
    },
  );

  test("identifies the same user whether its UUID is in upper case or not", async () => {
    expect(await identify(await token({ sub: SUB.toUpperCase() }))).toMatchObject({ caller: { actor: `user:${SUB}` } });
  });

  test.each<[string, unknown]>([
    ["far beyond what times can hold", 1e300],
    ["one second beyond the year 9999", 253_402_300_800],
    ["beyond what a Date holds", 8.64e12 + 1],
    ["a text", "tomorrow"],
    ["null", null],
    ["a list", [now() + 60]],
    ["before 1970", -1e300],
  ])("with the expiry %s is rejected", async (_, exp) => {
    expect(await identify(await token({ exp: exp as number }))).toMatchObject({ kind: "refused" });
  });

  test.each<[unknown]>([[253_402_300_799], [now() + 60.5]])("with the expiry %p has that expiry", async (exp) => {
    const identity = await identify(await token({ exp: exp as number }));
    expect(identity).toMatchObject({ caller: { expires_at: Math.floor((exp as number) * 1000) } });
  });

  test("is rejected if its signature is another's", async () => {
    const reason = "The token's signature is not from the expected auth server.";
    expect(await identify(await token({}, { secret: "another secret of 32 bytes, or more" }))).toEqual({
      kind: "refused",
      reason,
    });
    const [head, , signature] = (await token()).split(".");
    const other = Buffer.from(JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: "someone", exp: now() + 60 }));
    expect(await identify(`${head}.${other.toString("base64url")}.${signature}`)).toEqual({ kind: "refused", reason });
  });

  test("cannot choose its algorithm", async () => {
    const reason = "The token's algorithm is not accepted here.";
    expect(await identify(await token({}, { alg: "HS384", secret: SECRET.repeat(2) }))).toEqual({
      kind: "refused",
      reason,
    });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = part({ iss: ISSUER, aud: AUDIENCE, sub: SUB, exp: now() + 60 });
    for (const signature of ["", "AAAA"]) {
      expect(await identify(`${part({ alg: "none" })}.${claims}.${signature}`)).toMatchObject({ kind: "refused" });
    }
  });

  test.each(["a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.", "..", `${"a".repeat(10_000)}.b.c`])(
    "is not a token: %p",
    async (text) => {
      expect(await identify(text)).toMatchObject({ kind: "refused" });
    },
  );
});

describe("with published keys", () => {
  let server: ReturnType<typeof Bun.serve>;
  let keys: object[] = [];
  let asked = 0;
  let packed = false;
  beforeAll(() => {
    server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch() {
        asked++;
        if (packed) {
          return new Response(Bun.gzipSync(JSON.stringify({ keys })), { headers: { "content-encoding": "gzip" } });
        }
        return keys.length > 0 ? Response.json({ keys }) : new Response("away", { status: 503 });
      },
    });
  });
  afterAll(() => server.stop(true));

  const verifier = () =>
    tokenVerifier({ verify_with: { jwks_url: `${server.url}jwks.json` }, issuer: ISSUER, audience: AUDIENCE });

  async function keyPair(kid: string, alg = "ES256") {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const sign = (claims: JWTPayload = {}) =>
      new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: SUB, exp: now() + 60, ...claims })
        .setProtectedHeader({ alg, kid })
        .sign(privateKey);
    return { jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" }, sign };
  }

  test.each(["ES256", "RS256", "EdDSA"])(
    "a token signed with %s is accepted, and the keys are fetched once",
    async (alg) => {
      const { jwk, sign } = await keyPair("one", alg);
      keys = [jwk];
      asked = 0;
      const identifyPublic = verifier();
      for (let i = 0; i < 3; i++) expect(await identifyPublic(await sign())).toMatchObject({ kind: "known" });
      expect(asked).toBe(1);
    },
  );

  test("a token of an unpublished key is rejected", async () => {
    const [published, other] = [await keyPair("one"), await keyPair("two")];
    keys = [published.jwk];
    expect(await verifier()(await other.sign())).toMatchObject({ kind: "refused" });
  });

  test("a public key cannot be passed off as a shared secret", async () => {
    const { jwk } = await keyPair("one", "RS256");
    keys = [jwk];
    const claims = bytes(JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: SUB, exp: now() + 60 }));
    const forged = await new CompactSign(claims)
      .setProtectedHeader({ alg: "HS256", kid: "one" })
      .sign(bytes(JSON.stringify(jwk)));
    expect(await verifier()(forged)).toEqual({
      kind: "refused",
      reason: "The token's algorithm is not accepted here.",
    });
  });

  test("they are read up to 256 KB, however they are compressed: beyond it they say nothing about a token", async () => {
    const { jwk, sign } = await keyPair("one");
    const fetch = createOutbound({ allow: ["127.0.0.1"] });
    const identifyPublic = () =>
      tokenVerifier({ verify_with: { jwks_url: `${server.url}jwks.json` }, issuer: ISSUER, audience: AUDIENCE, fetch });
    keys = [jwk, { kty: "oct", k: "a".repeat(200_000) }];
    expect(await identifyPublic()(await sign())).toMatchObject({ kind: "known" });
    keys = [jwk, { kty: "oct", k: "a".repeat(300_000) }];
    expect(await identifyPublic()(await sign())).toMatchObject({ kind: "undecided" });
    expect(await verifier()(await sign())).toMatchObject({ kind: "undecided" });
    packed = true;
    expect(await identifyPublic()(await sign())).toMatchObject({ kind: "undecided" });
    keys = [jwk];
    expect(await identifyPublic()(await sign())).toMatchObject({ kind: "known" });
    packed = false;
  });

  test("if keys cannot be fetched, a token is neither accepted nor rejected", async () => {
    const { sign } = await keyPair("one");
    keys = [];
    expect(await verifier()(await sign())).toMatchObject({ kind: "undecided" });
  });
});

describe("beside keys", () => {
  const KEY = "the.operators.key-00";
  let bench: AccessBench;
  beforeAll(async () => {
    bench = await accessBench();
  });
  afterAll(() => bench.stop());

  test("whatever it looks like, a key is a key; a token is a token; the rest is neither", async () => {
    const access = bench.start({ keys: [KEY], token: identify });
    expect(await access.identify(KEY)).toMatchObject({ kind: "known", caller: { account: "operator" } });
    expect(await access.identify(await token())).toMatchObject({ kind: "known", caller: { account: `user:${SUB}` } });
    expect(await access.identify("neither")).toMatchObject({ kind: "refused" });
    expect(access.identify(null)).toEqual({ kind: "none" });
  });

  test("if tokens are accepted and no key is set, nobody gets in without a token", async () => {
    const { required, identify: who } = bench.start({ token: identify });
    expect(required).toBe(true);
    expect(who(null)).toEqual({ kind: "none" });
    expect(await who(await token())).toMatchObject({ kind: "known" });
  });
});
