/** The child's side of `processes.ts`: its argument is JSON, and so is every line that it reports. */

/** What the parent process passed. */
export function argument<Argument>(): Argument {
  return JSON.parse(Bun.argv[2] ?? "{}") as Argument;
}

/** Reports something to the parent process. */
export function report(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
