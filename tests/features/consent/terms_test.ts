/** The terms: what is in force, who accepted it, and that nothing else is possible before. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { DOCUMENT_TEXT_MAX } from "../../../events/document.ts";
import { decode } from "../../../events/mod.ts";
import { startAccess } from "../../../src/access/mod.ts";
import { publishDocuments } from "../../../src/features/consent/documents.ts";
import { openEvents } from "../../../src/vault/mod.ts";
import { type Operation, operationsOf } from "../../fuzz/operations.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { eventually } from "../../support/service.ts";
import { siteFolder } from "../../support/site_folder.ts";

const KEY = "the-key-of-the-operator";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";

type Headers = Record<string, string>;
interface User {
  readonly id: string;
  readonly headers: Headers;
}

let api: Harness;
const operator: Headers = { "x-api-key": KEY };

beforeAll(async () => {
  api = await startApi({
    api_keys: [KEY],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
    documents: true,
  });
});
afterAll(() => api.stop());

async function user(app_metadata: object = {}): Promise<User> {
  const sub = crypto.randomUUID();
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: ISSUER, aud: "authenticated", sub, exp, app_metadata };
  const token = await new SignJWT(claims)
    .setIssuedAt()
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
  return { id: `user:${sub}`, headers: { authorization: `Bearer ${token}` } };
}

const get = (path: string, headers: Headers) => api.ask(path, { headers });
const accept = ({ headers }: User, terms_version: number) => api.ask("/api/v1/terms", post({ terms_version }, headers));
const errorOf = ({ status, body }: Answer) => [status, body.error];
const inForce = async (): Promise<number> => (await api.ask("/api/v1/terms")).body.terms_version;
const REFUSED = [403, "terms_not_accepted"];

/** New terms, whose text the pages do not have. */
async function publishTerms(): Promise<number> {
  await using folder = await siteFolder();
  const text = `---\ntitle: Terms\n---\n${crypto.randomUUID()}\n`;
  await folder.write("terms.md", text);
  for (const name of ["privacy", "cookies", "marketing"]) {
    // Published before, so that only the terms are new.
    await folder.write(`${name}.md`, (await api.ask(`/api/v1/terms/${name}/1`)).text);
  }
  const outcome = await publishDocuments(api.log, { folder: folder.dir, actor: "system:test" });
  expect(outcome).toEqual({ published: ["terms"], failed: [] });
  const version = await inForce();
  const { headers } = await user();
  await eventually(async () => (await get("/api/v1/jobs", headers)).body.terms_version === version);
  return version;
}

describe("a document", () => {
  test("is published once, whichever processes start, and its text stays available", async () => {
    const again = await Promise.all([1, 2].map(() => publishDocuments(api.log, { actor: "system:other" })));
    expect(again.map(({ published }) => published)).toEqual([[], []]);
    const { body } = await api.ask("/api/v1/terms");
    expect(body.documents.map(({ document }: { document: string }) => document)).toEqual([
      "terms",
      "privacy",
      "cookies",
      "marketing",
    ]);
    for (const { document, page, text, sha256 } of body.documents) {
      const source = await Bun.file(`${import.meta.dir}/../../../public/legal/${document}.md`).text();
      const answer = await api.ask(text);
      expect([answer.headers.get("content-type"), answer.text]).toEqual(["text/markdown;charset=utf-8", source]);
      expect(new Bun.CryptoHasher("sha256").update(answer.text).digest("hex")).toBe(sha256);
      expect((await api.ask(page)).status).toBe(200);
    }
  });

  test("that is missing, or too long, keeps no other from being published", async () => {
    await using folder = await siteFolder();
    await folder.write("privacy.md", "x".repeat(DOCUMENT_TEXT_MAX + 1));
    await folder.write("cookies.md", crypto.randomUUID());
    const { published, failed } = await publishDocuments(api.log, { folder: folder.dir, actor: "system:test" });
    expect([published, failed.map(({ document }) => document)]).toEqual([
      ["cookies"],
      ["terms", "privacy", "marketing"],
    ]);
  });

  test("has no version that was not published", async () => {
    expect(errorOf(await api.ask("/api/v1/terms/terms/999"))).toEqual([404, "document_not_found"]);
    for (const path of ["terms/0", "terms/x", "terms/1.5", "terms/2147483648", "secrets/1"]) {
      expect([path, ...errorOf(await api.ask(`/api/v1/terms/${path}`))]).toEqual([path, 422, "validation_failed"]);
    }
  });
});

