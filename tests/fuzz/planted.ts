/**
 * What no response hands out: sessions of users, and links that were mailed. Requests that need one get it right before they
 * are sent.
 */
import { randomBytes } from "node:crypto";
import { sessionStream } from "../../events/session.ts";
import { newSessionSecret } from "../../src/access/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { firstDecision } from "../../src/domain/decider.ts";
import { sessionDecider } from "../../src/domain/session.ts";
import { issueLink, requestSignIn } from "../../src/features/sign_in/commands.ts";
import { linkToken } from "../../src/features/sign_in/secrets.ts";
import { openLog } from "../../src/log/mod.ts";
import { MasterKeys, personalLog, Vault } from "../../src/vault/mod.ts";
import { PERIODS } from "../support/vault.ts";
import type { Draft } from "./oddities.ts";

/** For whom the operator acts in calls about a user. */
const USER = "user:of-the-fuzz";

export interface Planting {
  /** Completes a request that needs it. */
  plant(operationId: string, draft: Draft): Promise<void>;
  stop(): Promise<void>;
}

/** `vault_key`: the service's. */
export function startPlanting({ url, vault_key }: { url: string; vault_key: string }): Planting {
  const sql = connect(url, { max: 2 });
  const plain = openLog({ url });
  const vault = new Vault({ sql, master_keys: new MasterKeys([vault_key]), periods: PERIODS });
  const log = personalLog(plain, vault);

  async function session(): Promise<string> {
    const session_id = Bun.randomUUIDv7();
    const { hash } = newSessionSecret();
    const started = { user: USER, hash, method: "sso", ip: null, user_agent: null } as const;
    await log.append({
      stream_id: sessionStream(session_id),
      expected_version: 0,
      events: firstDecision(sessionDecider, { type: "start", ...started }),
      meta: { actor: USER, account: USER, subject: USER, correlation_id: session_id },
    });
    return session_id;
  }

  async function token(): Promise<string> {
    const sign_in_id = Bun.randomUUIDv7();
    const browser = randomBytes(32).toString("hex");
    const meta = { actor: "visitor" };
    await requestSignIn(log, { sign_in_id, email: "ada@example.com", next: null, browser, meta });
    // One user's newest link alone is valid, and several are planted at once.
    await issueLink(log, { sign_in_id, user: `user:${crypto.randomUUID()}`, meta });
    return await linkToken(vault, sign_in_id);
  }

  return {
    async plant(operationId, draft) {
      if (operationId === "endSession") {
        draft.headers.set("levqor-account", USER);
        draft.path = `/auth/sessions/${await session()}`;
      }
      if (operationId === "redeemSignIn") draft.json = { token: await token(), deliver: "token" };
    },
    async stop() {
      await plain.close();
      vault.close();
      await sql.end({ timeout: 1 });
    },
  };
}
