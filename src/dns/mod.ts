/**
 * Asks a name server, over TCP, so that no answer is cut off. Bun's own `resolveTxt` returns the parts of a record of more than 255
 * bytes, such as a DKIM key, as separate records.
 */
import { getServers } from "node:dns";
import { connect, isIP } from "node:net";
import { type Answer, type Packet, streamDecode, streamEncode } from "dns-packet";

export type RecordType = "TXT" | "MX" | "CNAME";

/** A record's value: the text, the name that it points to, or priority and host of an MX record. */
export type Lookup = (name: string, type: RecordType) => Promise<readonly string[]>;

export interface NameServer {
  readonly host: string;
  readonly port: number;
}

const PORT = 53;
const TIMEOUT_MS = 5_000;
/** Of a response, with its length in front. */
const LENGTH_MAX = 2 + 65_535;

/** The name server that the system uses. */
export function systemNameServer(): NameServer {
  return nameServerOf(getServers()[0] ?? "127.0.0.1");
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`. */
export function nameServerOf(text: string): NameServer {
  if (isIP(text)) return { host: text, port: PORT };
  const at = text.lastIndexOf(":");
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(text.slice(at + 1)) };
}

/** Looks up records; none is an empty list. Throws if the server does not answer within 5 s, or cannot. */
export function lookupBy(server: NameServer, { timeout_ms = TIMEOUT_MS } = {}): Lookup {
  return async (name, type) => {
    const { rcode, answers = [] } = (await ask(server, { name, type, timeout_ms })) as Packet & { rcode?: string };
    if (rcode !== "NOERROR" && rcode !== "NXDOMAIN") throw new Error(`the name server answered ${rcode}`);
    return answers.filter((answer) => answer.type === type).map(textOf);
  };
}

interface Question {
  readonly name: string;
  readonly type: RecordType;
  readonly timeout_ms: number;
}

function ask({ host, port }: NameServer, { name, type, timeout_ms }: Question): Promise<Packet> {
  const { promise, resolve, reject } = Promise.withResolvers<Packet>();
  const id = crypto.getRandomValues(new Uint16Array(1))[0] as number;
  const socket = connect({ host, port, timeout: timeout_ms });
  const timer = setTimeout(() => reject(new Error(`the name server did not answer in ${timeout_ms} ms`)), timeout_ms);
  let received = Buffer.alloc(0);
  socket.on("connect", () => {
    socket.write(streamEncode({ type: "query", id, flags: 256, questions: [{ type, name, class: "IN" }] }));
  });
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) {
      if (received.length > LENGTH_MAX) reject(new Error("the name server's answer is too long"));
      return;
    }
    try {
      const packet = streamDecode(received);
      if (packet.id === id) resolve(packet);
      else reject(new Error("the name server answered another question"));
    } catch {
      reject(new Error("the name server's answer cannot be read"));
    }
  });
  socket.on("error", () => reject(new Error("the name server cannot be reached")));
  socket.on("close", () => reject(new Error("the name server closed the connection")));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

function textOf(answer: Answer): string {
  switch (answer.type) {
    case "TXT":
      return Buffer.concat([answer.data].flat().map((part) => Buffer.from(part))).toString();
    case "MX":
      return `${answer.data.preference ?? 0} ${answer.data.exchange}`;
    case "CNAME":
      return answer.data;
    default:
      return "";
  }
}
