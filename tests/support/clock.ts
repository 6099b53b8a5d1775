/** For tests that depend on the current minute or day, which may end while they run. */
const LENGTH_MS = { minute: 60_000, day: 86_400_000 };

/** Resolves at once, or, if the minute or the day (UTC) ends within the next seconds, when it is over. */
export async function clearOfEnd(of: keyof typeof LENGTH_MS, seconds = 15): Promise<void> {
  const left = LENGTH_MS[of] - (Date.now() % LENGTH_MS[of]);
  if (left <= seconds * 1000) await Bun.sleep(left + 100);
}

/**
 * The environment variables that set this process's clock (`scripts/clocks.ts`), for processes that are started with a
 * separate environment: without them, their clock would differ from that of the tests and Postgres. Empty if the clock is
 * the machine's.
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
