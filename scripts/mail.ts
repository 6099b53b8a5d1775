/** Sets up the domain that mail comes from, checks it, and sends a test. Exit codes: 0 all well; 1 something is not; 2 wrong use. */
import { randomUUID } from "node:crypto";
import { ConnectorError } from "../connectors/connector.ts";
import type { Config } from "../src/config.ts";
import { connect } from "../src/db/mod.ts";
import { normalisedEmail } from "../src/domain/email_address.ts";
import { openLog } from "../src/log/mod.ts";
import { type CheckedRecord, type ExpectedRecord, expectedRecords } from "../src/mail/domain.ts";
import { checkDomain, type DomainReport } from "../src/mail/domain_check.ts";
import { openMailing } from "../src/mail/mod.ts";
import { type ResendDomains, ResendRefusalError, resendDomains } from "../src/mail/resend_domains.ts";
import { openMasterKeys, personalLog, Vault } from "../src/vault/mod.ts";
import { readArguments, runScript, UsageError } from "./arguments.ts";
import { configured, openDatabase } from "./database.ts";

const HELP = `Usage: bun run mail setup | verify | test TO

  setup      adds MAIL_DOMAIN at Resend, unless it is there, and prints the DNS records that it needs
  verify     lets Resend look at the records, checks them, and says how to fix what is wrong
  test TO    sends a mail to an address, which is on record as every other

Needs RESEND_API_KEY, with full access for setup and verify, and MAIL_DOMAIN. DNS_RESOLVER is the name server that is
asked; by default the system's. docs/email-dns.md explains the records.`;

type Request = { readonly command: "setup" | "verify" } | { readonly command: "test"; readonly to: string };

function parse(args: readonly string[]): Request | "help" {
  const { values, positionals } = readArguments(args, {
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help) return "help";
  const [command, ...rest] = positionals;
  if (command === "test") {
    const to = rest.length === 1 ? normalisedEmail(rest[0] as string) : undefined;
    if (to === undefined) throw new UsageError("test needs one e-mail address: npm run mail -- test ada@example.com");
    return { command, to };
  }
  if ((command === "setup" || command === "verify") && rest.length === 0) return { command };
  throw new UsageError(command === undefined ? "A command is missing" : `${positionals.join(" ")} is not a command`);
}

async function run(request: Request): Promise<number> {
  const config = configured();
  const { delivery, domain, resolver } = config.mail;
  if (delivery?.via !== "resend" || domain === undefined) {
    throw new UsageError("Mail is not configured: set RESEND_API_KEY and MAIL_DOMAIN");
  }
  try {
    if (request.command === "test") return await test(config, { domain, to: request.to });
    const provider = resendDomains(delivery);
    if (request.command === "setup") return await setUp(domain, provider);
    const known = await provider.find(domain);
    if (known) await provider.verify(known.id);
    return show(await checkDomain({ domain, provider, resolver }));
  } catch (error) {
    if (!(error instanceof ResendRefusalError) && !(error instanceof ConnectorError)) throw error;
    console.error(`${error.message.replace(/\.$/, "")}.`);
    return 1;
  }
}

async function setUp(domain: string, provider: ResendDomains): Promise<number> {
  const before = await provider.find(domain);
  const { status, records } = before ?? (await provider.add(domain));
  console.log(before ? `Resend knows ${domain}: it is ${status}.` : `${domain} was added at Resend.`);
  console.log(
    `\nAdd these records at Cloudflare, under DNS, Records; each with the proxy status "DNS only" and TTL "Auto":\n`,
  );
  for (const record of expectedRecords(domain, records)) console.log(`${shown(record)}\n`);
  console.log("Then: npm run mail -- verify");
  return 0;
}

function shown({ purpose, type, name, value }: ExpectedRecord): string {
  const [, priority, host] = (type === "MX" && /^(\d+) (.*)$/.exec(value ?? "")) || [];
  const lines = [`${purpose}`, `  Type      ${type}`, `  Name      ${name}`, `  Content   ${host ?? value}`];
  return [...lines, ...(priority === undefined ? [] : [`  Priority  ${priority}`])].join("\n");
}

function show({ domain, ok, provider_status, problems, records }: DomainReport): number {
  console.log(`${domain}: ${ok ? "ready to send" : "not ready"}; Resend says: ${provider_status ?? "nothing"}`);
  for (const record of records) console.log(judged(record));
  for (const problem of problems) console.log(problem);
  return ok ? 0 : 1;
}

function judged({ purpose, type, name, value, status, found, how_to_fix }: CheckedRecord): string {
  const lines = [`\n${status === "ok" ? "✓" : "✗"} ${purpose}: ${type} ${name} is ${status}`];
  if (status !== "ok") {
    lines.push(`  expected  ${value ?? "what Resend shows"}`, ...found.map((each) => `  found     ${each}`));
    if (how_to_fix !== null) lines.push(`  ${how_to_fix}`);
  }
  return lines.join("\n");
}

async function test(config: Config, { domain, to }: { domain: string; to: string }): Promise<number> {
  const database = await openDatabase();
  const sql = connect(database.url, { max: 2 });
  const recorded = openLog({ url: database.url });
  const master_keys = await openMasterKeys({ sql, ...config });
  const vault = new Vault({ sql, master_keys, periods: config.vault_periods });
  try {
    const { mailer } = openMailing({
      config: config.mail,
      log: personalLog(recorded, vault),
      vault,
      logger: { info: () => {} },
    });
    const sent = await mailer?.send(
      { to, template: "test", values: { domain, time: new Date().toISOString() } },
      { idempotency_key: `test:${randomUUID()}`, signal: AbortSignal.timeout(30_000) },
    );
    if (!sent || sent.skipped) {
      console.error(`The mail was not sent: ${sent?.skipped ?? "mail is not configured"}.`);
      return 1;
    }
    console.log(`The mail was sent. What becomes of it: GET /api/v1/mails/${sent.mail_id}`);
    return 0;
  } finally {
    vault.close();
    await recorded.close();
    await sql.end({ timeout: 1 });
    await database.close();
  }
}

await runScript({ help: HELP, parse, run });
