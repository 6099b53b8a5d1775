/** What a script was called with. */

/** The arguments for `parseArgs`, which takes `-1` for an option: `--seconds -1` becomes `--seconds=-1`. */
export function withValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && before !== undefined && /^--[^=]+$/.test(before))
      joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}
