/** For tests that tell of the present minute or day, which may end while they do. */
const LENGTH_MS = { minute: 60_000, day: 86_400_000 };

/** Resolves at once, or when the minute or the day (UTC) is over that ends within the next seconds. */
export async function clearOfEnd(of: keyof typeof LENGTH_MS, seconds = 15): Promise<void> {
  const left = LENGTH_MS[of] - (Date.now() % LENGTH_MS[of]);
  if (left <= seconds * 1000) await Bun.sleep(left + 100);
}
