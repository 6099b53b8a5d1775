/** How many requests a minute are allowed, and which header says where one comes from. */
import { isAddressRange } from "../ip/mod.ts";
import { InvalidSettingError, list, setting, settings } from "../settings/mod.ts";

/** Requests a minute; `null`: unlimited. */
type PerMinute = number | null;

const DEFAULTS = { burst: 20, global: 200, tiers: { free: 60, pro: 600, enterprise: 6_000 } } as const;
/** Nine digits. */
const MAX = 999_999_999;
/** Policies that hold for all calls: whose requests each counts, to follow "At most 20 requests a minute". */
export const SHARED_POLICIES = {
  address: "from one address without a key",
  global: "from all callers without a key together",
  pages: "for pages and files from one address",
  "failed-keys": "from one address with invalid keys",
  "new-tokens": "from one address with unknown tokens",
} as const;

/** Policies that routes opt into, in addition to the usual ones, unless addresses have no limit. */
export const ROUTE_POLICIES = {
  errors: { quota: 5, counted: "to report errors from one caller" },
  support: { quota: 5, counted: "to open support threads from one caller" },
  cookies: { quota: 10, counted: "to choose cookies from one caller" },
  marketing: { quota: 5, counted: "to ask for marketing mail from one caller" },
  reports: { quota: 1_200, counted: "to report what became of mail from one address" },
  releases: { quota: 600, counted: "to release jobs from one caller" },
} as const;

/** A tier of such a name would be taken for another policy. */
const TAKEN: ReadonlySet<string> = new Set([...Object.keys(SHARED_POLICIES), ...Object.keys(ROUTE_POLICIES)]);

/** Headers to which each proxy appends. */
const ADDRESS_LIST_HEADERS = ["x-forwarded-for", "forwarded"];
/** Headers that a proxy replaces. */
const SINGLE_ADDRESS_HEADERS = [
  "cf-connecting-ip",
  "fastly-client-ip",
  "fly-client-ip",
  "true-client-ip",
  "x-envoy-external-address",
  "x-real-ip",
];

export const rateSettings = settings(
  {
    rate_burst: setting({
      env: "RATE_BURST",
      summary:
        "Requests a minute from one address (for IPv6, one /64) without a key: a whole number, or none. Half as many with invalid keys.",
      example: "60",
      default_text: `${DEFAULTS.burst}; none in development, where everybody may do everything`,
      read: perMinute,
    }),
    rate_global: setting({
      env: "RATE_GLOBAL",
      summary: "Requests a minute from all callers without a key together: a whole number, or none.",
      example: "1000",
      default_text: `${DEFAULTS.global}; none in development`,
      read: perMinute,
    }),
    rate_tiers: setting({
      env: "RATE_TIERS",
      summary:
        "Requests a minute for one key, by its tier, separated by commas: tiers that are not listed keep their default, other names are new tiers. The keys in API_KEYS have the tier enterprise.",
      example: "pro=1200,enterprise=none",
      default: {} as Readonly<Record<string, PerMinute>>,
      default_text: Object.entries(DEFAULTS.tiers)
        .map(([tier, quota]) => `${tier}=${quota}`)
        .join(","),
      read: rateTiers,
    }),
    trust_proxy: setting({
      env: "TRUST_PROXY",
      summary: `If the service is behind proxies: the header that has a caller's address, and which proxies to trust. x-forwarded-for:2 or forwarded:2, if exactly two proxies append to it; ${SINGLE_ADDRESS_HEADERS.join(", ")}, if a proxy sets it; and the addresses and CIDR ranges of the proxies, the only ones trusted, separated by commas. Addresses alone mean x-forwarded-for, up to the last hop that is not one of them. Without addresses, make sure that only the proxies can reach the service.`,
      example: "x-forwarded-for:1,10.0.0.0/8",
      default_text: "no header is trusted",
      read: trustProxy,
    }),
  },
  {
    resolve: ({ rate_burst, rate_global, rate_tiers, trust_proxy }, { open, production }) => {
      // In development mode the caller without a key is the operator: limited only if configured.
      const unlimited = open && !production;
      return {
        rate_limits: {
          burst: rate_burst === undefined ? (unlimited ? null : DEFAULTS.burst) : rate_burst,
          global: rate_global === undefined ? (unlimited ? null : DEFAULTS.global) : rate_global,
          /** For a key: free, pro, enterprise and other configured tiers. */
          tiers: { ...DEFAULTS.tiers, ...rate_tiers } as Readonly<Record<string, PerMinute>>,
        },
        trust_proxy,
      };
    },
  },
);

function perMinute(text: string): PerMinute {
  if (text === "none") return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidSettingError(`it must be a whole number from 1 to ${MAX} (requests a minute), or none`);
}

function rateTiers(text: string): Readonly<Record<string, PerMinute>> {
  const tiers = list(rateTier)(text);
  const names = tiers.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) throw new InvalidSettingError(`the tier ${twice} is listed twice`);
  return Object.fromEntries(tiers);
}

function rateTier(entry: string): [name: string, quota: PerMinute] {
  const [, name, quota] = /^([a-z][a-z\d-]{0,31})=(none|[1-9]\d{0,8})$/.exec(entry) ?? [];
  if (name === undefined || quota === undefined) {
    throw new InvalidSettingError(
      `${JSON.stringify(entry)} is not a tier; write a name in lower case and requests a minute (at most ${MAX}), or none: pro=1200,enterprise=none`,
    );
  }
  if (TAKEN.has(name)) throw new InvalidSettingError(`the name ${name} is used by another limit`);
  return [name, perMinute(quota)];
}

function trustProxy(text: string) {
  const entries = list((entry) => entry.toLowerCase())(text);
  const proxies = entries.filter(isAddressRange);
  const others = entries.filter((entry) => !isAddressRange(entry));
  const [named = ADDRESS_LIST_HEADERS[0] as string, surplus] = others;
  if (surplus !== undefined) {
    throw new InvalidSettingError(
      `${JSON.stringify(surplus)} is not an IP address or CIDR range; write one header, then the proxies: x-forwarded-for:1,10.0.0.0/8`,
    );
  }
  const [header = "", count, ...rest] = named.split(":");
  const hops = count === undefined ? undefined : Number(count);
  const isList = ADDRESS_LIST_HEADERS.includes(header);
  if (!isList && !SINGLE_ADDRESS_HEADERS.includes(header)) {
    throw new InvalidSettingError(
      `${JSON.stringify(named)} is not a supported header, IP address or CIDR range; headers: ${[...ADDRESS_LIST_HEADERS, ...SINGLE_ADDRESS_HEADERS].join(", ")}`,
    );
  }
  if (count !== undefined && (rest.length > 0 || !/^\d{1,2}$/.test(count) || count === "0" || count === "00")) {
    throw new InvalidSettingError(`${header}: must be followed by the number of proxies, from 1 to 99`);
  }
  if (!isList && hops !== undefined) {
    throw new InvalidSettingError(`${header} has one address, not one for each proxy; leave out :${count}`);
  }
  if (isList && hops === undefined && proxies.length === 0) {
    throw new InvalidSettingError(
      `anybody can write into ${header}; say how many proxies append to it (${header}:1), or which (${header},10.0.0.0/8)`,
    );
  }
  return { header, hops, proxies };
}
