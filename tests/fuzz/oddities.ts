/** Variations of a valid request. */

/** A request before it is sent. */
export interface Draft {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  query: [string, string][];
  headers: Map<string, string>;
  /** The body as JSON; absent: none. */
  json?: unknown;
  /** In place of the JSON. */
  body?: string | Uint8Array<ArrayBuffer>;
  /** Whether another call, or none, may respond. */
  elsewhere?: boolean;
  /** To be sent verbatim: `fetch` would reject or repair it. */
  raw?: boolean;
}

/** The input of an oddity. */
export interface Chance {
  readonly at: number;
  readonly value: unknown;
}

type Oddity = (draft: Draft, chance: Chance) => void;

/** Planted where it must not come back from. */
export const PLANTED = "planted-secret-5f1c0de";

const utf8 = new TextEncoder();
const choose = <T>(values: readonly T[], { at }: Chance) => values[at % values.length] as T;
const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value ?? null));
const header = (name: string, values: readonly string[]) => (draft: Draft, chance: Chance) => {
  const value = choose(values, chance);
  draft.headers.set(name, value);
  if (/[^\x20-\x7e]/.test(value)) draft.raw = true;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const BAD_POSITIONS = ["-1", "abc", "1.5", "99999999999999999999", " ", "0x10", "1,2"];

/** For every call. */
const always: Record<string, Oddity> = {
  no_key: (draft) => void draft.headers.delete("x-api-key"),
  wrong_key: (draft) => void draft.headers.set("x-api-key", PLANTED),
  odd_key: header("x-api-key", ["", "\u00ff\u00fe", "a".repeat(4000), "a b", "key, key"]),
  odd_account: header("levqor-account", [
    "",
    "nobody",
    "user:",
    "system",
    "user:\u00e9",
    "a".repeat(4000),
    "operator, user:1",
  ]),
  authorization: header("authorization", [
    `Bearer ${PLANTED}`,
    `Basic ${btoa(`a:${PLANTED}`)}`,
    "Bearer",
    "Bearer a.b.c",
  ]),
  cookie: header("cookie", [`session=${PLANTED}`, "a=b; __proto__=c", "%"]),
  other_method: (draft, chance) => {
    draft.method = choose(METHODS, chance);
    if (draft.method === "GET" || draft.method === "HEAD") Object.assign(draft, { json: undefined, body: undefined });
  },
  unknown_method: (draft, chance) => {
    draft.method = choose(["TRACE", "PROPFIND", "QUERY", "get"], chance);
    draft.raw = true;
  },
  overridden_method: header("x-http-method-override", ["DELETE", "GET", "BREW"]),
  accept: header("accept", ["image/png", "*/*;q=0", "text/event-stream", "\u00e9"]),
  accept_encoding: header("accept-encoding", ["gzip, br", "identity;q=0", "*;q=0"]),
  range: header("range", ["bytes=0-1", "bytes=5-1", "bytes=-0", "items=1", "bytes=99999999999999999999-"]),
  if_none_match: header("if-none-match", ["*", '"1"', 'W/"x"', "\u0080", ","]),
  request_id: header("x-request-id", ["mine-1", "a b", "x".repeat(129), "\u00e9", "", "a\tb"]),
  traceparent: header("traceparent", [
    "00-0-0-0",
    `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
    `ff-${"0".repeat(49)}`,
    "\u00e9",
  ]),
  origin: header("origin", ["null", "https://evil.example", "https://levqor.ai", "\u00e9"]),
  forwarded: header("x-forwarded-for", ["1.2.3.4", "1.2.3.4, 5.6.7.8", "'; --", "::1", "a".repeat(4000)]),
  host: (draft, chance) => {
    draft.headers.set("host", choose(["a:b:c", "evil.example", "[::1]", ""], chance));
    draft.raw = true;
  },
  expect: (draft) => {
    draft.headers.set("expect", "100-continue");
    draft.raw = true;
  },
  huge_header: header("x-huge", ["a".repeat(9_000), "a".repeat(17_000), "a".repeat(70_000)]),
  many_headers: (draft, { at }) => {
    for (let i = 0; i < 150 + (at % 100); i++) draft.headers.set(`x-many-${i}`, "1");
  },
  long_url: (draft, chance) =>
    void draft.query.push(["long", "a".repeat(choose([7_000, 9_000, 20_000, 100_000], chance))]),
  unknown_parameter: (draft, { value }) =>
    void draft.query.push([
      choose(["zz", "__proto__", "limit[]", "constructor"], { at: asText(value).length, value }),
      asText(value).toWellFormed(),
    ]),
  key_in_query: (draft) => void draft.query.push(["api_key", PLANTED]),
  garbage_query: (draft, chance) => {
    draft.path += choose(["?%", "?%zz=%ff", "?&&&=", "?a=%00", "?\u00e9=\u00ff", "?limit", "??"], chance);
    draft.query = [];
    draft.raw = true;
  },
  other_path: (draft, chance) => {
    draft.path = choose(
      [
        `${draft.path}/`,
        `/${draft.path}`,
        `${draft.path}/x`,
        draft.path.toUpperCase(),
        `${draft.path}%2f`,
        `${draft.path};a=b`,
        `${draft.path}.json`,
        `${draft.path}/../x`,
        "/%",
        "/%c0%af",
      ],
      chance,
    );
    draft.raw = true;
  },
};

const withParameters: Record<string, Oddity> = {
  odd_parameter: (draft, { at, value }) => {
    const [name] = draft.query[at % Math.max(1, draft.query.length)] ?? ["limit"];
    draft.query = [...draft.query.filter(([other]) => other !== name), [name, asText(value).toWellFormed()]];
  },
  odd_cursor: (draft, { value }) => {
    draft.query = [...draft.query.filter(([name]) => name !== "cursor"), ["cursor", asText(value).toWellFormed()]];
  },
  beyond_end: (draft) => {
    draft.query = [...draft.query.filter(([name]) => name !== "after"), ["after", String(Number.MAX_SAFE_INTEGER)]];
  },
  repeated_parameter: (draft, { at }) => {
    const given = draft.query[at % Math.max(1, draft.query.length)] ?? ["limit", "1"];
    draft.query.push(given);
    if (draft.query.length === 1) draft.query.push(given);
  },
};

const withHeaders: Record<string, Oddity> = {
  idempotency_key: header("idempotency-key", [
    "",
    '""',
    "a b",
    "a".repeat(255),
    "a".repeat(256),
    '"quoted"',
    "\u00e9",
    "\t",
  ]),
  if_match: header("if-match", ["", "3", '"0"', '"99999999999"', 'W/"1"', "*", '"1", "2"', "\u00e9"]),
  min_position: header("levqor-min-position", BAD_POSITIONS),
  last_event_id: header("last-event-id", BAD_POSITIONS),
};

const BAD_SEGMENTS = [
  "%00",
  "%ff",
  "%zz",
  "x".repeat(3000),
  "a%20b",
  "%e2%80%ae",
  "null",
  "%7b%7d",
  "..",
  "%2e%2e",
  "%2f",
  "-1",
  "0",
  "%f0%9f%98%80",
];

const withPath: Record<string, Oddity> = {
  odd_segment: (draft, chance) => {
    const segments = draft.path.split("/");
    const parameters = [...segments.keys()].filter((index) => segments[index]?.includes("\u0001"));
    segments[choose(parameters, chance)] = choose(BAD_SEGMENTS, chance);
    draft.path = segments.join("/");
    draft.raw = true;
  },
};

const NEST = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const body =
  (make: (text: string, chance: Chance) => string | Uint8Array<ArrayBuffer>): Oddity =>
  (draft, chance) => {
    draft.body = make(JSON.stringify(draft.json ?? {}), chance);
  };

const withBody: Record<string, Oddity> = {
  content_type: header("content-type", [
    "text/plain",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin1",
    ";;;",
    "application/jsonp",
    "application/x-www-form-urlencoded",
  ]),
  fine_content_type: header("content-type", [
    "application/json;charset=UTF-8",
    'Application/JSON; charset="utf-8"',
    "application/vnd.levqor+json",
  ]),
  no_content_type: (draft) => void draft.headers.delete("content-type"),
  content_encoding: header("content-encoding", ["gzip", "br", "zstd", "identity"]),
  no_body: (draft) => Object.assign(draft, { json: undefined, body: undefined }),
  empty_body: body(() => ""),
  cut_off: body((text, { at }) => text.slice(0, 1 + (at % Math.max(1, text.length - 1)))),
  malformed: body((_, chance) =>
    choose(
      [
        "{",
        '{"a":}',
        "{'a':1}",
        '{"a":1,}',
        "NaN",
        "[1,]",
        '"\u0001"',
        '"\\x"',
        "undefined",
        "01",
        "{} {}",
        "\u0000",
        "[".repeat(100_000),
      ],
      chance,
    ),
  ),
  invalid_utf8: body((text) => Uint8Array.from([...utf8.encode(text.slice(0, -1)), 0x22, 0xc3, 0x28, 0x22])),
  other_encoding: body((text) => new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le"))),
  byte_order_mark: body((text) => `\ufeff${text}`),
  not_an_object: body((_, chance) => choose(["[]", "null", "1", '"text"', "true", "[{}]"], chance)),
  repeated_key: body(() => '{"zz":1,"a":[{}],"\\u007az":2}'),
  too_deep: body((text, chance) => text.replace("{", `{"zz":${NEST(choose([64, 65, 5_000, 100_000], chance))},`)),
  too_large: body((text, chance) => text + " ".repeat(choose([524_288, 600_000, 3_000_000], chance))),
  large_payload: (draft) => replaceProperty(draft.json, "payload", { text: "a".repeat(204_800) }),
  inexact_number: body((text, chance) =>
    text.replace(
      "{",
      `{"zz":${choose(["1e999", "-1e-999", "18446744073709551616", "0.1234567890123456789"], chance)},`,
    ),
  ),
  large_integers: body((text) => text.replace(/:\s*\d+/, ":18446744073709551615")),
  lone_surrogate: body((text) => text.replace(/:"/, ':"\\ud800')),
  nul: body((text) => text.replace(/:"/, ':"\\u0000')),
  odd_property: body((text, { value }) => text.replace("{", `{${JSON.stringify(asText(value).slice(0, 50))}:1,`)),
  prototype: body((text) => text.replace("{", '{"__proto__":{"admin":true},"constructor":{"prototype":{}},')),
  removed: (draft, { at }) =>
    change(draft, at, (parent, key) => {
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete (parent as Record<string, unknown>)[key];
    }),
  replaced: (draft, { at, value }) => change(draft, at, (parent, key) => Reflect.set(parent, key, value)),
  retyped: (draft, { at }) =>
    change(draft, at, (parent, key) => Reflect.set(parent, key, retype(Reflect.get(parent, key)))),
  exceeding: (draft, { at }) =>
    change(draft, at, (parent, key) => Reflect.set(parent, key, exceed(Reflect.get(parent, key), at))),
  secret_address: (draft) => replaceProperty(draft.json, "callback_url", `https://user:${PLANTED}@levqor.invalid/`),
};

const groups = { always, withParameters, withHeaders, withPath, withBody };
const oddities = new Map(Object.values(groups).flatMap((group) => Object.entries(group)));

/** What can be done to a call, by name. */
export function odditiesFor(has: {
  parameters: boolean;
  headers: readonly string[];
  path: boolean;
  body: boolean;
}): string[] {
  return [
    ...Object.keys(always),
    ...(has.parameters ? Object.keys(withParameters) : []),
    ...Object.keys(withHeaders).filter((name) =>
      has.headers.some((given) => given.endsWith(name.replaceAll("_", "-"))),
    ),
    ...(has.path ? Object.keys(withPath) : []),
    ...(has.body ? Object.keys(withBody) : []),
  ];
}

/** What is rejected with a code, where something else would hardly be. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  body_too_large: ["too_large"],
  duplicate_key: ["repeated_key"],
  invalid_cursor: ["min_position", "last_event_id", "beyond_end", "odd_cursor", "odd_parameter"],
  invalid_email: ["replaced"],
  invalid_host: ["host"],
  invalid_idempotency_key: ["idempotency_key"],
  json_too_deep: ["too_deep"],
  malformed_json: ["malformed"],
  number_not_representable: ["inexact_number"],
  precondition_required: ["if_match"],
  unauthorized: ["no_key"],
  unsupported_media_type: ["content_type"],
  validation_failed: ["odd_parameter", "not_an_object", "unknown_parameter", "odd_segment"],
};

/** What may be rejected with a code, the most likely first: whatever succeeds instead may be a stream, which takes a while. */
export function odditiesRefused(code: string): readonly string[] {
  const likely = /^invalid_\w+_id$/.test(code) ? ["odd_segment"] : [];
  return REFUSED[code] ?? [...likely, ...oddities.keys()];
}

/** Does one thing to a request. */
export function makeOdd(name: string, draft: Draft, chance: Chance): void {
  oddities.get(name)?.(draft, chance);
}

/** Calls `alter` with one of the places in the body. */
function change(draft: Draft, at: number, alter: (parent: object, key: string) => unknown): void {
  const root = { root: structuredClone(draft.json) };
  const places = [...placesOf(root)];
  const place = places[at % places.length];
  if (place) alter(...place);
  draft.json = root.root;
}

function* placesOf(value: unknown): Generator<[object, string]> {
  if (value === null || typeof value !== "object") return;
  for (const [key, part] of Object.entries(value)) {
    yield [value, key];
    yield* placesOf(part);
  }
}

function replaceProperty(value: unknown, name: string, by: unknown): void {
  if (value !== null && typeof value === "object") Reflect.set(value, name, by);
}

function retype(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return Number(value) || value.length;
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return { ...value };
  return [value];
}

function exceed(value: unknown, at: number): unknown {
  if (typeof value === "number") return at % 2 ? value * 1e6 + 1 : -value - 1;
  if (typeof value === "string") return value.padEnd(at % 2 ? 3_000 : 200, "a");
  if (Array.isArray(value)) return Array.from({ length: 200 }, (_, i) => value[i % Math.max(1, value.length)] ?? null);
  return { ...(value as object), zz: 1 };
}
