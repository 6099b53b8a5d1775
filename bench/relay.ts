/** Relay: how fast logged events reach JetStream, against raw acknowledged publishing of the same events. */
import { natsAvailable, startNats } from "../tests/support/nats.ts";
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atLeast, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";
import type { PublishResult } from "./tasks/relay.ts";

export async function relay({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  if (!natsAvailable)
    throw new Error("Cannot measure the relay: nats-server is not installed (`sh scripts/nats_server.sh` installs it)");
  const events = quick ? 10_000 : 200_000;
  const rounds = quick ? 1 : 3;
  const progress = new Progress("relay", 1 + 2 * rounds);

  progress.begin(`appending ${figure(events)} events`);
  const database = await cluster.levqor("relay");
  await stage.child("tasks/seed.ts", { url: database.url, events }).next();
  await database.tidy();
  progress.step(`${figure(events)} events appended`);

  async function measure(task: "relay" | "publish"): Promise<number> {
    progress.begin(task);
    // Each time a new server with an empty store.
    await using nats = await startNats();
    stage.defer(() => nats.stop());
    const argument = { url: database.url, nats_url: nats.url, events };
    const { seconds } = await stage.child<PublishResult>(`tasks/${task}.ts`, argument).next();
    progress.step(`${task}: ${figure(events / seconds, "events/s")}`);
    return events / seconds;
  }
  const relayed: number[] = [];
  const published: number[] = [];
  for (let round = 0; round < rounds; round++) {
    published.push(await measure("publish"));
    relayed.push(await measure("relay"));
  }

  const ratio = median(relayed) / median(published);
  return {
    title: "Relay",
    method:
      `${events.toLocaleString("en-US")} events from the log to a JetStream stream on disk until the last is acknowledged; ` +
      "against publishing the same data from memory with the client's own acknowledged `publish`, message ids, 256 in " +
      `flight, to the same server with the same storage. ${rounds} interleaved rounds, each with a fresh process, server ` +
      "and store; medians.",
    tables: [
      {
        columns: ["", "events/s", "ratio"],
        rows: [
          ["raw acknowledged publishing", figure(median(published)), figure(1)],
          ["**relay**, from the log", figure(median(relayed)), figure(ratio)],
        ],
      },
    ],
    bars: [atLeast("relay against raw publishing", ratio, 0.5)],
    notes: [],
  };
}
