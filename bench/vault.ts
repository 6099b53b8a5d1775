/** Sealing and opening personal data through the vault, beside encrypting and decrypting the same with WebCrypto. */
import { connect } from "../src/db/mod.ts";
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atMost, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";
import { benchVault } from "./support/vault.ts";

const ROUNDS = 5;
const event = { stream_id: `user-${Bun.randomUUIDv7()}`, version: 1 };
const pointers = ["/value"];
const context = new TextEncoder().encode(`${event.stream_id}@1#/value`);

const values = { "an address": "ada.lovelace@example.com", "4 KiB of text": "abcdefgh".repeat(512) };

/** Microseconds each. */
interface Taken {
  readonly seal: number;
  readonly open: number;
}

export async function vault({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const times = quick ? 200 : 20_000;
  const { url } = await cluster.levqor("vault");
  const sql = connect(url, { max: 2 });
  stage.defer(() => sql.end());
  const ours = benchVault(sql);
  stage.defer(async () => ours.close());
  const sealing = { event, pointers, subject: "user:ada", class: "profile" } as const;
  const web = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

  const byVault = async (value: string): Promise<Taken> => {
    const { data } = await ours.sealData({ value }, sealing);
    return {
      seal: await each(times, () => ours.sealData({ value }, sealing)),
      open: await each(times, () => ours.openData(data, { event, pointers })),
    };
  };
  const byWebCrypto = async (value: string): Promise<Taken> => {
    const text = await encryptByWebCrypto(web, value);
    return {
      seal: await each(times, () => encryptByWebCrypto(web, value)),
      open: await each(times, () => decryptByWebCrypto(web, text)),
    };
  };

  const progress = new Progress("vault", ROUNDS);
  const taken = new Map<string, { vault: Taken[]; web: Taken[] }>();
  for (const name of Object.keys(values)) taken.set(name, { vault: [], web: [] });
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, value] of Object.entries(values)) {
      taken.get(name)?.vault.push(await byVault(value));
      taken.get(name)?.web.push(await byWebCrypto(value));
    }
    progress.step(`round ${round + 1}`);
  }

  const middle = (all: readonly Taken[] = []): Taken => ({
    seal: median(all.map(({ seal }) => seal)),
    open: median(all.map(({ open }) => open)),
  });
  const results = [...taken].map(([name, all]) => ({ name, vault: middle(all.vault), web: middle(all.web) }));
  return {
    title: "Vault",
    method:
      `Sealing one part of an event and opening it again, ${times.toLocaleString("en-US")} times each through the vault's ` +
      "`sealData` and `openData`, with a cached key, one after another; against the same encryption (AES-256-GCM, a fresh " +
      `nonce, the same additional data) to the same base64 with WebCrypto. ${ROUNDS} interleaved rounds; medians.`,
    tables: [
      {
        columns: ["", "seal µs", "open µs"],
        rows: results.flatMap(({ name, vault, web }) => [
          [`**${name}**, vault`, figure(vault.seal), figure(vault.open)],
          [`${name}, WebCrypto`, figure(web.seal), figure(web.open)],
        ]),
      },
    ],
    bars: results.flatMap(({ name, vault, web }) => [
      atMost(`sealing ${name} against WebCrypto`, vault.seal / web.seal, 1),
      atMost(`opening ${name} against WebCrypto`, vault.open / web.open, 1),
    ]),
    notes: ["The vault also finds the part in the data, and makes sure that its key was not destroyed."],
  };
}

/** Microseconds that one call takes. */
async function each(times: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (1_000 * (performance.now() - start)) / times;
}

async function encryptByWebCrypto(key: CryptoKey, value: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const text = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: context }, key, plain);
  return Buffer.concat([nonce, new Uint8Array(text)]).toString("base64url");
}

async function decryptByWebCrypto(key: CryptoKey, text: string): Promise<unknown> {
  const bytes = Buffer.from(text, "base64url");
  const how = { name: "AES-GCM", iv: bytes.subarray(0, 12), additionalData: context };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes.subarray(12))));
}
