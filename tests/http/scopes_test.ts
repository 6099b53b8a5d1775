/** Each call of the API document requires exactly the scope that it documents. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Scope, scopes } from "../../src/access/mod.ts";
import { type Answer, type Harness, post, startApi } from "./harness.ts";

const OPERATOR = "the-operators-own-key";
const ALL = Object.keys(scopes) as Scope[];

let api: Harness;
let calls: { name: string; method: string; path: string; scope: Scope | undefined; description: string }[];
/** Keys by their grants: one scope, or all but one. */
const only = new Map<Scope, string>();
const allBut = new Map<Scope, string>();

beforeAll(async () => {
  api = await startApi({ api_keys: [OPERATOR], timing: { read_model_wait_ms: 5_000 } });
  const issue = async (granted: readonly Scope[]): Promise<string> => {
    const answer = await api.ask("/api/v1/keys", post({ name: "T", scopes: granted }, { "x-api-key": OPERATOR }));
    return answer.body.key;
  };
  for (const scope of ALL) {
    only.set(scope, await issue([scope]));
    allBut.set(scope, await issue(ALL.filter((other) => other !== scope)));
  }
  const { paths } = (await api.ask("/docs/json")).body;
  calls = Object.entries<Record<string, Answer["body"]>>(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, call]) => ({
      name: `${method} ${path}`,
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+_id\}/g, crypto.randomUUID()).replaceAll(/\{\w+\}/g, "1"),
      scope: call.security[0]?.ApiKey[0],
      description: call.description,
    })),
  );
});
afterAll(() => api.stop());

/** The status, and the problem's code if there is one; the rest of a response is not waited for. */
async function answerTo({ method, path }: { method: string; path: string }, key?: string) {
  const headers: Record<string, string> = { "content-type": "application/json", ...(key && { "x-api-key": key }) };
  const leave = new AbortController();
  const response = await fetch(api.url + path, {
    method,
    headers,
    // Matches no call: the caller is checked first.
    body: method === "GET" ? undefined : "{",
    signal: leave.signal,
  });
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
  const problem = isProblem ? ((await response.json()) as { error: string; required_scope?: string }) : undefined;
  leave.abort();
  return { status: response.status, error: problem?.error, required_scope: problem?.required_scope };
}

/** Calls for users alone are refused to keys, whatever their scopes. */
const isRefusal = ({ status, error }: { status: number; error: string | undefined }) =>
  status === 401 || (status === 403 && error !== "session_required" && error !== "user_required");

describe("every call", () => {
  test("that documents a scope rejects callers without it, and accepts those with nothing else", async () => {
    const guarded = calls.filter(({ scope }) => scope !== undefined);
    expect(guarded.length).toBeGreaterThan(30);
    for (const call of guarded) {
      const scope = call.scope as Scope;
      expect([call.name, call.description]).toEqual([
        call.name,
        expect.stringContaining(`Needs the scope \`${scope}\`.`),
      ]);
      const none = await answerTo(call);
      expect([call.name, none.status, none.error]).toEqual([call.name, 401, "unauthorized"]);
      const lacking = await answerTo(call, allBut.get(scope));
      expect([call.name, lacking]).toEqual([
        call.name,
        { status: 403, error: "insufficient_scope", required_scope: scope },
      ]);
      const having = await answerTo(call, only.get(scope));
      expect([call.name, having, isRefusal(having)]).toEqual([call.name, having, false]);
    }
  });

  test("that documents none is open to all", async () => {
    const open = calls.filter(({ scope }) => scope === undefined);
    expect(open.map(({ name }) => name).sort()).toContain("get /health");
    for (const call of open) {
      const answer = await answerTo(call);
      expect([call.name, answer, isRefusal(answer)]).toEqual([call.name, answer, false]);
    }
  });

  test("together they use every scope there is", () => {
    // One is needed besides its call's own, by what the body says: tests/features/pipelines.
    const used = new Set<Scope>(["pipelines:publish", ...calls.flatMap(({ scope }) => scope ?? [])]);
    expect([...used].sort()).toEqual([...ALL].sort());
  });
});
