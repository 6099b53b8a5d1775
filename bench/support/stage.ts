/**
 * What a benchmark sets up, and its clean-up: child processes, servers, databases, folders. Everything is taken down in
 * reverse order when the run ends, fails, or is interrupted.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Bun process that runs one of the files in this folder. */
export interface Child<Message = unknown> {
  readonly pid: number;
  /** The next line that it reported. Throws if it exited instead. */
  next(): Promise<Message>;
  /** Waits until it has exited by itself; throws unless it succeeded. */
  ended(): Promise<void>;
  /** Asks it to exit (SIGTERM), kills it after five seconds, and waits until it has exited. */
  stop(): Promise<void>;
}

export class Stage implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  #cleared: Promise<void> | undefined;

  /** Runs `take_down` when the stage is cleared, after everything that was added later. */
  defer(take_down: () => unknown): void {
    this.#stack.defer(async () => {
      await take_down();
    });
  }

  /** A new empty folder. */
  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "levqor-bench-"));
    this.defer(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  /** Runs a file of this folder in a separate process; see `child.ts` for its side. */
  child<Message = unknown>(file: string, argument: object = {}): Child<Message> {
    return this.command<Message>(["bun", join(import.meta.dir, "..", file), JSON.stringify(argument)]);
  }

  /** Runs a program that reports lines of JSON on its standard output. */
  command<Message = unknown>(command: string[], env: Record<string, string> = {}): Child<Message> {
    const child = Bun.spawn(command[0] === "bun" ? [process.execPath, ...command.slice(1)] : command, {
      env: { ...process.env, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    const lines = readLines(child.stdout);
    async function stop(): Promise<void> {
      child.kill("SIGTERM");
      const insist = setTimeout(() => child.kill("SIGKILL"), 5000);
      await child.exited;
      clearTimeout(insist);
    }
    this.defer(stop);
    return {
      pid: child.pid,
      stop,
      async ended() {
        const code = await child.exited;
        if (code !== 0) throw new Error(`Cannot continue: "${command.join(" ")}" ended with code ${code}`);
      },
      async next() {
        const { value, done } = await lines.next();
        if (done) throw new Error(`Cannot continue: "${command.join(" ")}" ended with code ${await child.exited}`);
        return JSON.parse(value) as Message;
      },
    };
  }

  /** Takes everything down. However often and by whomever it is called, it resolves when all is down. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#cleared ??= this.#stack.disposeAsync();
    return this.#cleared;
  }
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter(Boolean);
  }
}
