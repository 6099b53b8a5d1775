/** One setting: an environment variable, what it is for, and how it is read. */

/** What is wrong with a value and how to fix it, to follow `PORT is "abc": `. Never contains a secret's value. */
export class InvalidSettingError extends Error {
  override readonly name = "InvalidSettingError";
}

export interface Setting<Value = unknown> {
  /** The variable's name. */
  readonly env: string;
  /** For `--help` and the guide. */
  readonly summary: string;
  readonly example: string;
  readonly default_text: string;
  /** Whether its value may be shown. */
  readonly secret: boolean;
  /** The value if the variable is absent, or invalid. */
  readonly default: Value;
  /** Throws {@link InvalidSettingError}. */
  read(text: string): Value;
  /** The parts of a value that must never be logged. */
  secretsOf(value: Value): readonly string[];
}

interface Declared<Value, Default extends Value | undefined> {
  readonly env: string;
  readonly summary: string;
  readonly example: string;
  /** Absent: the value is `undefined` if the variable is absent. */
  readonly default?: Default;
  /** If the default itself does not show it: what applies without the variable; `none` for a default of `undefined`. */
  readonly default_text?: string;
  /**
   * Never shown; `true`: the value, or each of its items, is never logged; a function returns what else of it never is.
   */
  readonly secret?: true | ((value: Value) => readonly string[]);
  /** Throws {@link InvalidSettingError}. */
  readonly read: (text: string) => Value;
}

/** Declares a setting. */
export function setting<Value, const Default extends Value | undefined = undefined>({
  secret,
  default_text,
  read,
  ...declared
}: Declared<Value, Default>): Setting<Value | Default> {
  const parts = secret === true ? wholeSecret : secret;
  return {
    ...declared,
    default: declared.default as Default,
    default_text: default_text ?? String(declared.default ?? "none"),
    secret: parts !== undefined,
    read,
    secretsOf: (value) => (value === undefined ? [] : (parts?.(value) ?? [])),
  };
}

function wholeSecret(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** A URL's password, or NATS's token in its place, as it is written and decoded. */
export function passwordsOf(text: string): readonly string[] {
  const { protocol, username, password, host, pathname } = URL.parse(text.trim()) ?? {};
  const secret = password || (protocol === "nats:" || protocol === "tls:" ? username : undefined);
  // A password that is also a name in the URL is no secret, and would redact every other mention of that name.
  if (!secret || secret === (password && username) || host === secret || pathname === `/${secret}`) return [];
  try {
    return [secret, decodeURIComponent(secret)];
  } catch {
    return [secret];
  }
}
