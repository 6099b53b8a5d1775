/** Relays a log to an empty JetStream and waits until all of it is acknowledged. */
import { connect } from "nats";
import { inProcessBus } from "../../src/bus/in_process.ts";
import { relay } from "../../src/bus/relay.ts";
import { STREAM } from "../../src/bus/stream.ts";
import { openLog } from "../../src/log/mod.ts";
import { argument, report } from "../support/child.ts";

export interface RelayArgument {
  readonly url: string;
  readonly nats_url: string;
  readonly events: number;
}

export interface PublishResult {
  readonly seconds: number;
}

const { url, nats_url, events } = argument<RelayArgument>();
const log = openLog({ url });
const [first] = await log.readRange(0, 1);
const bus = inProcessBus({ log });
const nats = await connect({ servers: nats_url });
const stopped = new AbortController();
const stored = Promise.withResolvers<void>();

const start = performance.now();
const relaying = relay({
  nats,
  log,
  bus,
  log_id: first && `${first.stream_id}@${first.version}`,
  signal: stopped.signal,
  on_stored: (position) => position >= events && stored.resolve(),
});
await stored.promise;
const seconds = (performance.now() - start) / 1000;

stopped.abort();
await relaying;
const { state } = await (await nats.jetstreamManager()).streams.info(STREAM);
if (state.messages !== events) throw new Error(`The stream has ${state.messages} messages of ${events} events`);
report({ seconds } satisfies PublishResult);
process.exit(0);
