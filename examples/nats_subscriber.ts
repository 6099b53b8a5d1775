/**
 * Shows what happens to jobs, from NATS, through a durable consumer: the server remembers under its name what was
 * acknowledged, and goes on there at the next start. Needs `npm install nats`, and Bun or Node 24.
 *
 *   bun examples/nats_subscriber.ts --create [name]   makes the consumer, for whoever may: an operator, or everybody
 *   bun examples/nats_subscriber.ts [name]            shows what happens
 *
 * NATS_URL says where, NATS_USER and NATS_PASSWORD as whom; NATS_API_PREFIX where JetStream's API is another account's
 * (`levqor.api` with deploy/nats/accounts.conf). AFTER names the position after which a consumer that is made begins; by
 * default it begins with the first event that the stream still has. What a message holds, and which filters there are:
 * public/docs/events.md.
 */
import { AckPolicy, connect, DeliverPolicy, nanos } from "nats";

const { NATS_URL = "nats://127.0.0.1:4222", NATS_USER, NATS_PASSWORD, AFTER } = process.env;
const { NATS_API_PREFIX = "$JS.API" } = process.env;
const [name = "subscriber"] = process.argv.slice(2).filter((argument) => argument !== "--create");
const STREAM = "LEVQOR";

const nats = await connect({ servers: NATS_URL.split(","), user: NATS_USER, pass: NATS_PASSWORD });
if (process.argv.includes("--create")) {
  const { consumers } = await nats.jetstreamManager();
  await consumers.add(STREAM, {
    durable_name: name,
    filter_subject: "levqor.event.job.>",
    ack_policy: AckPolicy.Explicit,
    // The maximum number of unacknowledged messages: with one, nothing is reordered if an acknowledgement is late.
    max_ack_pending: 1,
    // If unacknowledged for this long, as after a crash, a message is sent again.
    ack_wait: nanos(5_000),
    ...(AFTER === undefined
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Number(AFTER) + 1 }),
  });
  await nats.close();
  process.exit(0);
}

const consumer = await nats.jetstream({ apiPrefix: NATS_API_PREFIX }).consumers.get(STREAM, name);
console.error(`Resuming as ${name}`);
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
  // Waits until the server has it. After a crash before that, the event comes again: its id, `Nats-Msg-Id`, identifies
  // it.
  await message.ackAck();
}
