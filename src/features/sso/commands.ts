/** Sets, proves and removes an organisation's connection to its provider. */
import type { EventMeta } from "../../../events/envelope.ts";
import { decode } from "../../../events/mod.ts";
import { orgAccount, orgStream } from "../../../events/org.ts";
import { type SsoConfigured, ssoDomainStream, ssoStream, ssoSubject } from "../../../events/sso.ts";
import { orgDecider } from "../../domain/org.ts";
import {
  provenAfter,
  provenDomain,
  type SsoCommand,
  type SsoDomainCommand,
  type SsoDomainRejection,
  type SsoRejection,
  type SsoState,
  ssoDecider,
  ssoDomainDecider,
} from "../../domain/sso.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { orgNotFound } from "../../http/request/org.ts";
import type { Append, EventLog } from "../../log/mod.ts";
import type { Vault } from "../../vault/mod.ts";

type Reading = Pick<EventLog, "readStream">;
type Meta = Pick<EventMeta, "actor" | "request_id" | "traceparent">;

/** An organisation's single sign-on as it is in the log now, and the stream's version. */
export async function readSso(log: Reading, orgId: string): Promise<{ state: SsoState; version: number }> {
  const stream = ssoStream(orgId);
  const events = await log.readStream(stream, { as_recorded: true });
  // Of all secrets the last alone counts: opening each costs a look-up of its key.
  const last = events.findLastIndex(({ type }) => type === "sso.configured");
  const opened = last < 0 ? [] : await log.readStream(stream, { after_version: last, limit: 1 });
  events.splice(last, opened.length, ...opened);
  return { state: events.map(decode).reduce(ssoDecider.evolve, ssoDecider.initial), version: events.length };
}

/** A connection that people can sign in with; `undefined`: there is none. */
export async function usableConnection(log: Reading, orgId: string): Promise<SsoConfigured | undefined> {
  const { state } = await readSso(log, orgId);
  const { connection } = state;
  // Its key may be destroyed while it is read.
  return connection && provenDomain(state) !== null && (connection.client_secret as string | null) !== null
    ? connection
    : undefined;
}

/**
 * Requires that whoever acts may see or change an organisation's single sign-on: `null` is the operator. Its admins only see it: whoever
 * chooses the provider signs in as any owner with an address in the domain. Throws the problems `org_not_found` and `role_exceeded`.
 */
export async function requireRole(
  log: Reading,
  { org_id, member, changes }: { org_id: string; member: string | null; changes: boolean },
): Promise<void> {
  const events = await log.readStream(orgStream(org_id));
  const { members } = events.map(decode).reduce(orgDecider.evolve, orgDecider.initial);
  const role = member === null ? "owner" : members.get(member);
  if (events.length === 0 || role === undefined) throw orgNotFound();
  if (role === "owner" || (role === "admin" && !changes)) return;
  const what = changes ? "change" : "see";
  throw new Problem(problems.role_exceeded, `The role "${role}" cannot ${what} the organisation's single sign-on.`);
}

export type Changed =
  | { readonly ok: true; readonly position: number | undefined }
  | { readonly ok: false; readonly refusal: SsoRejection | SsoDomainRejection };

/**
 * Records a command, together with whose the domain is from then on; then destroys the keys of the secrets that are over. To be
 * repeated if that fails. Throws what `log.appendAll` and the vault throw.
 */
export async function commandSso(
  { log, vault }: { readonly log: EventLog; readonly vault: Pick<Vault, "destroy"> },
  { org_id, command, meta }: Commanding,
): Promise<Changed> {
  while (true) {
    const { state, version } = await readSso(log, org_id);
    const events = ssoDecider.decide(command, state);
    if ("rejected" in events) return { ok: false, refusal: events };
    const moved = await domainsMoved(log, { org_id, command, state, meta });
    if ("rejected" in moved) return { ok: false, refusal: moved };
    const about = metaOf(org_id, meta);
    const sealed = command.type === "configure" ? { ...about, subject: ssoSubject(command.connection_id) } : about;
    const own = { stream_id: ssoStream(org_id), expected_version: version, events, meta: sealed };
    const appends = [own, ...moved].filter((append) => append.events.length > 0);
    const appended = appends.length === 0 ? undefined : await log.appendAll(appends);
    if (appended?.ok === false) continue;
    const over = formerAfter(command, state);
    if (over.length > 0) await vault.destroy(over.map(ssoSubject), ["profile"]);
    return { ok: true, position: appended?.appended.at(-1)?.position };
  }
}

interface Commanding {
  readonly org_id: string;
  readonly command: SsoCommand;
  readonly meta: Meta;
}

function metaOf(orgId: string, meta: Meta): EventMeta {
  return { ...meta, account: orgAccount(orgId), correlation_id: orgId };
}

/** The connections that are over once a command is recorded. */
function formerAfter({ type }: SsoCommand, { connection, former }: SsoState): readonly string[] {
  if (type === "verify") return [];
  return connection ? [...former, connection.connection_id] : former;
}

/** What a command changes about whose domains are. */
async function domainsMoved(
  log: Reading,
  { org_id, command, state, meta }: Commanding & { readonly state: SsoState },
): Promise<readonly Append[] | SsoDomainRejection> {
  const [before, after] = [provenDomain(state), provenAfter(command, state)];
  if (before === after) return [];
  const appends: Append[] = [];
  for (const [type, domain] of [
    ["release", before],
    ["claim", after],
  ] as const) {
    if (domain === null) continue;
    const append = await domainAppend(log, { domain, command: { type, org_id }, meta: metaOf(org_id, meta) });
    if ("rejected" in append) return append;
    appends.push(append);
  }
  return appends;
}

async function domainAppend(
  log: Reading,
  { domain, command, meta }: { domain: string; command: SsoDomainCommand; meta: EventMeta },
): Promise<Append | SsoDomainRejection> {
  const stream_id = ssoDomainStream(domain);
  const recorded = await log.readStream(stream_id);
  const state = recorded.map(decode).reduce(ssoDomainDecider.evolve, ssoDomainDecider.initial);
  const events = ssoDomainDecider.decide(command, state);
  return "rejected" in events
    ? (events as SsoDomainRejection)
    : { stream_id, expected_version: recorded.length, events, meta };
}
