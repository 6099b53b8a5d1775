/** A name server over TCP, with the records that a test gives it. */
import { type StringAnswer, streamDecode, streamEncode, type TxtAnswer } from "dns-packet";

type Value = string | { readonly preference: number; readonly exchange: string };

export interface NameServerStandIn {
  /** Its address and port. */
  readonly address: string;
  /** Records by type and name: `TXT send.levqor.ai`. Names that are not there do not exist. */
  readonly records: Map<string, readonly Value[]>;
  /** Every question, as a key of `records`. */
  readonly asked: string[];
  stop(): void;
}

/** The longest part of a TXT record's text, in bytes. */
const PART = 255;

export function startNameServer(): NameServerStandIn {
  const records = new Map<string, readonly Value[]>();
  const asked: string[] = [];
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        const { id, questions = [] } = streamDecode(Buffer.from(bytes));
        const [{ name, type } = { name: "", type: "TXT" }] = questions;
        const key = `${type} ${name}`;
        asked.push(key);
        const found = records.get(key);
        const answers = (found ?? []).map((value) => {
          const data = type === "TXT" ? (String(value).match(new RegExp(`.{1,${PART}}`, "g")) ?? []) : value;
          return { name, type, class: "IN", ttl: 60, data } as TxtAnswer | StringAnswer;
        });
        const packet = streamEncode({ id, type: "response", flags: found ? 0 : 3, questions, answers });
        // In two pieces, as TCP may cut it anywhere.
        socket.write(packet.subarray(0, 1));
        socket.flush();
        socket.write(packet.subarray(1));
      },
    },
  });
  return { address: `127.0.0.1:${server.port}`, records, asked, stop: () => server.stop(true) };
}
