/** Consents on record, and receipts that anybody can verify, also after an erasure. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPublicKey, hash, verify } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { openEvents } from "../../../src/vault/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";

const KEY = "the-key-of-the-operator";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";
const GUIDE = join(import.meta.dir, "../../../public/docs/consent.md");

type Headers = Record<string, string>;
const operator: Headers = { "x-api-key": KEY };
let api: Harness;

beforeAll(async () => {
  api = await startApi({
    api_keys: [KEY],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
    documents: true,
    timing: { read_model_wait_ms: 10_000 },
  });
});
afterAll(() => api.stop());

async function user(): Promise<{ id: string; headers: Headers; consent_id: string; position: string }> {
  const sub = crypto.randomUUID();
  const claims = { iss: ISSUER, aud: "authenticated", sub, exp: Math.floor(Date.now() / 1000) + 600 };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
  const headers = { authorization: `Bearer ${token}` };
  const accepted = await api.ask("/api/v1/terms", post({ terms_version: 1 }, headers));
  const position = accepted.headers.get("levqor-position") as string;
  return { id: `user:${sub}`, headers, consent_id: `consent-${sub}@1`, position };
}

const get = (path: string, headers: Headers = {}) => api.ask(`/api/v1/consents${path}`, { headers });
const errorOf = ({ status, body }: Answer) => [status, body.error];

function isSigned({ signed, signature }: { signed: string; signature: string }, public_key: string): boolean {
  return verify(null, Buffer.from(signed, "base64"), createPublicKey(public_key), Buffer.from(signature, "base64"));
}

describe("a user's consents", () => {
  test("are listed for the user and for the operator who names them, the newest first", async () => {
    const ada = await user();
    const { headers } = await api.ask("/api/v1/marketing/opt-out", post({}, ada.headers));
    const min = { "levqor-min-position": headers.get("levqor-position") as string };
    const own = await get("", { ...ada.headers, ...min });
    expect(own.body.data).toEqual([
      {
        consent_id: ada.consent_id.replace("@1", "@2"),
        about: "marketing",
        action: "withdrawn",
        document: null,
        recorded_at: expect.any(String),
      },
      {
        consent_id: ada.consent_id,
        about: "terms",
        action: "accepted",
        document: { document: "terms", version: 1, sha256: expect.any(String) },
        recorded_at: expect.any(String),
      },
    ]);
    expect((await get(`?user=${ada.id}`, { ...operator, ...min })).body).toEqual(own.body);
    const page = await get("?limit=1", { ...ada.headers, ...min });
    const rest = await get(`?limit=1&cursor=${page.body.next_cursor}`, ada.headers);
    expect([...page.body.data, ...rest.body.data]).toEqual(own.body.data);
  });

  test("are nobody else's to see", async () => {
    const [ada, bob] = [await user(), await user()];
    expect((await get("", { ...bob.headers, "levqor-min-position": bob.position })).text).not.toContain(
      ada.id.slice(5),
    );
    expect(errorOf(await get(`?user=${ada.id}`, bob.headers))).toEqual([422, "validation_failed"]);
    expect(errorOf(await get("", operator))).toEqual([422, "validation_failed"]);
    expect(errorOf(await get(`/${ada.consent_id}/receipt`, bob.headers))).toEqual([404, "consent_not_found"]);
    expect(errorOf(await get(`/${ada.consent_id}/receipt`))).toEqual([401, "unauthorized"]);
  });
});

describe("a receipt", () => {
  test("names the text that was accepted and the event, and is signed", async () => {
    const ada = await user();
    const { status, body } = await get(`/${ada.consent_id}/receipt`, ada.headers);
    expect(status).toBe(200);
    const [event] = await api.log.readStream(ada.consent_id.slice(0, -2));
    const texts = await Promise.all(["terms", "privacy"].map((name) => api.ask(`/api/v1/terms/${name}/1`)));
    const [terms, privacy] = texts.map(({ text }) => hash("sha256", text));
    expect(body.payload).toEqual({
      format: "levqor-consent-receipt/1",
      consent: ada.consent_id,
      what: "consent.terms_accepted",
      documents: [
        { document: "terms", version: 1, sha256: terms },
        { document: "privacy", version: 1, sha256: privacy },
      ],
      recorded_at: event?.recorded_at,
      position: event?.position,
      event_sha256: hash("sha256", event?.data_json as string),
    });
    expect(JSON.parse(Buffer.from(body.signed, "base64").toString())).toEqual(body.payload);
    const { body: key } = await get("/receipt-key");
    expect(body.key).toEqual(key);
    expect(isSigned(body, key.public_key)).toBe(true);
    const forged = Buffer.from(Buffer.from(body.signed, "base64").toString().replace('"version":1', '"version":2'));
    expect(isSigned({ ...body, signed: forged.toString("base64") }, key.public_key)).toBe(false);
  });

  test("is the same after the user was erased, and says nothing about them", async () => {
    const ada = await user();
    const before = await get(`/${ada.consent_id}/receipt`, operator);
    await api.vault.destroy(ada.id, ["profile", "trace", "evidence"]);
    const opened = await openEvents(api.vault, await api.log.readStream(ada.consent_id.slice(0, -2)));
    expect(JSON.parse(opened[0]?.data_json as string)).toMatchObject({ ip: null });
    const after = await get(`/${ada.consent_id}/receipt`, operator);
    expect(after.text).toBe(before.text);
    expect(isSigned(after.body, (await get("/receipt-key")).body.public_key)).toBe(true);
    expect(after.text).not.toMatch(/127\.0\.0\.1|sealed/);
  });

  test("does not exist for what was not recorded", async () => {
    const ada = await user();
    for (const id of [ada.consent_id.replace("@1", "@2"), `${ada.consent_id.slice(0, -1)}9999999999`]) {
      expect(errorOf(await get(`/${id}/receipt`, operator))).toEqual([404, "consent_not_found"]);
    }
    for (const id of ["x", "job-1@1", ada.consent_id.replace("@1", "@0")]) {
      expect(errorOf(await get(`/${id}/receipt`, operator))).toEqual([422, "validation_failed"]);
    }
  });

  const commands = /```sh\n(jq [^`]*openssl[^`]*)```/;
  const isThere = ["jq", "openssl", "base64", "sha256sum"].every((name) => Bun.which(name) !== null);
  test.skipIf(!isThere)("is verified with openssl, as the guide says", async () => {
    const ada = await user();
    const [, script] = commands.exec(await Bun.file(GUIDE).text()) as unknown as [string, string];
    const cwd = await mkdtemp(join(tmpdir(), "levqor-receipt-"));
    const run = () => {
      const done = Bun.spawnSync(["sh", "-ec", script], { cwd });
      return [done.exitCode, `${done.stdout}${done.stderr}`] as const;
    };
    try {
      const receipt = await get(`/${ada.consent_id}/receipt`, ada.headers);
      await Bun.write(join(cwd, "receipt.json"), receipt.text);
      await Bun.write(join(cwd, "key.json"), (await get("/receipt-key")).text);
      expect(run()).toEqual([0, expect.stringContaining("Signature Verified Successfully")]);
      const { signed } = (await get(`/${(await user()).consent_id}/receipt`, operator)).body;
      await Bun.write(join(cwd, "receipt.json"), JSON.stringify({ ...receipt.body, signed }));
      expect(run()[0]).not.toBe(0);
    } finally {
      await rm(cwd, { recursive: true });
    }
  });
});