describe("until a user accepts the terms", () => {
  const concerned = async () => {
    const all: Operation[] = operationsOf((await api.ask("/docs/json")).body);
    return all.filter(({ answers }) => answers["403"]?.codes.includes("terms_not_accepted"));
  };
  const url = ({ path, parameters }: Operation) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name) => {
      const { example } = parameters.find((one) => one.name === name) as Operation["parameters"][number];
      return encodeURIComponent(String(example));
    });

  test("every protected call responds 403, and none does afterwards", async () => {
    const operations = await concerned();
    const all = operationsOf((await api.ask("/docs/json")).body).filter(({ scope }) => scope !== undefined);
    // The others are the operator's, or are possible before.
    const others = all
      .filter(({ id }) => !operations.some((one) => one.id === id))
      // After it nothing is possible: tests/features/users.
      .filter(({ id }) => id !== "eraseOwnUser");
    const ada = await user();
    const calling = async (operation: Operation) => {
      const { method, body } = operation;
      const example = { ...(body?.examples[0] as object), ...(operation.may_wait && { wait_seconds: 0 }) };
      const init = body ? post(example, ada.headers) : { headers: ada.headers };
      const answer = await api.ask(url(operation), { ...init, method });
      return [operation.id, ...errorOf(answer)];
    };
    // Streams do not end by themselves, and are refused before they begin.
    for (const one of operations) expect(await calling(one)).toEqual([one.id, ...REFUSED]);
    const before = await Promise.all(others.map(calling));
    const possible = before.filter(([, , error]) => error !== "insufficient_scope").map(([id]) => id);
    expect(possible.sort()).toEqual([
      "acceptTerms",
      "confirmEmailChange",
      "endOtherSessions",
      "endSession",
      "exportOwnUser",
      "getConsentReceipt",
      "getOwnUser",
      "listConsents",
      "listSessions",
      // Somebody decides whether to accept the terms knowing what they are for.
      "previewInvitation",
      "requestEmailChange",
      "updateOwnUser",
      "withdrawMarketing",
    ]);

    expect((await accept(ada, await inForce())).status).toBe(200);
    const lasting = (operation: Operation) =>
      Object.keys(operation.answers["200"]?.content ?? {}).includes("text/event-stream");
    for (const one of operations.filter((one) => !lasting(one) && !one.messages)) {
      expect((await calling(one))[2]).not.toBe("terms_not_accepted");
    }
  }, 60_000);

  test("the response says which version, before anything else is checked", async () => {
    const ada = await user();
    const answer = await api.ask("/api/v1/intake", post("{", ada.headers));
    expect([...errorOf(answer), answer.body.terms_version]).toEqual([...REFUSED, await inForce()]);
  });

  test("they read them, and see that they have not accepted any", async () => {
    const ada = await user();
    const { status, body } = await get("/api/v1/terms", ada.headers);
    expect([status, body.accepted]).toEqual([200, null]);
  });

  test("only the version that is in force can be accepted", async () => {
    const ada = await user();
    const version = await inForce();
    for (const wrong of [version + 1, version - 1].filter((one) => one > 0)) {
      expect(errorOf(await accept(ada, wrong))).toEqual([409, "terms_outdated"]);
    }
    expect(errorOf(await accept(ada, 0))).toEqual([422, "validation_failed"]);
    expect(errorOf(await get("/api/v1/jobs", ada.headers))).toEqual(REFUSED);
  });
});

describe("an acceptance", () => {
  test("is recorded once, with the version and its hash, and sealed, where it came from", async () => {
    const ada = await user();
    const version = await inForce();
    const browser = { ...ada, headers: { ...ada.headers, "user-agent": "A browser" } };
    const [first, ...others] = await Promise.all(Array.from({ length: 16 }, () => accept(browser, version)));
    if (first?.status !== 200) throw new Error(`It was not accepted: ${first?.text}`);
    for (const { body } of [...others, await accept(ada, version)]) expect(body).toEqual(first.body);
    expect((await get("/api/v1/terms", ada.headers)).body.accepted).toEqual(first.body);
    const recorded = await api.log.readStream(`consent-${ada.id.slice(5)}`);
    expect(recorded[0]?.data_json).not.toMatch(/A browser|127\.0\.0\.1/);
    const events = (await openEvents(api.vault, recorded)).map(decode);
    expect(events).toMatchObject([
      {
        type: "consent.terms_accepted",
        data: {
          terms: { version, sha256: first.body.sha256 },
          privacy: { version: 1 },
          ip: "127.0.0.1",
          user_agent: "A browser",
        },
        meta: { actor: ada.id, account: ada.id, subject: ada.id },
        recorded_at: first.body.terms_accepted_at,
      },
    ]);
  });

  test("holds at once in a process that refused the user before, and for one version only", async () => {
    const [ada, bob] = [await user(), await user()];
    const other = startAccess({
      log: api.log,
      bus: api.bus,
      sql: api.sql,
      keys: [],
      production: true,
      logger: { warn() {}, error() {} } as never,
    });
    const caller = { actor: ada.id, account: ada.id, operator: false } as never;
    try {
      const version = await inForce();
      expect(await other.termsRequired(caller)).toBe(version);
      await accept(ada, version);
      await accept(bob, version);
      expect(await other.termsRequired(caller)).toBeUndefined();
      expect((await get("/api/v1/jobs", ada.headers)).status).toBe(200);

      const next = await publishTerms();
      expect(next).toBe(version + 1);
      await eventually(async () => (await other.termsRequired(caller)) === next);
      expect(errorOf(await get("/api/v1/jobs", ada.headers))).toEqual(REFUSED);
      await accept(ada, next);
      expect((await get("/api/v1/jobs", ada.headers)).status).toBe(200);
      expect(errorOf(await get("/api/v1/jobs", bob.headers))).toEqual(REFUSED);
    } finally {
      await other.stop();
    }
  });

  test("is recorded by the operator for a user who accepted elsewhere, and by nobody else for another", async () => {
    const [ada, bob] = [await user(), await user()];
    const version = await inForce();
    const asked = (body: object, headers: Headers) => api.ask("/api/v1/terms", post(body, headers));
    expect(errorOf(await asked({ terms_version: version }, operator))).toEqual([422, "validation_failed"]);
    expect(errorOf(await asked({ terms_version: version, user: ada.id }, bob.headers))).toEqual([
      422,
      "validation_failed",
    ]);
    expect((await asked({ terms_version: version, user: ada.id }, operator)).status).toBe(200);
    expect((await get("/api/v1/jobs", ada.headers)).status).toBe(200);
    expect(errorOf(await get("/api/v1/jobs", bob.headers))).toEqual(REFUSED);
  });
});

