/** Counts how often the event loop goes round while something is done. */
export async function roundsDuring(action: () => Promise<unknown>): Promise<number> {
  let rounds = 0;
  let isOver = false;
  const go = () => {
    if (isOver) return;
    rounds++;
    setImmediate(go);
  };
  setImmediate(go);
  try {
    await action();
  } finally {
    isOver = true;
  }
  return rounds;
}
