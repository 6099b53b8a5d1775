/**
 * A server that responds to requests without reading their bodies, and closes: prints its two origins as JSON. The
 * first, the runtime's own, responds with the status in the path; the second writes what the path says, and resets.
 */
import net from "node:net";

const ANSWERS: Readonly<Record<string, string>> = {
  "/whole": "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone",
  "/chunked": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n",
  "/no-length": "HTTP/1.1 200 OK\r\n\r\ndone",
  "/short": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ndone",
  "/half-a-head": "HTTP/1.1 200 OK\r\ncontent-le",
  "/nothing": "",
};

const polite = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: ({ url }) => new Response("done", { status: Number(new URL(url).pathname.slice(1)) }),
});
const rude = net.createServer({ noDelay: true }, (socket) => {
  socket
    .on("error", () => {})
    .once("data", (chunk) => {
      const [, path = ""] = chunk.toString("latin1").split(" ", 2);
      socket.write(ANSWERS[path] ?? "", () => socket.resetAndDestroy());
    });
});
rude.listen(0, "127.0.0.1", () => {
  const { port } = rude.address() as net.AddressInfo;
  process.stdout.write(`${JSON.stringify([`http://127.0.0.1:${polite.port}`, `http://127.0.0.1:${port}`])}\n`);
});
