import { expect, test } from "bun:test";
import { safeNext } from "../../../src/http/request/next.ts";

const LISTED = ["https://levqor.ai", "http://localhost:3000"];

test.each([
  ["/", "/"],
  ["/public/docs?a=1#b", "/public/docs?a=1#b"],
  ["/a/../b", "/b"],
  ["/a%20b", "/a%20b"],
  ["/?to=//evil.example", "/?to=//evil.example"],
  ["https://levqor.ai/app", "https://levqor.ai/app"],
  ["http://localhost:3000", "http://localhost:3000/"],
])("%s leads to %s", (text, next) => expect(safeNext(text, LISTED)).toBe(next));

test.each([
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "\t//evil.example",
  " //evil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "/%2fevil.example",
  "/%2Fevil.example",
  "/%5cevil.example",
  "/%252fevil.example",
  "/%25252Fevil.example",
  "/%09/evil.example",
  "/%2509%252fevil.example",
  "/%0a/evil.example",
  "https://evil.example",
  "https://levqor.ai.evil.example",
  "https://levqor.ai@evil.example",
  "https://a:b@levqor.ai/",
  "http://levqor.ai",
  "https://levqor.ai:8443",
  "javascript:alert(1)",
  "data:text/html,x",
  "https:evil.example",
  "evil.example",
  "",
  "/a b",
  "/a\u0000b",
])("%j leads nowhere", (text) => expect(safeNext(text, LISTED)).toBeUndefined());
