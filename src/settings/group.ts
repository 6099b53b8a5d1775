/** Settings that belong together, and the rules between them. */
import { InvalidSettingError, type Setting } from "./setting.ts";

/** What a process does: serves requests, runs jobs, or both. */
export type Role = "all" | "api" | "worker";

/** What the rules of every group can use, whoever declares it. */
export interface Deployment {
  readonly role: Role;
  readonly production: boolean;
  /** There is no authentication: neither keys nor sessions are configured. */
  readonly open: boolean;
}

/** The environment: variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Declared = Readonly<Record<string, Setting>>;
type Values<Of extends Declared> = {
  readonly [Name in keyof Of]: Of[Name] extends Setting<infer Value> ? Value : never;
};

/** What a rule gets: the values, which of them were set (even if invalid), and the kind of service. */
interface Together<Of extends Declared> {
  readonly values: Values<Of>;
  readonly given: ReadonlySet<keyof Of>;
  readonly deployment: Deployment;
}

interface Rules<Of extends Declared, Result extends object> {
  /** Rules that no single value can check: what is wrong, with the variable's name, and how to fix it. */
  readonly check?: (together: Together<Of>) => readonly (string | false)[];
  /** What the group's users get; by default the values as they are. */
  readonly resolve?: (values: Values<Of>, deployment: Deployment) => Result;
}

/** A group, as `settings` declares it. */
export interface Group<Result extends object = object, Of extends Declared = Declared> {
  readonly settings: readonly Setting[];
  /** Reads each variable; an empty one counts as absent. */
  read(env: Environment): Reading<Result, Of>;
}

/** A group that was read. */
export interface Reading<Result extends object = object, Of extends Declared = Declared> {
  /** Invalid values, and how to fix them. Their defaults stand in for them. */
  readonly problems: readonly string[];
  readonly values: Values<Of>;
  /** The settings that were set, valid or not. */
  readonly given: ReadonlySet<keyof Of>;
  /** What must never be logged. */
  readonly secrets: readonly string[];
  /** Values that do not go together. */
  check(deployment: Deployment): readonly string[];
  resolve(deployment: Deployment): Result;
}

/** What the users of a group get. */
export type SettingsOf<G> = G extends Group<infer Result, Declared> ? Result : never;

/** Declares a group: each setting under the name that its users know it by. */
export function settings<const Of extends Declared, Result extends object = Values<Of>>(
  declared: Of,
  { check, resolve }: Rules<Of, Result> = {},
): Group<Result, Of> {
  return {
    settings: Object.values(declared),
    read(env) {
      const problems: string[] = [];
      const given = new Set<keyof Of>();
      const secrets: string[] = [];
      const read = ([name, one]: [keyof Of, Setting]) => {
        const text = env[one.env]?.trim();
        if (!text) return [name, one.default];
        given.add(name);
        try {
          const value = one.read(text);
          secrets.push(...one.secretsOf(value));
          return [name, value];
        } catch (error) {
          if (!(error instanceof InvalidSettingError)) throw error;
          const shown = one.secret ? "(not shown)" : `is ${JSON.stringify(text)}`;
          problems.push(`${one.env} ${shown}: ${error.message}.`);
          return [name, one.default];
        }
      };
      const values = Object.fromEntries(Object.entries(declared).map(read)) as Values<Of>;
      return {
        problems,
        values,
        given,
        secrets,
        check: (deployment) => (check?.({ values, given, deployment }) ?? []).filter((problem) => problem !== false),
        resolve: (deployment) => (resolve ? resolve(values, deployment) : (values as unknown as Result)),
      };
    },
  };
}
