/** Shows the progress of a run: a bar on a terminal, plain lines elsewhere. On standard error. */

export class Progress {
  readonly #terminal = process.stderr.isTTY;
  readonly #title: string;
  readonly #steps: number;
  #done = 0;

  constructor(title: string, steps: number) {
    this.#title = title;
    this.#steps = steps;
    if (!this.#terminal) process.stderr.write(`${title}: ${steps} steps\n`);
  }

  /** Says what is being done now. */
  begin(what: string): void {
    if (this.#terminal) this.#draw(what);
  }

  /** One step is done; `what` is its result. */
  step(what: string): void {
    this.#done++;
    if (this.#terminal) this.#draw(what);
    else process.stderr.write(`${this.#title} ${this.#done}/${this.#steps}: ${what}\n`);
    if (this.#terminal && this.#done === this.#steps) process.stderr.write("\n");
  }

  #draw(what: string): void {
    const width = 24;
    const full = Math.round((this.#done / this.#steps) * width);
    const bar = `${"█".repeat(full)}${"░".repeat(width - full)}`;
    const line = `${this.#title} ${bar} ${this.#done}/${this.#steps} ${what}`;
    process.stderr.write(`\r\x1b[2K${line.slice(0, process.stderr.columns ?? 120)}`);
  }
}
