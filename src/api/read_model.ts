/** Asking read models, which follow the log and may not be there yet in a service's first moments. */
import type { Projector } from "../projector/mod.ts";
import { READ_MODEL_WAIT_MS } from "./limits.ts";
import { Problem } from "./problems.ts";

const POLL_MS = 25;
const UNDEFINED_TABLE = "42P01";

/** Runs a query on a read model; waits while the model has never been built. Throws the problem `read_model_behind`. */
export async function onceBuilt<Rows>(query: () => PromiseLike<Rows>, wait_ms = READ_MODEL_WAIT_MS): Promise<Rows> {
  for (const deadline = performance.now() + wait_ms; ; await Bun.sleep(POLL_MS)) {
    try {
      return await query();
    } catch (error) {
      if ((error as { code?: unknown }).code !== UNDEFINED_TABLE) throw error;
      if (performance.now() > deadline) throw behind("The read model has not been built yet.");
    }
  }
}

/** Waits until a read model shows what was recorded at `position`. Throws the problem `read_model_behind`. */
export async function untilReached(
  projector: Pick<Projector, "waitFor">,
  { name, position, wait_ms = READ_MODEL_WAIT_MS }: { name: string; position: number; wait_ms?: number },
): Promise<void> {
  if (await projector.waitFor(name, position, wait_ms)) return;
  throw behind(`The read model did not reach position ${position} within ${wait_ms} ms.`);
}

function behind(detail: string): Problem {
  return new Problem("read_model_behind", detail, { headers: { "retry-after": "1" } });
}
