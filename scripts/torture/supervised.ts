/**
 * A process under an orchestrator: restarted whenever it exits, with growing delays while it does not start. Its output
 * goes to a file.
 */
import { appendFileSync, closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";

export interface SupervisedOptions {
  readonly name: string;
  /** Holds `logs/` and `pids/`. */
  readonly folder: string;
  /** Asked at each start. */
  readonly command: () => Command | Promise<Command>;
  /** A line that means that it is up. */
  readonly ready: RegExp;
  /** Called for each line that it writes. */
  readonly on_line?: (line: string) => void;
  /** Called for each process of it that has exited. */
  readonly on_exit?: (pid: number) => void;
}

export interface Command {
  readonly cmd: readonly string[];
  readonly env: Record<string, string>;
  readonly cwd?: string;
}

/** How a process exited. */
export interface Exit {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** For example `exit code 1`, `SIGKILL`. */
  readonly how: string;
  readonly code: number | null;
  /** The signal that we sent before; `undefined`: it exited by itself. */
  readonly sent: NodeJS.Signals | undefined;
  /** Whether it was up. */
  readonly was_ready: boolean;
}

/** The delay before it is restarted: at first, and at most. After a process that was up, delays start again. */
const RESTART_MS = { first: 400, most: 5_000 };

export class Supervised {
  readonly exits: Exit[] = [];
  readonly #options: SupervisedOptions;
  #child: Subprocess | undefined;
  #sent: NodeJS.Signals | undefined;
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #held: Promise<void> = Promise.resolve();
  #stopping = false;
  #supervision: Promise<void> | undefined;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Whether it is up, according to its output. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts to supervise. */
  start(): void {
    this.#supervision ??= this.#supervise();
  }

  /** Resolves when it is up; throws after `within_ms`. */
  async up(within_ms: number): Promise<void> {
    const deadline = performance.now() + within_ms;
    while (!this.#isReady) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`${this.name} did not start within ${Math.round(within_ms / 1000)} s`);
      await Promise.race([this.#ready.promise, Bun.sleep(left)]);
    }
  }

  /** Sends a signal to the current process, and to no later one. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") this.#sent = signal;
    this.#child.kill(signal);
  }

  /** Kills it, and restarts it only when `meanwhile` has ended. */
  async killAnd(meanwhile: () => Promise<unknown>): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#held = done.promise;
    try {
      const child = this.#child;
      this.signal("SIGKILL");
      await child?.exited;
      await meanwhile();
    } finally {
      done.resolve();
    }
  }

  /** Freezes the current process until `over` resolves. */
  async freeze(over: Promise<unknown>): Promise<void> {
    const child = this.#child;
    child?.kill("SIGSTOP");
    await over;
    child?.kill("SIGCONT");
  }

  /**
   * Ends it for good: with `signal`, then, after `within_ms`, with SIGKILL. Resolves to its exit code; `null` if a
   * signal ended it or it did not run.
   */
  async stop(signal: NodeJS.Signals, within_ms: number): Promise<number | null> {
    this.#stopping = true;
    const child = this.#child;
    if (child) {
      child.kill("SIGCONT");
      this.signal(signal);
      const late = setTimeout(() => child.kill("SIGKILL"), within_ms);
      await child.exited;
      clearTimeout(late);
    }
    await Promise.race([this.#supervision, Bun.sleep(RESTART_MS.most * 2)]);
    return child?.exitCode ?? null;
  }

  async #supervise(): Promise<void> {
    let delay = RESTART_MS.first;
    while (!this.#stopping) {
      const { was_ready } = await this.#run();
      delay = was_ready ? RESTART_MS.first : Math.min(delay * 2, RESTART_MS.most);
      for (const until = performance.now() + delay; performance.now() < until && !this.#stopping; ) await Bun.sleep(50);
      await this.#held;
    }
  }

  async #run(): Promise<Exit> {
    const { name, folder, command } = this.#options;
    const { cmd, env, cwd = "/" } = await command();
    const log = openSync(join(folder, "logs", `${name}.log`), "a");
    // Outside our process group: a terminal's Ctrl-C is for us alone.
    const child = Bun.spawn([...cmd], { env, cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe", detached: true });
    this.#child = child;
    this.#sent = undefined;
    if (this.#stopping) child.kill("SIGKILL");
    writeFileSync(join(folder, "pids", name), `${child.pid}\n`);
    const told = [this.#listen(child.stdout, log), this.#listen(child.stderr, log)];
    await child.exited;
    // Postgres's own children may keep its output open for a moment longer.
    await Promise.race([Promise.all(told), Bun.sleep(1_000)]);
    closeSync(log);
    rmSync(join(folder, "pids", name), { force: true });
    const exit: Exit = {
      name,
      at: Date.now(),
      how: child.signalCode === null ? `exit code ${child.exitCode}` : String(child.signalCode),
      code: child.exitCode,
      sent: this.#sent,
      was_ready: this.#isReady,
    };
    this.exits.push(exit);
    this.#options.on_exit?.(child.pid);
    this.#child = undefined;
    if (this.#isReady) this.#ready = Promise.withResolvers();
    this.#isReady = false;
    appendFileSync(join(folder, "logs", `${name}.log`), `--- ended: ${exit.how}\n`);
    return exit;
  }

  async #listen(stream: ReadableStream<Uint8Array>, log: number): Promise<void> {
    const { ready, on_line } = this.#options;
    const decoder = new TextDecoder();
    let partial = "";
    try {
      for await (const chunk of stream) {
        writeSync(log, chunk);
        const lines = (partial + decoder.decode(chunk, { stream: true })).split("\n");
        partial = lines.pop() ?? "";
        for (const line of lines) {
          if (!this.#isReady && ready.test(line)) {
            this.#isReady = true;
            this.#ready.resolve();
          }
          on_line?.(line);
        }
      }
    } catch {
      // The log is closed: the process is gone.
    }
  }
}
