/** Domains at Resend, with its SDK. */
import type { Resend } from "resend";
import type { ProviderRecord } from "./domain.ts";
import type { ResendOptions } from "./resend.ts";

export interface ProviderDomain {
  readonly id: string;
  /** `verified`, `pending` and others, as Resend says. */
  readonly status: string;
  readonly records: readonly ProviderRecord[];
}

export interface ResendDomains {
  /** `undefined`: it is not there. */
  find(name: string): Promise<ProviderDomain | undefined>;
  add(name: string): Promise<ProviderDomain>;
  /** Lets Resend look at the records. */
  verify(id: string): Promise<void>;
}

/** Says what Resend refused, by its name of the error; never what it quotes. */
export class ResendRefusalError extends Error {
  override readonly name = "ResendRefusalError";
}

const TIMEOUT_MS = 10_000;
const PAGE = 100;
const PAGES_MAX = 100;

export function resendDomains({ api_key, base_url }: Pick<ResendOptions, "api_key" | "base_url">): ResendDomains {
  let client: Promise<Resend> | undefined;
  const domains = async () => {
    client ??= import("resend").then(({ Resend }) => new Resend(api_key, { baseUrl: base_url }));
    return (await client).domains;
  };
  return {
    async find(name) {
      let after: string | undefined;
      for (let page = 0; page < PAGES_MAX; page++) {
        const options = { limit: PAGE, ...(after !== undefined && { after }) };
        const listed = accepted(await (await domains()).list(options, inTime()));
        const found = listed.data.find((each) => each.name === name);
        if (found) return accepted(await (await domains()).get(found.id, inTime())) as ProviderDomain;
        after = listed.data.at(-1)?.id;
        if (!listed.has_more || after === undefined) return undefined;
      }
      return undefined;
    },
    async add(name) {
      return accepted(await (await domains()).create({ name }, inTime())) as ProviderDomain;
    },
    async verify(id) {
      accepted(await (await domains()).verify(id, inTime()));
    },
  };
}

const inTime = () => ({ signal: AbortSignal.timeout(TIMEOUT_MS) });

interface Outcome<Data> {
  readonly data: Data | null;
  readonly error: { readonly name: string; readonly statusCode?: number | null } | null;
}

function accepted<Data>({ data, error }: Outcome<Data>): Data {
  if (data && !error) return data;
  const reason = /^[a-z_]{1,64}$/.test(error?.name ?? "") ? error?.name : "unknown";
  const hint =
    reason === "restricted_api_key"
      ? "RESEND_API_KEY may only send mail: create one with full access at Resend, for this command"
      : `Resend answered ${error?.statusCode ?? "nothing"}: ${reason}`;
  throw new ResendRefusalError(hint);
}
