/** The servers of tests/connectors/early_answer_process.ts: only in a separate process are they fast enough. */
import { join } from "node:path";

export interface EarlyAnswers {
  /** Responds with the status in the path, reads no body, and closes the connection. */
  readonly polite: string;
  /** Writes the response that the path names, or a part of it, reads no body, and resets the connection. */
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
