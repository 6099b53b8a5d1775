/** Counts the turns of the event loop during an action. */
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
