/** For tests that tell of the present minute or day, which may end while they do. */
const LENGTH_MS = { minute: 60_000, day: 86_400_000 };

/** Resolves at once, or when the minute or the day (UTC) is over that ends within the next seconds. */
export async function clearOfEnd(of: keyof typeof LENGTH_MS, seconds = 15): Promise<void> {
  const left = LENGTH_MS[of] - (Date.now() % LENGTH_MS[of]);
  if (left <= seconds * 1000) await Bun.sleep(left + 100);
}

/**
 * What sets this process's clock (`scripts/clocks.ts`), for processes that are started with an environment of their own:
 * without it they would read another clock than tests and Postgres do. Nothing where the clock is the machine's.
 */
export const clockSettings: Readonly<Record<string, string>> =
  process.env.FAKETIME === undefined
    ? {}
    : Object.fromEntries(
        Object.entries(process.env).filter(
          (entry): entry is [string, string] =>
            entry[1] !== undefined && /^(?:LD_PRELOAD|FAKETIME(?:_\w+)?|NO_FAKE_STAT|TZ)$/.test(entry[0]),
        ),
      );
