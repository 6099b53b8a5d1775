/** No call of the API is deprecated yet; an app with two stands in, behind the same door. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { pino } from "pino";
import { Root } from "../../../src/features/service/schemas.ts";
import { tags } from "../../../src/http/document/tags.ts";
import { deprecations } from "../../../src/http/door/deprecation.ts";
import { frontDoor } from "../../../src/http/door/door.ts";
import { routeTable } from "../../../src/http/door/routes.ts";
import { route, serveRoutes } from "../../../src/http/route.ts";
import { Metrics } from "../../../src/telemetry/mod.ts";

const responses = { 200: { description: "It.", schema: Root, example: {} } } as const;
const call = {
  method: "GET",
  tag: tags.service,
  summary: "Something",
  description: "Says something.",
  responses,
} as const;
const documentation = "/public/docs/changes";

const app: Elysia = new Elysia()
  .wrap(
    frontDoor({
      logger: pino({ level: "silent" }),
      metrics: new Metrics({ version: "0.0.0", build: "test", role: "api" }),
      log: undefined,
      routes: routeTable(() => app.routes),
      deprecationOf: deprecations(() => app.routes),
      cors_origins: [],
    }) as unknown as Parameters<Elysia["wrap"]>[0],
  )
  .use(
    serveRoutes(
      [
        route(
          {
            ...call,
            path: "/old/:id",
            id: "getOld",
            deprecated: { since: "2027-01-01", sunset: "2027-07-01", documentation },
          },
          ({ set }) => {
            set.headers.link = "</next>; rel=next";
            return "old";
          },
        ),
        route(
          { ...call, path: "/aging", id: "getAging", deprecated: { since: "2027-01-01", documentation } },
          () => "aging",
        ),
        route({ ...call, path: "/new", id: "getNew" }, () => "new"),
      ],
      {},
    ),
  ) as unknown as Elysia;

beforeAll(() => void app.listen({ port: 0, hostname: "127.0.0.1" }));
afterAll(() => app.server?.stop(true));

const told = async (path: string, method = "GET") => {
  const { headers } = await fetch(`http://127.0.0.1:${app.server?.port}${path}`, { method });
  return ["deprecation", "sunset", "link"].map((name) => headers.get(name));
};

test("a deprecated call says since when, until when, and where its replacement is documented", async () => {
  const link = '</public/docs/changes>; rel="deprecation"; type="text/html"';
  const expected = ["@1798761600", "Thu, 01 Jul 2027 00:00:00 GMT", `</next>; rel=next, ${link}`];
  expect(await told("/old/42")).toEqual(expected);
  expect(await told("/old/42", "HEAD")).toEqual(expected);
  expect(await told("/aging")).toEqual(["@1798761600", null, link]);
});

test("no other call says so", async () => {
  expect(await told("/new")).toEqual([null, null, null]);
  expect(await told("/nowhere")).toEqual([null, null, null]);
});

test("the document says so, too", () => {
  const old = app.routes.find(({ path }) => path === "/old/:id")?.hooks.detail;
  expect(old).toMatchObject({
    deprecated: true,
    "x-deprecation": { since: "2027-01-01", sunset: "2027-07-01" },
    description: expect.stringContaining("Deprecated since 2027-01-01, and may be removed after 2027-07-01: "),
  });
  expect(Object.keys(old.responses[200].headers)).toContainValues(["deprecation", "sunset", "link"]);
  const current = app.routes.find(({ path }) => path === "/new")?.hooks.detail;
  expect([current.deprecated, current.responses[200].headers.deprecation]).toEqual([undefined, undefined]);
});
