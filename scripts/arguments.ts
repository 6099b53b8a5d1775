/** A script's arguments. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** Wrong use: only the message is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Like `parseArgs`, but an option that is not `multiple` can be given only once. Throws a {@link UsageError}. */
export function readArguments<const Config extends Omit<ParseArgsConfig, "args">>(
  args: readonly string[],
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  const given = withValues(args);
  try {
    refuseRepeated(given, config);
    return parseArgs<Config>({ ...config, args: given });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** `parseArgs` would silently use the last value. */
function refuseRepeated(args: string[], config: Omit<ParseArgsConfig, "args">): void {
  const names = new Set<string>();
  for (const token of parseArgs({ ...config, args, tokens: true }).tokens) {
    if (token.kind !== "option" || config.options?.[token.name]?.multiple) continue;
    if (names.has(token.name)) throw new Error(`Option '--${token.name}' is given more than once`);
    names.add(token.name);
  }
}

/** {@link Script.parse} of a script whose only options, besides `--help`, are these flags. */
export function parseFlags<const Name extends string>(...names: readonly Name[]) {
  return (args: readonly string[]): Readonly<Record<Name, boolean>> | "help" => {
    const options = Object.fromEntries(names.map((name) => [name, { type: "boolean", default: false } as const]));
    const { values } = readArguments(args, { options: { ...options, help: { type: "boolean", short: "h" } } });
    return values.help ? "help" : (values as Readonly<Record<Name, boolean>>);
  };
}

/** The arguments for `parseArgs`, which mistakes `-1` for an option: `--seconds -1` becomes `--seconds=-1`. */
function withValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && before !== undefined && /^--[^=]+$/.test(before))
      joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

export interface Script<Request> {
  /** Shown on request, and after an error. */
  readonly help: string;
  /** Throws a {@link UsageError}. */
  readonly parse: (args: readonly string[]) => Request | "help";
  /** Resolves to the exit code. */
  readonly run: (request: Request) => Promise<number>;
}

/** Runs a script with its arguments; after wrong use its exit code is 2. */
export async function runScript<Request>({ help, parse, run }: Script<Request>): Promise<void> {
  try {
    const request = parse(process.argv.slice(2));
    if (request === "help") console.log(help);
    else process.exitCode = await run(request);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = 2;
  }
}
