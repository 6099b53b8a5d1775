/** The API document and the pages that show it. */
import { type Checks, expectStatus } from "./checks.ts";
import type { Client, Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkDocs(client: Client, { check }: Checks): Promise<void> {
  await check("GET /docs/json describes every call", async () => {
    const answer = await client.ask("/docs/json", { key: false });
    expectStatus(answer, 200);
    expect(String(answer.body.openapi).startsWith("3."), "OpenAPI 3", answer.body.openapi);
    for (const { name, call } of callsOf(answer.body)) {
      expect(call.summary && call.responses, `${name} to be described`, call);
    }
  });
  await check("an error code is explained at its own address", async () => {
    const answer = await client.ask("/problems/job_not_found", { key: false });
    expectStatus(answer, 200);
    expect(answer.text.includes("job_not_found"), "the code", answer.text);
  });
  await check("GET /docs loads everything from the service itself", async () => {
    const page = await client.ask("/docs", { key: false });
    expectStatus(page, 200);
    const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1] as string);
    expect(
      addresses.some((address) => address.endsWith(".js")),
      "a script",
      addresses,
    );
    for (const address of addresses) {
      const url = new URL(address, `${client.base_url}/docs`);
      expect(url.origin === new URL(client.base_url).origin, "only URLs of the service itself", address);
      expectStatus(await client.ask(url.pathname, { key: false }), 200);
    }
  });
}

/** To be run last: every call that the API document describes was made by the checks before. */
export async function checkCoverage(client: Client, { check }: Checks): Promise<void> {
  await check("every call of the API document was made", async () => {
    const { body } = await client.ask("/docs/json", { key: false });
    const calls = callsOf(body);
    expect(calls.length > 0, "calls in the document", body);
    const made = new Set([...client.calls].map((one) => calls.find(({ pattern }) => pattern.test(one))?.name));
    const missing = calls.filter(({ name }) => !made.has(name)).map(({ name }) => name);
    expect(missing.length === 0, "no other calls", missing);
  });
}

/** The document's calls, those without parameters in their path first: they are not taken for the others. */
function callsOf(document: Json): { readonly name: string; readonly pattern: RegExp; readonly call: Json }[] {
  return Object.entries<Json>(document?.paths ?? {})
    .flatMap(([path, methods]) =>
      Object.entries<Json>(methods).map(([method, call]) => {
        const name = `${method.toUpperCase()} ${path}`;
        const segments = name.split(/\{[^}]+\}/).map((text) => RegExp.escape(text));
        return { name, pattern: new RegExp(`^${segments.join("[^/]+")}$`), call };
      }),
    )
    .toSorted((a, b) => a.name.split("{").length - b.name.split("{").length);
}
