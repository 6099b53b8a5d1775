/** What one caller can grant to a key: no more than they have. */
import { toTime } from "../../events/time.ts";
import { beyond } from "../domain/reach.ts";
import { type Caller, mayDo } from "./caller.ts";
import type { Scope } from "./scopes.ts";

/** What a key grants its holder. */
export interface Grant {
  readonly scopes: readonly string[];
  /** `null`: all. */
  readonly workflows: readonly string[] | null;
  readonly tier: string;
  readonly expires_at: string | null;
}

/** Something that a caller wants to grant and does not have. */
export interface MissingGrant {
  readonly member: keyof Grant;
  readonly message: string;
}

/** Requests a minute by tier; `null`: without limit. */
export type Tiers = Readonly<Record<string, number | null>>;

/** The parts of a grant that its giver does not have; empty: they may grant all of it. */
export function missingGrants(
  giver: Caller,
  { scopes, workflows, tier, expires_at }: Grant,
  tiers: Tiers,
): MissingGrant[] {
  const found: MissingGrant[] = [];
  const missing = scopes.filter((scope) => !mayDo(giver, scope as Scope));
  if (missing.length > 0) found.push({ member: "scopes", message: `does not have ${missing.join(", ")}` });
  if (workflows === null) {
    if (giver.workflows !== "all") found.push({ member: "workflows", message: "does not have all of them" });
  } else {
    const others = workflows.filter((workflow) => beyond(giver, { workflow }) !== undefined);
    if (others.length > 0) found.push({ member: "workflows", message: `does not have ${others.join(", ")}` });
  }
  if (quota(tier, tiers) > (giver.scopes === "all" ? Number.POSITIVE_INFINITY : quota(giver.tier, tiers))) {
    found.push({ member: "tier", message: `has the tier ${giver.tier ?? "of callers without a key"}` });
  }
  // Users sign in again and again; their keys need not end with the session that issues them.
  const isOwnSession = typeof giver.session?.id === "string";
  if (
    !isOwnSession &&
    giver.expires_at !== null &&
    (expires_at === null || Date.parse(expires_at) > giver.expires_at)
  ) {
    found.push({ member: "expires_at", message: `expires at ${toTime(giver.expires_at)}` });
  }
  return found;
}

function quota(tier: string | null, tiers: Tiers): number {
  const found = tier === null ? 0 : (tiers[tier] ?? (Object.hasOwn(tiers, tier) ? Number.POSITIVE_INFINITY : 0));
  return found;
}
