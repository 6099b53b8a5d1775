/** What personal data is sealed with, and for how long it can be opened. */
import { InvalidSettingError, integer, list, setting, settings } from "../settings/mod.ts";

const KEY_BYTES = 32;
const MAX_KEYS = 8;
const NEEDS_KEY =
  "personal data can be read only with the key that it was sealed with; set VAULT_KEY, the same in every process, and keep a copy of it. Generate one: openssl rand -base64 32";

export const vaultSettings = settings(
  {
    vault_key: setting({
      env: "VAULT_KEY",
      summary:
        "The master key that wraps the keys of personal data, each the base64 of 32 random bytes, up to 8 separated by commas: the first wraps, all unwrap. To replace it, put the new one first, and remove the old one when no key is wrapped with it any more. Must be the same in every process. Without it, personal data is lost.",
      example: "$(openssl rand -base64 32)",
      default: [] as readonly string[],
      default_text:
        "generated at the first start and stored in LEVQOR_DATA_DIR; production and the roles api and worker need one",
      secret: true,
      read: vaultKeys,
    }),
    trace_days: setting({
      env: "VAULT_TRACE_DAYS",
      summary: "The maximum number of days for which IP addresses and user agents can be read.",
      example: "30",
      default: 90,
      read: integer(1, 3_650),
    }),
    evidence_years: setting({
      env: "VAULT_EVIDENCE_YEARS",
      summary: "For how many years the evidence of a consent can be read after it was last relied on.",
      example: "5",
      default: 3,
      read: integer(1, 100),
    }),
    fiscal_years: setting({
      env: "VAULT_FISCAL_YEARS",
      summary: "For how many years, at least, the personal data of invoices and payments can be read.",
      example: "7",
      default: 10,
      read: integer(1, 100),
    }),
  },
  {
    check: ({ given, deployment: { role, production } }) => [
      !given.has("vault_key") && role !== "all" && `LEVQOR_ROLE is "${role}": ${NEEDS_KEY}`,
      !given.has("vault_key") && role === "all" && production && `NODE_ENV is "production": ${NEEDS_KEY}`,
    ],
    resolve: ({ vault_key, trace_days, evidence_years, fiscal_years }) => ({
      /** Empty: the service generates its own. */
      vault_key,
      vault_periods: { trace_days, evidence_years, fiscal_years },
    }),
  },
);

/** Whether a text is the base64 of 32 bytes, in its one form. */
export function isVaultKey(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === KEY_BYTES && bytes.toString("base64") === text;
}

function vaultKeys(text: string): readonly string[] {
  const keys = list(vaultKey)(text);
  if (keys.length > MAX_KEYS)
    throw new InvalidSettingError(`it has ${keys.length} keys, and ${MAX_KEYS} are the maximum`);
  const repeated = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (repeated >= 0)
    throw new InvalidSettingError(`key ${repeated + 1} of ${keys.length} is the same as one before it`);
  return keys;
}

function vaultKey(key: string, { index, length }: { index: number; length: number }): string {
  if (isVaultKey(key)) return key;
  const which = length === 1 ? "it" : `key ${index + 1} of ${length}`;
  throw new InvalidSettingError(
    `${which} must be the base64 of ${KEY_BYTES} bytes; generate one: openssl rand -base64 ${KEY_BYTES}`,
  );
}
