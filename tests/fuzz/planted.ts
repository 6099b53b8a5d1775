/**
 * What the document's examples leave out: what no response hands out, such as sessions of users and links that were mailed,
 * and whom the operator names. Requests that need it get it right before they are sent.
 */
import { randomBytes } from "node:crypto";
import type { DocumentVersion } from "../../events/document.ts";
import { sessionStream } from "../../events/session.ts";
import { userAccount } from "../../events/user.ts";
import { newSessionSecret } from "../../src/access/mod.ts";
import { commandUser, upsertUser } from "../../src/access/users.ts";
import { connect } from "../../src/db/mod.ts";
import { firstDecision } from "../../src/domain/decider.ts";
import { sessionDecider } from "../../src/domain/session.ts";
import { commandHolder } from "../../src/features/consent/commands.ts";
import { currentDocuments, type PublishedDocument } from "../../src/features/consent/documents.ts";
import { holderOfUser, streamOf } from "../../src/features/consent/holders.ts";
import { commandOrg, createOrg } from "../../src/features/orgs/commands.ts";
import { invite } from "../../src/features/orgs/invitations.ts";
import { invitationToken } from "../../src/features/orgs/secrets.ts";
import { issueLink, requestSignIn } from "../../src/features/sign_in/commands.ts";
import { linkToken } from "../../src/features/sign_in/secrets.ts";
import { emailChangeToken } from "../../src/features/users/email_change.ts";
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

  /** An organisation with two owners. */
  async function org(owners: readonly [string, string]): Promise<string> {
    const org_id = Bun.randomUUIDv7();
    const [owner, member] = owners;
    const meta = { actor: "operator" };
    await createOrg(log, { org_id, name: "Acme", owner, meta });
    await commandOrg(log, { org_id, command: { type: "join", member, role: "owner", by: null }, meta });
    return org_id;
  }

  /** A user's acceptance of the terms, and its id. */
  async function consent(): Promise<string> {
    const documents = await currentDocuments(log);
    const [terms, privacy] = ["terms", "privacy"].map((name) => {
      const { version, sha256 } = documents.find(({ document }) => document === name) as PublishedDocument;
      return { version, sha256 };
    }) as [DocumentVersion, DocumentVersion];
    const holder = holderOfUser(`user:${crypto.randomUUID()}`);
    const command = { type: "accept_terms", version: terms.version, terms, privacy } as const;
    await commandHolder(log, { holder, command, meta: { actor: "operator" } });
    return `${streamOf(holder)}@1`;
  }

  /** An invitation of somebody new, and who they are. */
  async function invitation(): Promise<{ user: string; path: string; token: string }> {
    const email = `${crypto.randomUUID()}@example.com`;
    const meta = { actor: "visitor" };
    const upserted = await upsertUser({ log, vault }, { profile: { email }, meta });
    if ("refusal" in upserted) throw new Error(upserted.refusal.message);
    const [org_id, invitation_id] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
    await createOrg(log, { org_id, name: "Acme", owner: USER, meta });
    const asked = { org_id, invitation_id, email, role: "viewer", by: null, meta, causation_id: undefined } as const;
    const invited = await invite({ log, vault, sql }, asked);
    if (!invited.ok) throw new Error(`Cannot plant an invitation: ${invited.reason}`);
    return {
      user: userAccount(upserted.user_id),
      path: `/api/v1/orgs/${org_id}/invitations/${invitation_id}`,
      token: await invitationToken(vault, { org_id, invitation_id }),
    };
  }

  const invitee = async (draft: Draft) => {
    const { user, token } = await invitation();
    draft.headers.set("levqor-account", user);
    draft.json = { token };
  };

  /** A user who is on record. */
  async function user(): Promise<string> {
    const user_id = crypto.randomUUID();
    const command = { type: "create", profile: {}, verified: false } as const;
    await commandUser(log, { user_id, command, meta: { actor: "operator" } });
    return user_id;
  }

  /** The token that confirms a user's new address. */
  async function emailChange(user_id: string): Promise<string> {
    const change_id = Bun.randomUUIDv7();
    const command = { type: "request_email_change", change_id, email: `${change_id}@example.com` } as const;
    await commandUser(log, { user_id, command, meta: { actor: "operator" } });
    return await emailChangeToken(vault, change_id);
  }

  const plants: Readonly<Record<string, (draft: Draft) => Promise<void> | void>> = {
    async endSession(draft) {
      draft.headers.set("levqor-account", USER);
      draft.path = `/auth/sessions/${await session()}`;
    },
    async redeemSignIn(draft) {
      draft.json = { token: await token(), deliver: "token" };
    },
    // An address is mailed one in a while.
    inviteOrgMember(draft) {
      draft.json = { ...(draft.json as object), email: `${crypto.randomUUID()}@example.com` };
    },
    async revokeOrgInvitation(draft) {
      draft.path = (await invitation()).path;
    },
    previewInvitation: invitee,
    acceptInvitation: invitee,
    async requestEmailChange(draft) {
      draft.headers.set("levqor-account", userAccount(await user()));
    },
    async confirmEmailChange(draft) {
      const user_id = await user();
      draft.headers.set("levqor-account", userAccount(user_id));
      draft.json = { token: await emailChange(user_id) };
    },
    createOrg(draft) {
      draft.json = { owner: USER, ...(draft.json as object) };
    },
    async handOverOrg(draft) {
      const { from = USER, to } = draft.json as { from?: string; to: string };
      draft.json = { from, to };
      draft.path = `/api/v1/orgs/${await org([from, to])}/hand-over`;
    },
    async getConsentReceipt(draft) {
      draft.path = `/api/v1/consents/${await consent()}/receipt`;
    },
    listConsents(draft) {
      if (!draft.query.some(([name]) => name === "user")) draft.query.push(["user", USER]);
    },
  };

  return {
    async plant(operationId, draft) {
      await plants[operationId]?.(draft);
    },
    async stop() {
      await plain.close();
      vault.close();
      await sql.end({ timeout: 1 });
    },
  };
}
