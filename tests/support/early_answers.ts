/** The servers of tests/connectors/early_answer_process.ts: they have to be in a process of their own to be fast enough. */
import { join } from "node:path";

export interface EarlyAnswers {
  /** Answers with the status that the path names, reads no body, and closes. */
  readonly polite: string;
  /** Writes the answer that the path names, or a part of it, reads no body, and resets. */
  readonly rude: string;
  stop(): Promise<void>;
}

export async function startEarlyAnswers(): Promise<EarlyAnswers> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "..", "connectors", "early_answer_process.ts")], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  const [polite = "", rude = ""] = JSON.parse(new TextDecoder().decode(value)) as string[];
  return {
    polite,
    rude,
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}
