/**
 * Malformed requests, or requests written so that two servers parse them differently: each is rejected or taken for
 * exactly one request, and none is a fault, or waits for ever.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Harness, startApi } from "./harness.ts";
import { head, sendRaw } from "./raw_client.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** The status of each response, in order, with the problem's code if there is one. */
async function outcome(bytes: string): Promise<string> {
  const answer = await sendRaw(api.url, bytes);
  const statuses = answer.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n(?:[^\r]+\r\n)*\r\n(?:\{[^\r]*?"error":"(\w+)")?/g);
  return [...statuses].map(([, status, error]) => (error ? `${status} ${error}` : status)).join(", ") || "closed";
}

const HEALTH = "GET /health HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n";
const post = (...headers: string[]) => `POST /health HTTP/1.1\r\nHost: api\r\n${headers.join("\r\n")}\r\n\r\n`;

test.each([
  ["both lengths", `${post("Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\n${HEALTH}`, "400"],
  ["two lengths", post("Content-Length: 0", "Content-Length: 5") + HEALTH, "400"],
  ["a list of lengths", `${post("Content-Length: 5, 5")}abcde${HEALTH}`, "400"],
  [
    "the same length twice",
    `${post("Content-Length: 5", "Content-Length: 5")}abcde${HEALTH}`,
    "405 method_not_allowed, 200",
  ],
  ["a negative length", post("Content-Length: -1") + HEALTH, "400"],
  ["a signed length", post("Content-Length: +0") + HEALTH, "400"],
  ["a length in hex", `${post("Content-Length: 0x5")}abcde${HEALTH}`, "400"],
  ["a length beyond counting", post("Content-Length: 99999999999999999999") + HEALTH, "400"],
  ["a coding that is none", post("Transfer-Encoding: xchunked") + HEALTH, "400"],
  ["chunked, but not last", `${post("Transfer-Encoding: chunked, identity")}0\r\n\r\n${HEALTH}`, "400"],
  ["a coding under chunked", `${post("Transfer-Encoding: gzip, chunked")}0\r\n\r\n${HEALTH}`, "400"],
  ["two codings", `${post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")}0\r\n\r\n${HEALTH}`, "400"],
  ["a space before the colon", `${post("Transfer-Encoding : chunked")}0\r\n\r\n${HEALTH}`, "400"],
  [
    "a chunk's size that is none",
    `${post("Transfer-Encoding: chunked")}zz\r\n\r\n${HEALTH}`,
    "405 method_not_allowed, 400",
  ],
  ["chunks that end in bare LF", `${post("Transfer-Encoding: chunked")}0\n\n${HEALTH}`, "405 method_not_allowed, 400"],
  [
    "a chunk with an extension",
    `${post("Transfer-Encoding: chunked")}1;a=b\r\nx\r\n0\r\n\r\n${HEALTH}`,
    "405 method_not_allowed, 200",
  ],
  ["a header over two lines", post("X-A: b", " Content-Length: 5") + HEALTH, "400"],
  ["a header's line that ends in bare LF", "GET /health HTTP/1.1\r\nHost: api\nX-A: b\r\n\r\n", "400"],
  ["a header with NUL", head("GET /health", ["X-A: b\0c"]), "400"],
  ["a header with CR", head("GET /health", ["X-A: b\rc"]), "400"],
  ["a header's name with a space", head("GET /health", ["X A: b"]), "400"],
  ["a header without a name", head("GET /health", [": b"]), "400"],
  ["two requests at once", `GET /health HTTP/1.1\r\nHost: api\r\n\r\n${HEALTH}`, "200, 200"],
  ["a GET with a body", `GET /health HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nabcde${HEALTH}`, "200, 200"],
])("a request with %s is parsed in one way", async (_, bytes, expected) => {
  // If there is a second request, nobody could take it for the first one's body, or vice versa.
  expect(await outcome(bytes)).toBe(expected);
});

