/** What a feature is. */
import type { Connector, OutboundFetch } from "../../connectors/connector.ts";
import type { Config } from "../config.ts";
import type { Lookup } from "../dns/mod.ts";
import type { Foundation } from "../foundation.ts";
import type { ApiParts } from "../http/api.ts";
import type { Page } from "../http/page.ts";
import type { Route } from "../http/route.ts";
import type { Mailing } from "../mail/mod.ts";
import type { Reaction } from "../reactor/mod.ts";
import type { Role } from "../settings/mod.ts";

/** What a feature's calls and pages are built from. */
export interface FeatureParts extends ApiParts {
  readonly mail: Mailing;
  readonly outbound: Outbound;
  /** Asks a name server. */
  readonly lookup: Lookup;
}

/** What a call may reach outside while it is made. */
export interface Outbound {
  readonly fetch: OutboundFetch;
  /** Whether the operator lists a URL's host in `OUTBOUND_ALLOW`. */
  readonly isListed: (url: string) => boolean;
  /** The host of a URL, if it is an address that may never be called. */
  readonly refusedAddress: (url: string) => string | undefined;
}

export interface Feature {
  /** Its name in the log. */
  readonly name: string;
  /** Its calls and pages; called once, where the API is served. */
  readonly routes?: (parts: FeatureParts) => readonly (Route | Page)[];
  /** The paths of its pages that visitors should find: they are in the site map. */
  readonly pages?: readonly string[];
  /** What follows from events: the same reactions whatever the configuration, which may make them do nothing. */
  readonly reactions?: (config: Config) => readonly Reaction[];
  /** What it does in jobs of the account `system`, wherever jobs are run. */
  readonly workflows?: (foundation: Foundation) => readonly Connector[];
  /** Starts what runs all the time; returns at once. */
  readonly start?: (foundation: Foundation) => { stop(reason: string): Promise<unknown> };
  /** Where `start` runs: everywhere by default. */
  readonly roles?: readonly Role[];
}
