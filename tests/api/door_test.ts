import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Harness, startApi } from "./harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe("every answer", () => {
  test.each([
    ["a call's", "/health"],
    ["a problem's", "/api/v1/status/00000000-0000-7000-8000-000000000000"],
    ["one at a path that is not served", "/nothing/here"],
    ["a page's", "/docs"],
    ["a file's", "/docs/swagger-ui.css"],
    ["the document's", "/docs/json"],
  ])("carries the security headers and a request id: %s", async (_, path) => {
    const { headers } = await api.ask(path, { headers: { "x-request-id": "mine" } });
    expect(headers.get("x-request-id")).toBe("mine");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains; preload");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
    expect(headers.get("permissions-policy")).toBe("geolocation=(), microphone=()");
  });
});
