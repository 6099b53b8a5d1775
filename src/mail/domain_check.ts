/** Checks the domain that mail comes from: what Resend says of it, and what a name server does. */
import { lookupBy, nameServerOf, systemNameServer } from "../dns/mod.ts";
import { type CheckedRecord, checkRecords, expectedRecords } from "./domain.ts";
import { type ResendDomains, ResendRefusalError } from "./resend_domains.ts";

export interface DomainReport {
  readonly domain: string;
  /** All records are as they must be, and Resend has verified the domain, if it could be asked. */
  readonly ok: boolean;
  /** As Resend says; `null`: it could not be asked, or does not know the domain. */
  readonly provider_status: string | null;
  /** What else is wrong, and how to fix it. */
  readonly problems: readonly string[];
  readonly records: readonly CheckedRecord[];
}

export interface CheckOptions {
  readonly domain: string;
  /** Absent: there is no key for Resend. */
  readonly provider: ResendDomains | undefined;
  /** An address, with or without a port; by default the system's. */
  readonly resolver: string | undefined;
}

export async function checkDomain({ domain, provider, resolver }: CheckOptions): Promise<DomainReport> {
  const problems: string[] = [];
  const known = await provider?.find(domain).catch((error) => {
    const why = error instanceof ResendRefusalError ? error.message : "Resend cannot be reached";
    problems.push(`${why}; the records are checked without it.`);
    return null;
  });
  if (provider && known === undefined) {
    problems.push(`Resend does not know ${domain}: add it with npm run mail -- setup.`);
  }
  if (known && known.status !== "verified") {
    problems.push(
      `Resend says that ${domain} is ${known.status}: run npm run mail -- verify once the records are right.`,
    );
  }
  const server = resolver === undefined ? systemNameServer() : nameServerOf(resolver);
  const expected = expectedRecords(domain, known?.records);
  const records = await checkRecords(expected, { domain, lookup: lookupBy(server) });
  const ok = problems.length === 0 && records.every(({ status }) => status === "ok");
  return { domain, ok, provider_status: known?.status ?? null, problems, records };
}