test("where somebody accepted the terms is forgotten with them, and that they did is not", async () => {
  const ada = await user();
  const version = await inForce();
  await accept(ada, version);
  await api.vault.destroy(ada.id, ["trace"]);
  const stream = await openEvents(api.vault, await api.log.readStream(`consent-${ada.id.slice(5)}`));
  expect(stream.map(decode)).toMatchObject([{ data: { terms: { version }, ip: null, user_agent: null } }]);
  expect((await get("/api/v1/jobs", ada.headers)).status).toBe(200);
});

describe("who needs no terms, or somebody else's acceptance", () => {
  const issue = async (headers: Headers) => {
    const expires_at = new Date(Date.now() + 500_000).toISOString();
    const answer = await api.ask("/api/v1/keys", post({ name: "K", scopes: ["jobs:read"], expires_at }, headers));
    expect(answer.status).toBe(201);
    return { "x-api-key": answer.body.key as string };
  };

  test("the operator's keys, those that they issue, and users who work for the operator", async () => {
    const staff = await user({ levqor_scopes: ["jobs:read"] });
    const acting = { ...operator, "levqor-account": (await user()).id };
    for (const headers of [operator, await issue(operator), staff.headers, acting]) {
      expect((await get("/api/v1/jobs", headers)).status).toBe(200);
    }
  });

  test("a key of a user's account works while the user has accepted the terms", async () => {
    const ada = await user();
    await accept(ada, await inForce());
    const key = await issue(ada.headers);
    expect((await get("/api/v1/jobs", key)).status).toBe(200);
    const version = await publishTerms();
    const refused = await get("/api/v1/jobs", key);
    expect([...errorOf(refused), refused.body.terms_version]).toEqual([...REFUSED, version]);
    expect(errorOf(await api.ask("/api/v1/terms", post({ terms_version: version }, key)))).toEqual([
      403,
      "insufficient_scope",
    ]);
    await accept(ada, version);
    expect((await get("/api/v1/jobs", key)).status).toBe(200);
  });

  test("a key of an organisation works while any of its owners has, and a member only for themself", async () => {
    const [ada, bob, eve] = [await user(), await user(), await user()];
    for (const one of [ada, bob]) await accept(one, await inForce());
    const { body: org } = await api.ask("/api/v1/orgs", post({ name: "Acme" }, ada.headers));
    const add = (member: string, role: string) =>
      api.ask(`/api/v1/orgs/${org.org_id}/members`, post({ member, role }, operator));
    await add(bob.id, "owner");
    await add(eve.id, "member");
    const of = (one: User) => ({ ...one.headers, "levqor-account": org.account });
    const key = await issue(of(ada));
    const version = await publishTerms();
    const jobs = async (headers: Headers) => errorOf(await get("/api/v1/jobs", headers));
    expect(await jobs(key)).toEqual(REFUSED);
    await accept(eve, version);
    expect([await jobs(key), await jobs(of(eve)), await jobs(of(bob))]).toEqual([REFUSED, [200, undefined], REFUSED]);
    await accept(bob, version);
    expect([await jobs(key), await jobs(of(ada))]).toEqual([[200, undefined], REFUSED]);
  });
});

test("a log without terms asks nobody to accept any", async () => {
  const none = await startApi({
    api_keys: [KEY],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
  });
  try {
    const ada = await user();
    expect((await none.ask("/api/v1/jobs", { headers: ada.headers })).status).toBe(200);
    expect((await none.ask("/api/v1/terms")).body).toEqual({ terms_version: null, accepted: null, documents: [] });
    expect(errorOf(await none.ask("/api/v1/terms", post({ terms_version: 1 }, ada.headers)))).toEqual([
      409,
      "terms_outdated",
    ]);
  } finally {
    await none.stop();
  }
});
