/**
 * Shows what happens to jobs, from NATS, through a durable consumer: the server remembers under its name what was
 * acknowledged, and goes on there at the next start. Needs `npm install nats`, and Bun or Node 24.
 *
 *   NATS_URL=nats://127.0.0.1:4222 bun examples/nats_subscriber.ts [name]
 *
 * NATS_USER and NATS_PASSWORD where the server asks for them. AFTER names the position after which a consumer that is
 * not there yet begins; by default it begins with the first event that the stream still has. What a message holds, and
 * which filters there are: docs/events.md.
 */
import { AckPolicy, connect, DeliverPolicy, nanos } from "nats";

const { NATS_URL = "nats://127.0.0.1:4222", NATS_USER, NATS_PASSWORD, AFTER } = process.env;
const name = process.argv[2] ?? "example";
const STREAM = "LEVQOR";

const nats = await connect({ servers: NATS_URL.split(","), user: NATS_USER, pass: NATS_PASSWORD });
const jsm = await nats.jetstreamManager();
const known = await jsm.consumers.info(STREAM, name).catch(() => undefined);
if (!known) {
  await jsm.consumers.add(STREAM, {
    durable_name: name,
    filter_subject: "levqor.event.job.>",
    ack_policy: AckPolicy.Explicit,
    // Unacknowledged messages at most: with one, nothing comes out of order when an acknowledgement is late.
    max_ack_pending: 1,
    // Unacknowledged for so long, as after a crash, a message comes again.
    ack_wait: nanos(5_000),
    ...(AFTER === undefined
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Number(AFTER) + 1 }),
  });
}
console.error(`${known ? "Going on" : "Beginning"} as ${name}`);

const consumer = await nats.jetstream().consumers.get(STREAM, name);
for await (const message of await consumer.consume({ max_messages: 100 })) {
  const position = Number(message.headers?.get("Levqor-Position"));
  if (position > Number(AFTER ?? 0)) {
    const large = message.headers?.has("Levqor-Data");
    console.log(
      position,
      message.headers?.get("Levqor-Type"),
      message.headers?.get("Nats-Msg-Id"),
      large ? "(large: ask the API)" : message.string(),
    );
  }
  // Waits until the server has it. Who crashes before gets the event again: its id, `Nats-Msg-Id`, tells.
  await message.ackAck();
}
