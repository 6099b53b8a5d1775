/** Publishes the same events from memory with the client's own acknowledged publish, 256 in flight. */
import { connect } from "nats";
import { eventId } from "../../events/mod.ts";
import { subjectOf } from "../../src/bus/message.ts";
import { openLog } from "../../src/log/mod.ts";
import { argument, report } from "../support/child.ts";
import type { PublishResult, RelayArgument } from "./relay.ts";

const WINDOW = 256;
const STREAM = "RAW";

const { url, nats_url, events } = argument<RelayArgument>();
const log = openLog({ url });
const encoder = new TextEncoder();
const messages: { subject: string; msgID: string; body: Uint8Array }[] = [];
while (messages.length < events) {
  for (const event of await log.readRange(messages.length, 10_000)) {
    messages.push({ subject: subjectOf(event), msgID: eventId(event), body: encoder.encode(event.data_json) });
  }
}
const nats = await connect({ servers: nats_url });
const jsm = await nats.jetstreamManager();
await jsm.streams.add({ name: STREAM, subjects: ["levqor.event.>"], duplicate_window: 10_000_000_000 });
const jetstream = nats.jetstream();

const start = performance.now();
let next = 0;
async function publishInTurn(): Promise<void> {
  for (let message = messages[next++]; message; message = messages[next++]) {
    await jetstream.publish(message.subject, message.body, { msgID: message.msgID });
  }
}
await Promise.all(Array.from({ length: WINDOW }, publishInTurn));
const seconds = (performance.now() - start) / 1000;

const { state } = await jsm.streams.info(STREAM);
if (state.messages !== events) throw new Error(`The stream has ${state.messages} of ${events} messages`);
report({ seconds } satisfies PublishResult);
process.exit(0);
