/**
 * Shows the events of all jobs, or of one, as they happen, over a WebSocket. Comes back by itself after whatever
 * broke, to whichever replica answers, with no gap and no repeat. Needs nothing but Bun, or Node 24.
 *
 *   LEVQOR_URL=http://127.0.0.1:5000 LEVQOR_KEY=… bun examples/watch.ts [job_id]
 *
 * AFTER names the position after which to begin: 0 for everything that ever happened.
 */
const { LEVQOR_URL = "http://127.0.0.1:5000", LEVQOR_KEY, AFTER } = process.env;
const job_id = process.argv[2];
const RETRY_MS = { first: 100, most: 10_000 };

/** Of the last event processed. A program that acts on events stores it together with its effects. */
let position = AFTER === undefined ? undefined : Number(AFTER);
let retry_ms = RETRY_MS.first;

function connect(): void {
  const address = new URL("/api/v1/jobs/ws", LEVQOR_URL.replace(/^http/, "ws"));
  // As in a browser, where the list of protocols is the only place for a key. Elsewhere the header X-Api-Key works,
  // too.
  const key = LEVQOR_KEY && `levqor.key.${Buffer.from(LEVQOR_KEY).toString("base64url")}`;
  const socket = new WebSocket(address, key ? ["levqor.v1", key] : ["levqor.v1"]);

  socket.onopen = () => {
    const wanted = job_id ? { job_id } : { all: true };
    socket.send(JSON.stringify({ type: "subscribe", ...wanted, after: position }));
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data as string);
    switch (message.type) {
      case "subscribed":
        retry_ms = RETRY_MS.first;
        position = message.after;
        break;
      case "event":
        console.log(message.event.position, message.event.type, message.event.job_id);
        position = message.event.position;
        break;
      case "error":
        console.error(`Rejected: ${message.problem.detail}`);
        process.exit(1);
        break;
      case "closed":
        // Of the connection, or of its only subscription: either way, a new one continues.
        console.error(`Closed: ${message.detail}`);
        socket.close();
    }
  };
  socket.onclose = ({ code }) => {
    console.error(`The connection ended (${code}); reconnecting in ${retry_ms} ms`);
    setTimeout(connect, retry_ms);
    retry_ms = Math.min(2 * retry_ms, RETRY_MS.most);
  };
}

connect();
