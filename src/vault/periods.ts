/** How long the keys of each class seal and live. */
import type { PersonalClass } from "../../events/personal.ts";

/** The classes of keys: of personal data, and that of the blind index. */
export type KeyClass = PersonalClass | "index";

export interface VaultPeriods {
  readonly trace_days: number;
  readonly evidence_years: number;
  readonly fiscal_years: number;
}

/** Classes whose keys come to an end by themselves. */
export type EndingClass = keyof typeof ENDS;

/** Postgres intervals. */
interface Period {
  /** How long a key seals new values; absent: always. */
  readonly seals_for?: string;
  /** When it is destroyed after its creation, or its last use. */
  readonly kept_for: string;
}

/**
 * The time is that of a key, not of a value, so a key seals only for a tenth of it. A trace is then readable for at most
 * the period and at least nine tenths of it; fiscal data for at least the period. Uses of evidence are noted once a day.
 */
const ENDS = {
  trace: ({ trace_days }) => ({ seals_for: `${24 * 6 * trace_days} minutes`, kept_for: `${trace_days} days` }),
  evidence: ({ evidence_years }) => ({ kept_for: `${evidence_years} years 1 day` }),
  fiscal: ({ fiscal_years }) => {
    const sealing = Math.ceil(1.2 * fiscal_years);
    return { seals_for: `${sealing} months`, kept_for: `${12 * fiscal_years + sealing} months` };
  },
} as const satisfies Record<string, (periods: VaultPeriods) => Period>;

export const endingClasses = Object.keys(ENDS) as readonly EndingClass[];

export function periodOf(kind: EndingClass, periods: VaultPeriods): Period {
  return ENDS[kind](periods);
}

/** How long a key of any class seals new values, as a Postgres interval; `null`: until it is destroyed. */
export function sealsFor(kind: KeyClass, periods: VaultPeriods): string | null {
  if (kind === "profile" || kind === "index") return null;
  return periodOf(kind, periods).seals_for ?? null;
}
