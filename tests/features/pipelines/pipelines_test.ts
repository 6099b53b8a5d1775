import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Harness, post, startApi } from "../../http/harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const steps = [{ id: "fetch", uses: "http", with: { url: "https://example.com/{{ payload.id }}" } }];
const other = [{ id: "nap", sleep: { seconds: 1 } }];
const create = (name: string, body: object = {}, headers = {}) =>
  api.ask("/api/v1/pipelines", post({ name, format: 1, steps, ...body }, headers));
const put = (name: string, body: object, headers: Record<string, string>) =>
  api.ask(`/api/v1/pipelines/${name}`, { ...post({ format: 1, steps, ...body }, headers), method: "PUT" });

describe("storing a pipeline", () => {
  test("returns its first version, which can be read at once", async () => {
    const answer = await create("first", { description: "One" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.body).toMatchObject({ name: "first", version: 1, format: 1, description: "One", steps });
    const read = await api.ask("/api/v1/pipelines/first");
    expect(read.body).toEqual(answer.body);
    expect(read.headers.get("etag")).toBe('"1"');
  });

  test("is rejected under the name of a pipeline or a connector", async () => {
    await create("taken");
    for (const name of ["taken", "http"]) {
      const answer = await create(name);
      expect([answer.status, answer.body.error]).toEqual([409, "pipeline_exists"]);
    }
  });

  test("with an Idempotency-Key can be repeated", async () => {
    const headers = { "idempotency-key": "pipeline-1" };
    const first = await create("again", {}, headers);
    const second = await create("again", {}, headers);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    const reused = await create("again", { steps: other }, headers);
    expect([reused.status, reused.body.error]).toEqual([422, "idempotency_key_reused"]);
    expect((await create("again", {}, { "idempotency-key": "pipeline-2" })).status).toBe(409);
  });

  test("with the Idempotency-Key of another name is another request, as the description says", async () => {
    const headers = { "idempotency-key": "pipeline-3" };
    const [first, second] = [await create("key-of-one", {}, headers), await create("key-of-two", {}, headers)];
    expect([first.status, second.status, second.body.name]).toEqual([201, 201, "key-of-two"]);
    expect(second.headers.get("idempotency-replayed")).toBeNull();
    const { description } = (await api.ask("/docs/json")).body.paths["/api/v1/pipelines"].post;
    expect(description).toContain("with another name, the same key creates another pipeline");
  });

  test.each([
    ["a name in capitals", { name: "Nope" }, "/name", "lower-case letters"],
    ["another format", { format: 2 }, "/format", "must be"],
    ["no steps", { steps: [] }, "/steps", "at least 1 entry"],
    ["an id with a dash", { steps: [{ id: "a-b", uses: "http" }] }, "/steps/0/id", "starting with a letter"],
    [
      "an unknown field",
      { steps: [{ id: "a", uses: "http", retries: 1 }] },
      "/steps/0/retries",
      "is not supported here",
    ],
    ["a sleep until no time", { steps: [{ id: "a", sleep: { until: "banana" } }] }, "/steps/0/sleep/until", "RFC 3339"],
    ["a connector that is not there", { steps: [{ id: "a", uses: "ftp" }] }, "/steps/0/uses", "not a connector"],
    [
      "a step that comes later",
      {
        steps: [
          { id: "a", uses: "http", if: "{{ steps.b.output }}" },
          { id: "b", uses: "http" },
        ],
      },
      "/steps/0/if",
      "comes later",
    ],
  ])("with %s is rejected, with the place", async (_, body, pointer, message) => {
    const answer = await create("refused", body);
    expect([answer.status, answer.body.error]).toEqual([422, "validation_failed"]);
    expect(answer.body.errors[0]).toMatchObject({ pointer, message: expect.stringContaining(message) });
    expect((await api.ask("/api/v1/pipelines/refused")).status).toBe(404);
  });
});

describe("a new version", () => {
  test("may be what its creation was, including the name; nothing is renamed", async () => {
    await create("named");
    expect((await put("named", { name: "named", steps: other }, { "if-match": '"1"' })).body.version).toBe(2);
    const renamed = await put("named", { name: "other", steps }, { "if-match": '"2"' });
    expect([renamed.status, renamed.body.detail]).toEqual([422, '/name must be "named", as in the path.']);
    expect((await api.ask("/api/v1/pipelines/named")).body.version).toBe(2);
  });

  test("is created from the version that If-Match names; every version stays readable", async () => {
    const first = await create("versions");
    const second = await put("versions", { steps: other }, { "if-match": '"1"' });
    expect([second.status, second.headers.get("etag")]).toEqual([200, '"2"']);
    expect(second.body).toMatchObject({ version: 2, steps: other, created_at: first.body.created_at });
    const lost = await put("versions", { steps }, { "if-match": '"1"' });
    expect([lost.status, lost.body.error]).toEqual([412, "version_mismatch"]);
    expect((await put("versions", { steps }, { "if-match": "*" })).body.version).toBe(3);
    for (const [version, expected] of [
      [1, steps],
      [2, other],
      [3, steps],
    ] as const) {
      const read = await api.ask(`/api/v1/pipelines/versions/versions/${version}`);
      expect(read.body).toMatchObject({ version, steps: expected });
      expect(read.headers.get("etag")).toBe(`"${version}"`);
    }
    for (const version of ["4", "0", "x"]) {
      expect((await api.ask(`/api/v1/pipelines/versions/versions/${version}`)).status).toBe(404);
    }
  });

  test("needs If-Match, and a pipeline to change", async () => {
    await create("careful");
    for (const headers of [{}, { "if-match": "1" }, { "if-match": 'W/"1"' }]) {
      const answer = await put("careful", { steps: other }, headers as Record<string, string>);
      expect([answer.status, answer.body.error]).toEqual([428, "precondition_required"]);
    }
    const nobody = await put("nobody", {}, { "if-match": "*" });
    expect([nobody.status, nobody.body.error]).toEqual([404, "pipeline_not_found"]);
  });

  test("that equals the newest is not recorded", async () => {
    await create("same");
    const answer = await put("same", {}, { "if-match": '"1"' });
    expect([answer.status, answer.body.version]).toEqual([200, 1]);
    expect(answer.headers.get("levqor-position")).toBeNull();
  });

  test("of many at once only one is created from the same version", async () => {
    await create("race");
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => put("race", { description: `${n}` }, { "if-match": '"1"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
  });
});

test("the list shows pipelines in pages, newest first", async () => {
  await create("list-one");
  const last = await create("list-two", { description: "Two" });
  const position = last.headers.get("levqor-position") ?? "";
  const ask = (query: string) =>
    api.ask(`/api/v1/pipelines?${query}`, { headers: { "levqor-min-position": position } });
  const first = await ask("limit=1");
  expect(first.body.data).toEqual([
    {
      name: "list-two",
      version: 1,
      description: "Two",
      steps: 1,
      created_at: last.body.created_at,
      updated_at: last.body.updated_at,
    },
  ]);
  const second = await ask(`limit=1&cursor=${first.body.next_cursor}`);
  expect(second.body.data[0].name).toBe("list-one");
});

describe("publishing a pipeline", () => {
  const KEY = "the-key-of-the-operator";
  const operator = { "x-api-key": KEY };
  let guarded: Harness;
  beforeAll(async () => {
    guarded = await startApi({ api_keys: [KEY] });
  });
  afterAll(() => guarded.stop());

  async function issue(scopes: string[]): Promise<Record<string, string>> {
    const { status, body } = await guarded.ask("/api/v1/keys", post({ name: "K", scopes }, operator));
    expect(status).toBe(201);
    return { "x-api-key": body.key };
  }
  const store = (method: string, name: string, body: object, headers: Record<string, string>) => {
    const path = method === "POST" ? "/api/v1/pipelines" : `/api/v1/pipelines/${name}`;
    const all = { ...headers, ...(method === "PUT" && { "if-match": "*" }) };
    const sent = { format: 1, steps, ...(method === "POST" && { name }), ...body };
    return guarded.ask(path, { ...post(sent, all), method });
  };
  const refused = { status: 403, error: "insufficient_scope", required_scope: "pipelines:publish" };

  test("takes a scope of its own: a key that may store pipelines does not get the payloads of all accounts", async () => {
    const storing = await issue(["pipelines:write"]);
    expect((await store("POST", "taken-over", { published: true }, storing)).body).toMatchObject(refused);
    expect((await store("POST", "taken-over", {}, storing)).status).toBe(201);
    expect((await store("PUT", "taken-over", { published: true }, storing)).body).toMatchObject(refused);
    const publishing = await issue(["pipelines:write", "pipelines:publish"]);
    expect((await store("PUT", "taken-over", { published: true }, publishing)).body).toMatchObject({ published: true });
  });

  test("keeps those who may not publish from changing and withdrawing it", async () => {
    const storing = await issue(["pipelines:write", "pipelines:read"]);
    expect((await store("POST", "everyones", { published: true }, operator)).status).toBe(201);
    for (const body of [{ published: true, steps: other }, { steps: other }, {}]) {
      expect((await store("PUT", "everyones", body, storing)).body).toMatchObject(refused);
    }
    const { body } = await guarded.ask("/api/v1/pipelines/everyones", { headers: storing });
    expect(body).toMatchObject({ version: 1, published: true, steps });
    expect((await store("PUT", "everyones", {}, operator)).body).toMatchObject({ version: 2 });
  });
});
