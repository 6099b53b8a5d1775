/**
 * Calls a TLS server on this machine under three names; its certificate, which the environment trusts, is for one:
 * `bun outbound_tls_process.ts <certificate> <key>`.
 */
import { createOutbound } from "../../connectors/mod.ts";

const [certificate, key] = process.argv.slice(2) as [string, string];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: { cert: Bun.file(certificate), key: Bun.file(key) },
  fetch: (request) => new Response(`called as ${request.headers.get("host")?.split(":")[0]}`),
});
const lookup = async () => [{ address: "127.0.0.1", family: 4 }];
const fetch = createOutbound({ allow: ["127.0.0.1"], lookup });
const outcomes: Record<string, string> = {};
for (const name of ["pinned.test", "other.test", "127.0.0.1"]) {
  try {
    outcomes[name] = await (await fetch(`https://${name}:${server.port}/`)).text();
  } catch (error) {
    outcomes[name] = (error as { code: string }).code;
  }
}
await server.stop(true);
process.stdout.write(JSON.stringify(outcomes));
