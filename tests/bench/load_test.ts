import { expect, test } from "bun:test";
import { load } from "../../bench/load.ts";

const brief = { body: '{"workflow":"test"}', connections: 8, seconds: 0.2, warm_up_seconds: 0.05 };

function serve(answer: (count: number) => Response) {
  let count = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if ((await request.text()) !== brief.body) return new Response("another body", { status: 400 });
      return answer(++count);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/intake`,
    count: () => count,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

test("the load generator acknowledges exactly what the server answered", async () => {
  using server = serve((count) => new Response("x".repeat(count % 3000), { status: 202 }));
  const result = await load({ ...brief, url: server.url });
  expect(result.errors).toBe(0);
  expect(result.acknowledged).toBe(server.count());
  expect(result.per_second).toBeGreaterThan(0);
  expect(result.p50_ms).toBeLessThanOrEqual(result.p99_ms);
});

test("every other response is an error, and the first one is reported", async () => {
  using server = serve((count) => new Response("no", { status: count % 2 ? 202 : 503 }));
  const result = await load({ ...brief, url: server.url });
  expect(result.acknowledged + result.errors).toBe(server.count());
  expect(result.errors).toBe(Math.floor(server.count() / 2));
  expect(result.first_error).toStartWith("HTTP/1.1 503");
});

test("a server that hangs up is an error, not a hanging generator", async () => {
  using server = Bun.listen({
    port: 0,
    hostname: "127.0.0.1",
    socket: { data: (socket) => void socket.end("HTTP/1.1 202 Accepted\r\nContent-Le") },
  });
  const result = await load({ ...brief, url: `http://127.0.0.1:${server.port}/` });
  expect(result).toMatchObject({ acknowledged: 0, errors: brief.connections, first_error: "connection closed early" });
});

test("requests are sent in turn, each response checked against its own expectation", async () => {
  const seen: string[] = [];
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      seen.push(`${request.method} ${pathname} ${await request.text()}`);
      return new Response("answer", { status: pathname === "/post" ? 202 : 200 });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const requests = [{ path: "/post", body: "{}" }, { path: "/get" }];
  const result = await load({ ...brief, url, requests, connections: 1 });
  expect(result).toMatchObject({ errors: 0, acknowledged: seen.length });
  expect(seen.slice(0, 3)).toEqual(["POST /post {}", "GET /get ", "POST /post {}"]);
});
