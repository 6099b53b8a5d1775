import { expect, test } from "bun:test";
import { connect, StringCodec } from "nats";
import { natsAvailable, startNats } from "./nats.ts";

const text = StringCodec();

test.skipIf(!natsAvailable)("a message survives a kill and a restart on the same port", async () => {
  await using server = await startNats();
  const before = await connect({ servers: server.url, reconnect: false });
  const manager = await before.jetstreamManager();
  await manager.streams.add({ name: "KEPT", subjects: ["kept.>"] });
  await before.jetstream().publish("kept.one", text.encode("still here"));
  await server.kill();
  await before.closed();

  await server.restart();

  const after = await connect({ servers: server.url });
  const message = await (await after.jetstreamManager()).streams.getMessage("KEPT", { seq: 1 });
  expect(text.decode(message.data)).toBe("still here");
  await after.close();
});

test.skipIf(!natsAvailable)("servers of one test run share nothing, and a stopped one no longer responds", async () => {
  const [one, other] = await Promise.all([startNats(), startNats()]);
  const toOne = await connect({ servers: one.url });
  const toOther = await connect({ servers: other.url });
  await (await toOne.jetstreamManager()).streams.add({ name: "MINE", subjects: ["mine"] });

  expect(await (await toOther.jetstreamManager()).streams.list().next()).toEqual([]);

  await Promise.all([toOne.close(), toOther.close()]);
  await Promise.all([one.stop(), other.stop()]);
  await expect(connect({ servers: one.url, reconnect: false })).rejects.toThrow("CONNECTION_REFUSED");
});
