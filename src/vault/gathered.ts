/**
 * One question at a time for many askers: those who ask while one is on its way share the next one. So each question is
 * sent after all of its askers asked.
 */
export function gathered<Answer>(
  ask: (keys: readonly string[]) => Promise<ReadonlyMap<string, Answer>>,
): (key: string) => Promise<Answer | undefined> {
  let next: { readonly keys: Set<string>; readonly answers: Promise<ReadonlyMap<string, Answer>> } | undefined;
  let current: Promise<unknown> = Promise.resolve();
  return async (key) => {
    if (!next) {
      const keys = new Set<string>();
      const answers = current.then(() => {
        next = undefined;
        return ask([...keys]);
      });
      current = answers.catch(() => {});
      next = { keys, answers };
    }
    next.keys.add(key);
    return (await next.answers).get(key);
  };
}