test.each([
  ["no Host", "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", "400"],
  ["an empty Host", "GET /health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", "400 invalid_host"],
  ["two Hosts", head("GET /health", ["Host: other"]), "400 invalid_host"],
  ["a Host that is none", "GET /health HTTP/1.1\r\nHost: a b<>\r\nConnection: close\r\n\r\n", "400 invalid_host"],
  ["a Host with a path", "GET /health HTTP/1.1\r\nHost: a/b?c#d@e\r\nConnection: close\r\n\r\n", "400 invalid_host"],
  ["a Host of half an address", "GET /health HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", "400 invalid_host"],
  [
    "a Host with no port's number",
    "GET /health HTTP/1.1\r\nHost: api:99999\r\nConnection: close\r\n\r\n",
    "400 invalid_host",
  ],
  ["the shortest Host", "GET /api/v1/status/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "421 host_refused"],
  ["the shortest Host, at no path", "GET /a/b/c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "421 host_refused"],
  ["an IPv6 Host", "GET /health HTTP/1.1\r\nHost: [::1]:5000\r\nConnection: close\r\n\r\n", "200"],
  ["HTTP/1.0", "GET /health HTTP/1.0\r\nHost: api\r\n\r\n", "200"],
  ["HTTP/1.0 without Host", "GET /health HTTP/1.0\r\n\r\n", "400 invalid_host"],
  ["HTTP/0.9", "GET /health\r\n", "505"],
  ["HTTP/1.2", "GET /health HTTP/1.2\r\nHost: api\r\n\r\n", "505"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"],
  ["TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "400"],
  ["no request line", "hello\r\n\r\n", "400"],
  ["empty lines first", `\r\n\r\n${HEALTH}`, "400"],
])("%s", async (_, bytes, expected) => {
  expect(await outcome(bytes)).toBe(expected);
});

test.each([
  ["absolute", "GET http://other.example/health", "200"],
  ["absolute and another service's", "GET http://other.example/elsewhere", "404 not_found"],
  ["an authority", "CONNECT api:443", "404 not_found"],
  ["an asterisk", "OPTIONS *", "400"],
  ["no path", "GET health", "400"],
  ["doubled slashes", "GET //health", "404 not_found"],
  ["dots, which the path is rid of", "GET /a/../../health", "200"],
  ["encoded dots", "GET /api/v1/jobs/%2e%2e/events", "400 invalid_job_id"],
  ["encoded slashes", "GET /api/v1/status/..%2f..%2fhealth", "400 invalid_job_id"],
  ["an encoded NUL", "GET /api/v1/status/%00", "400 invalid_job_id"],
  ["bytes that are no UTF-8", "GET /api/v1/status/%ff%fe", "400 malformed_url"],
  ["raw bytes", "GET /api/v1/status/\xff\xfe", "400 invalid_job_id"],
  ["half an encoding", "GET /api/v1/status/%", "400 invalid_job_id"],
  ["half an encoding in the query", "GET /api/v1/jobs?workflow=%", "200"],
  ["bytes that are no UTF-8 in the query", "GET /api/v1/jobs?workflow=%ff%", "400 malformed_url"],
  ["a fragment", "GET /elsewhere#/health", "404 not_found"],
  ["a space", "GET /health now", "505"],
  ["a control character", "GET /hea\x01lth", "505"],
])("a target that is %s", async (_, line, expected) => {
  expect(await outcome(head(line))).toBe(expected);
});

test.each([
  ["TRACE /health", "405 method_not_allowed"],
  ["PROPFIND /health", "405 method_not_allowed"],
  ["CONNECT /health", "405 method_not_allowed"],
  ["TRACE /nowhere", "404 not_found"],
  ["GE(T /health", "400"],
  // Bun does not respond to unknown methods.
  ["BREW /health", "closed"],
  ["get /health", "closed"],
])("%s", async (line, expected) => {
  expect(await outcome(head(line))).toBe(expected);
});

test("none of this was a fault", () => {
  expect(api.logged.filter((line) => ["warn", "error"].includes(line.level as string)).map((line) => line.msg)).toEqual(
    [expect.stringContaining("DEVELOPMENT MODE")],
  );
});
