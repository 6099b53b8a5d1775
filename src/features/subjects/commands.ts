/** Erasing a subject. */
import type { EventMeta } from "../../../events/envelope.ts";
import { personalClasses } from "../../../events/personal.ts";
import { subjectStream } from "../../../events/subject.ts";
import { create, type EventLog } from "../../log/mod.ts";
import type { Vault } from "../../vault/mod.ts";

interface Erasure {
  /** The vault's name for them. */
  readonly subject: string;
  readonly meta: EventMeta;
}

/**
 * Erases a subject: first on record, so that whoever finds the record completes it, then in the vault. When it resolves, no
 * process can read what is about them. Repeating it changes nothing. Throws what `log.append` and the vault throw.
 */
export async function eraseSubject(
  { log, vault }: { log: Pick<EventLog, "append" | "readStream">; vault: Vault },
  { subject, meta }: Erasure,
): Promise<{ readonly erased_at: string; readonly position: number | undefined }> {
  const stream_id = subjectStream(subject);
  const created = await create(log, { stream_id, events: [{ type: "subject.erased", data: {} }], meta });
  await vault.destroy(subject, personalClasses);
  const [erased] = await log.readStream(stream_id, { limit: 1 });
  if (!erased) throw new Error(`Cannot erase a subject: ${stream_id} is empty`);
  return { erased_at: erased.recorded_at, position: created.ok ? created.position : undefined };
}
