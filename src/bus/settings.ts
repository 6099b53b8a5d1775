/** Where NATS is. */
import { InvalidSettingError, integer, passwordsOf, setting, settings } from "../settings/mod.ts";

export const busSettings = settings({
  nats_url: setting({
    env: "NATS_URL",
    summary:
      "NATS servers with JetStream, separated by commas. Without it, events reach other processes through the database alone.",
    example: "nats://nats.internal:4222",
    secret: (text) => text.split(",").flatMap(passwordsOf),
    read: natsUrl,
  }),
  nats_replicas: setting({
    env: "NATS_REPLICAS",
    summary: "How many NATS nodes store a copy of the events: 3 in a cluster, so that it survives the loss of one.",
    example: "3",
    default_text: "1 for a new stream; an existing one keeps its number",
    read: integer(1, 5),
  }),
});

function natsUrl(text: string): string {
  const servers = text.split(",").map((server) => URL.parse(server.trim()));
  for (const server of servers) {
    if (!server || !["nats:", "tls:"].includes(server.protocol) || server.hostname === "") {
      throw new InvalidSettingError(
        "it must be nats://host:4222 or tls://host:4222, or several of them separated by commas",
      );
    }
  }
  return text;
}
