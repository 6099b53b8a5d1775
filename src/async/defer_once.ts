/** A function that does something once everything under way right now has been done, however often it is called until then. */
export function deferOnce(work: () => void): () => void {
  let isComing = false;
  return () => {
    if (isComing) return;
    isComing = true;
    queueMicrotask(() => {
      isComing = false;
      work();
    });
  };
}
