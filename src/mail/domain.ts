/** Whether the records of the domain that mail comes from are as they must be: what was expected, found, and how to fix it. */
import type { Lookup, RecordType } from "../dns/mod.ts";

/** What a record is for. */
export type RecordPurpose = "SPF" | "DKIM" | "DMARC";

export interface ExpectedRecord {
  readonly purpose: RecordPurpose;
  readonly type: RecordType;
  /** In full. */
  readonly name: string;
  /** As `Lookup` has it; `null`: known only to Resend. */
  readonly value: string | null;
}

/** `unknown`: the name server could not be asked. */
export type RecordStatus = "ok" | "missing" | "wrong" | "unknown";

export interface CheckedRecord extends ExpectedRecord {
  readonly status: RecordStatus;
  readonly found: readonly string[];
  /** `null` if nothing has to be done. */
  readonly how_to_fix: string | null;
}

/** A record as Resend lists it: its name is relative to the zone. */
export interface ProviderRecord {
  readonly record: string;
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly priority?: number | undefined;
}

const DMARC_VALUE = "v=DMARC1; p=none;";

/** The records that a domain needs: those that Resend lists, or, if it cannot be asked, those that every domain there has. */
export function expectedRecords(domain: string, listed: readonly ProviderRecord[] | undefined): ExpectedRecord[] {
  const dmarc = { purpose: "DMARC", type: "TXT", name: `_dmarc.${domain}`, value: DMARC_VALUE } as const;
  const known = listed?.flatMap(({ record, name, type, value, priority = 0 }): ExpectedRecord[] => {
    if (record !== "SPF" && record !== "DKIM") return [];
    if (type !== "TXT" && type !== "MX" && type !== "CNAME") return [];
    const expected = type === "MX" ? `${priority} ${value}` : value;
    return [{ purpose: record, type, name: fullName(name, domain), value: expected }];
  });
  return [
    ...(known ?? [
      { purpose: "SPF", type: "TXT", name: `send.${domain}`, value: "v=spf1 include:amazonses.com ~all" },
      { purpose: "DKIM", type: "TXT", name: `resend._domainkey.${domain}`, value: null },
    ]),
    dmarc,
  ] as ExpectedRecord[];
}

/** `send` of `levqor.ai` is `send.levqor.ai`; `send.mail` of `mail.levqor.ai`, `send.mail.levqor.ai`. */
function fullName(name: string, domain: string): string {
  if (name === domain || name.endsWith(`.${domain}`)) return name;
  const labels = domain.split(".");
  for (let count = labels.length - 2; count > 0; count--) {
    if (name.endsWith(`.${labels.slice(0, count).join(".")}`)) return `${name}.${labels.slice(count).join(".")}`;
  }
  return `${name}.${domain}`;
}

/** Compares what a name server has with what is expected. */
export async function checkRecords(
  expected: readonly ExpectedRecord[],
  { domain, lookup }: { domain: string; lookup: Lookup },
): Promise<CheckedRecord[]> {
  return await Promise.all(
    expected.map(async (record) => {
      try {
        return judged(record, await foundFor(record, { domain, lookup }));
      } catch (error) {
        const how_to_fix = `Check the name server: ${(error as Error).message}.`;
        return { ...record, status: "unknown", found: [], how_to_fix };
      }
    }),
  );
}

/** A domain without a DMARC record of its own is governed by that of the domain above. */
async function foundFor(
  { purpose, name, type }: ExpectedRecord,
  { domain, lookup }: { domain: string; lookup: Lookup },
): Promise<readonly string[]> {
  if (purpose !== "DMARC") return await lookup(name, type);
  const labels = domain.split(".");
  for (let from = 0; from <= labels.length - 2; from++) {
    const found = (await lookup(`_dmarc.${labels.slice(from).join(".")}`, type)).filter(isDmarc);
    if (found.length > 0) return found;
  }
  return [];
}

function judged(record: ExpectedRecord, all: readonly string[]): CheckedRecord {
  const { purpose, type, name, value } = record;
  // Others' TXT records may have the same name.
  const found = type === "TXT" ? all.filter(purpose === "SPF" ? isSpf : purpose === "DKIM" ? isDkim : isDmarc) : all;
  const result = (status: RecordStatus, how_to_fix: string | null = null) => ({ ...record, status, found, how_to_fix });
  const wanted = value === null ? "the value that Resend shows for it" : `the value ${value}`;
  const [only, ...others] = found;
  if (only === undefined) return result("missing", `Add a ${type} record named ${name} with ${wanted}.`);
  if (type === "TXT" && others.length > 0) {
    return result("wrong", `Remove all but one of the ${found.length} ${purpose} records named ${name}.`);
  }
  if (found.some((each) => fits(record, each))) return result("ok");
  return result("wrong", `Change the ${type} record named ${name} to ${wanted}.`);
}

function fits({ purpose, type, value }: ExpectedRecord, found: string): boolean {
  if (type !== "TXT") return value === null || found.toLowerCase().replace(/\.$/, "") === value.toLowerCase();
  if (purpose === "DMARC") return /;\s*p\s*=\s*(?:none|quarantine|reject)\b/i.test(found);
  if (purpose === "DKIM") return value === null ? keyOf(found) !== "" : keyOf(found) === keyOf(value);
  // Others may be allowed to send as well.
  const mechanisms = new Set(found.toLowerCase().split(/\s+/));
  const includes = (value ?? "")
    .toLowerCase()
    .split(/\s+/)
    .filter((each) => each.startsWith("include:"));
  return includes.every((each) => mechanisms.has(each));
}

/** The public key in a DKIM record; empty if it has none, or was revoked. */
function keyOf(text: string): string {
  return /(?:^|;)\s*p=([^;]*)/.exec(text)?.[1]?.replace(/\s/g, "") ?? "";
}

const isSpf = (text: string) => /^v=spf1(?:\s|$)/i.test(text);
const isDkim = (text: string) => /(?:^|;)\s*p=/.test(text);
const isDmarc = (text: string) => /^v=DMARC1\s*(?:;|$)/i.test(text);
