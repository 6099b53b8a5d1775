/** Everything that is held about a user, as a zip file that is written while it is read. */
import type { StoredEvent } from "../../../events/envelope.ts";
import { metaOf } from "../../../events/mod.ts";
import { INVITED_ADDRESS } from "../../../events/org.ts";
import { userAccount } from "../../../events/user.ts";
import type { OrgInvitationRow } from "../../../projections/org_invitations.ts";
import type { OrgMemberRow } from "../../../projections/org_members.ts";
import type { UserStreamRow } from "../../../projections/user_streams.ts";
import { pause } from "../../async/mod.ts";
import type { Sql } from "../../db/mod.ts";
import { logEventJson } from "../../http/stream/event_json.ts";
import { type EventLog, pagesOf } from "../../log/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { showUser } from "./queries.ts";

/** The read models that it is found with. */
export const EXPORT_READS = ["user_streams", "org_members", "org_invitations"] as const;
/** Streams that are looked for at once. */
const PAGE = 25;
/**
 * Between two of these pages. The runtime frees what lies outside its heap when it has nothing to do: without a pause, an
 * export of 100,000 events makes the process grow by 80 MiB, with it by 54.
 */
const PAUSE_MS = 4;
/** Streams with fewer events, and no more bytes, are read together: 2 MB at most. */
const SHORT = { limit: 50, max_length: 64_000 };

export interface ExportOptions {
  readonly log: Pick<EventLog, "readStream" | "readStreams">;
  readonly vault: Pick<Vault, "pseudonym">;
  readonly sql: Sql;
  readonly user_id: string;
  /** Up to here; the read models have reached it. */
  readonly position: number;
  readonly stop: AbortSignal;
}

/** The file, piece by piece. No more is read than is written. */
export async function* exportOf(options: ExportOptions): AsyncGenerator<Uint8Array> {
  // On first use: few ask for an export.
  const { makeZip } = await import("client-zip");
  yield* makeZip(filesOf(options)) as unknown as AsyncIterable<Uint8Array>;
}

interface ExportedFile {
  readonly name: string;
  readonly input: AsyncIterable<string>;
}

async function* filesOf(options: ExportOptions): AsyncGenerator<ExportedFile | { name: string; input: string }> {
  const { sql, user_id, position } = options;
  const user = await showUser(options, user_id);
  yield { name: "user.json", input: json(user) };
  const organisations = await sql<Pick<OrgMemberRow, "org_id" | "role">[]>`
    select org_id, role from levqor_read.org_members where member = ${userAccount(user_id)} order by position`;
  yield { name: "organisations.json", input: json(organisations) };
  yield { name: "invitations.json", input: json(await invitationsOf(options, user?.email ?? null)) };
  const categories = await sql<{ category: string }[]>`
    select distinct category from levqor_read.user_streams
    where user_id = ${user_id} and position <= ${position} order by category`;
  for (const { category } of categories) yield { name: `events/${category}.json`, input: list(options, category) };
}

/** Those to an address that are open: it is stored with each. */
async function invitationsOf({ sql, vault }: ExportOptions, email: string | null) {
  if (email === null) return [];
  const address = await vault.pseudonym({ kind: INVITED_ADDRESS, value: email });
  return await sql<Pick<OrgInvitationRow, "org_id" | "role" | "invited_at">[]>`
    select org_id, role, invited_at from levqor_read.org_invitations
    where over_at is null and address = ${address} order by position`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The events of a user's streams of one category, as a JSON array, an event on each line. */
async function* list(options: ExportOptions, category: string): AsyncGenerator<string> {
  let separator = "[\n";
  for await (const events of eventsOf(options, category)) {
    yield separator + events.map(logEventJson).join(",\n");
    separator = ",\n";
  }
  yield "\n]\n";
}

/** In pages that are not empty: a stream that a user shares with others has events that are not theirs. */
async function* eventsOf(options: ExportOptions, category: string): AsyncGenerator<readonly StoredEvent[]> {
  const { sql, user_id, position, stop } = options;
  const account = userAccount(user_id);
  for (let after: number | undefined = 0; after !== undefined; ) {
    const streams: Pick<UserStreamRow, "stream_id" | "position">[] = await sql`
      select stream_id, position from levqor_read.user_streams
      where user_id = ${user_id} and category = ${category} and position > ${after} and position <= ${position}
      order by position limit ${PAGE}`;
    for await (const page of pagesOfAll(
      options.log,
      streams.map(({ stream_id }) => stream_id),
    )) {
      stop.throwIfAborted();
      const theirs = page.filter((event) => event.position <= position && concerns(event, account));
      if (theirs.length > 0) yield theirs;
    }
    await pause(PAUSE_MS, stop);
    after = streams.length < PAGE ? undefined : streams.at(-1)?.position;
  }
}

/** The events of streams, one after another. Most are short: a query for each would take five times as long. */
async function* pagesOfAll(log: ExportOptions["log"], ids: readonly string[]): AsyncGenerator<readonly StoredEvent[]> {
  if (ids.length === 0) return;
  const short = await log.readStreams(ids, SHORT);
  for (const stream_id of ids) {
    const events = short.get(stream_id);
    if (events && events.length < SHORT.limit) yield events;
    else yield* pagesOf(log, { stream_id });
  }
}

/** Whether an event is of a user's account, or about them. */
function concerns(event: StoredEvent, user: string): boolean {
  const { account, subject } = metaOf(event);
  return account === user || subject === user;
}
