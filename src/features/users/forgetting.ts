/** Forgets those who are on record only because their address was typed into a form. */
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { userAccount } from "../../../events/user.ts";
import { commandUser, readUser } from "../../access/users.ts";
import { SIGN_IN_ACTOR } from "../../domain/user.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import type { ErasureParts } from "./erasure.ts";
import { FORGET_UNCLAIMED } from "./reactions.ts";

/** How long to wait for a read model. */
const READ_MS = 30_000;
/** What a request to sign in leaves. */
const OF_SIGN_IN = ["user", "sign_in", "link", "mail"];

export function forgettingWorkflow({ log, sql, projector }: Omit<ErasureParts, "vault">): Connector {
  return defineSystemWorkflow({
    name: FORGET_UNCLAIMED,
    summary: "Erases a user of whom nothing is known but that somebody asked for a link to sign in with their address.",
    input: Type.Object({ user_id: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
    output: Type.Object({ forgotten: Type.Boolean() }),
    async run({ user_id }) {
      if (!(await readUser(log, user_id))?.is_unclaimed || (await hasMore(user_id))) return { forgotten: false };
      const forgotten = await commandUser(log, {
        user_id,
        command: { type: "forget", erasure_id: crypto.randomUUID() },
        // They stay unclaimed: the erasure spares what others have recorded of their address.
        meta: { actor: SIGN_IN_ACTOR },
      });
      return { forgotten: forgotten.ok && forgotten.events.length > 0 };
    },
  });

  /** Whether somebody else relies on the user: an organisation of which they are a member, or whoever recorded more of them. */
  async function hasMore(user_id: string): Promise<boolean> {
    const position = await log.head();
    const read = await projector.readAt(
      { names: ["user_streams", "org_members"], position, timeout_ms: READ_MS },
      () => sql<[{ more: boolean }]>`
        select exists (
          select from levqor_read.user_streams where user_id = ${user_id} and category <> all(${OF_SIGN_IN}::text[])
        ) or exists (select from levqor_read.org_members where member = ${userAccount(user_id)}) as more`,
    );
    if (!read.ok) throw new Error(`Cannot tell what is known of a user: ${read.detail}`);
    return read.rows[0].more;
  }
}
