/**
 * All sessions that are valid, by the SHA-256 of their secrets, in memory. Like the key ring, this follows the log: a
 * session that is ended anywhere is rejected here within a second, and a check for one that is not known may wait until
 * the log's head is reached.
 */
import { timingSafeEqual } from "node:crypto";
import type { Logger } from "pino";
import type { StoredEvent } from "../../events/envelope.ts";
import { decode, entityId } from "../../events/mod.ts";
import { type SessionStarted, sessionStream } from "../../events/session.ts";
import { every, type Repeating } from "../async/mod.ts";
import { expiryOf, SESSION_MAX_MS, SESSION_USE_MS, type SessionState, sessionDecider } from "../domain/session.ts";
import { type EventLog, handle } from "../log/mod.ts";
import { type Caller, type Identity, USER_TIER } from "./caller.ts";
import { Category, type CategoryOptions } from "./category.ts";
import { digestPrefix } from "./key_ring.ts";

/** How often expired sessions are forgotten, and the streams of those that were not used for long end. */
const SWEEP_MS = 60_000;
/** Uses within this time of the last one that was noted make no difference. */
const NOTED_MS = 1_000;
/** How soon the first use of a day is recorded. */
const WRITE_MS = 5_000;
/** How much the clock of the process that made a session's id may be ahead of this one's. */
const CLOCK_TOLERANCE_MS = 3_600_000;

export interface SessionsOptions extends CategoryOptions {
  readonly log: EventLog;
  readonly logger: Pick<Logger, "warn" | "error">;
}

interface Session {
  readonly session_id: string;
  readonly version: number;
  readonly state: SessionState;
  readonly digest: Buffer;
  /** Milliseconds since 1970: the last use that this process knows of. */
  used_at: number;
  /** From then on it is rejected. */
  until: number;
  readonly known: Identity;
  readonly ended: AbortController;
}

const ENDED: Identity = { kind: "refused", reason: "The session has ended. Sign in again." };
const EXPIRED: Identity = { kind: "refused", reason: "The session has expired. Sign in again." };

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #log: Category;
  readonly #sessions = new Map<string, Session>();
  readonly #byDigest = new Map<string, Session>();
  /** By user, in order of their beginning. */
  readonly #byUser = new Map<string, Set<string>>();
  /** Sessions whose use is to be recorded. */
  readonly #used = new Set<string>();
  readonly #repeating: readonly Repeating[];

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#log = new Category(options, {
      category: "session",
      what: "sessions",
      from: () => idFrom(Date.now() - SESSION_MAX_MS - CLOCK_TOLERANCE_MS),
      take: (event) => this.#take(event),
    });
    const on_fault = (error: unknown) =>
      options.logger.warn({ err: error }, "Cannot record that sessions were used; retrying");
    this.#repeating = [
      every(SWEEP_MS, async () => this.#sweep(), { later: true, on_fault }),
      every(WRITE_MS, () => this.#write(), { later: true, on_fault }),
    ];
  }

  /** What is known about the session of a secret with this digest; `undefined`: nothing. */
  find(digest: Buffer): Identity | undefined {
    const session = this.#byDigest.get(digestPrefix(digest));
    if (!session || !timingSafeEqual(session.digest, digest)) return undefined;
    if (session.state.status === "ended") return ENDED;
    const now = Date.now();
    if (now >= session.until) return EXPIRED;
    if (now - session.used_at >= NOTED_MS) this.#use(session, now);
    return session.known;
  }

  #use(session: Session, now: number): void {
    session.used_at = now;
    session.until = expiryOf({ started_at: session.state.started_at, used_at: now });
    if (now - session.state.used_at >= SESSION_USE_MS) this.#used.add(session.session_id);
  }

  /** The ids of a user's valid sessions, in order of their beginning. */
  of(user: string): readonly string[] {
    const now = Date.now();
    return [...(this.#byUser.get(user) ?? [])].filter((id) => {
      const session = this.#sessions.get(id);
      return session?.state.status === "active" && now < session.until;
    });
  }

  /** Resolves when everything that was in the log at the call is known. Throws if that cannot be reached. */
  caughtUp(): Promise<void> {
    return this.#log.caughtUp();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#repeating.map((repeating) => repeating.stop()));
    await this.#write().catch((error) =>
      this.#options.logger.warn({ err: error }, "Cannot record that sessions were used"),
    );
    await this.#log.stop();
  }

  #take(event: StoredEvent): void {
    const session_id = entityId(event.stream_id);
    const before = this.#sessions.get(session_id);
    if (before && before.version >= event.version) return;
    const state = sessionDecider.evolve(before?.state ?? sessionDecider.initial, decode(event));
    // Its beginning was forgotten when it expired.
    if (!state.started) return;
    const { ended = new AbortController() } = before ?? {};
    const used_at = Math.max(before?.used_at ?? 0, state.used_at);
    const session: Session = {
      session_id,
      version: event.version,
      state,
      digest: before?.digest ?? Buffer.from(state.started.hash, "hex"),
      used_at,
      until: expiryOf({ started_at: state.started_at, used_at }),
      known: before?.known ?? { kind: "known", caller: toCaller(session_id, state, ended.signal) },
      ended,
    };
    const { user } = state.started;
    this.#sessions.set(session_id, session);
    this.#byDigest.set(digestPrefix(session.digest), session);
    this.#byUser.set(user, (this.#byUser.get(user) ?? new Set()).add(session_id));
    if (state.status === "ended") ended.abort();
  }

  #sweep(): void {
    const now = Date.now();
    for (const session of this.#sessions.values()) {
      if (now < session.until) continue;
      const { session_id, digest, state, ended } = session;
      const { user } = state.started as SessionStarted;
      ended.abort();
      this.#sessions.delete(session_id);
      this.#byDigest.delete(digestPrefix(digest));
      const others = this.#byUser.get(user);
      others?.delete(session_id);
      if (others?.size === 0) this.#byUser.delete(user);
    }
  }

  async #write(): Promise<void> {
    const now = Date.now();
    for (const session_id of [...this.#used]) {
      const user = this.#sessions.get(session_id)?.state.started?.user;
      if (user !== undefined) {
        await handle(this.#options.log, {
          stream_id: sessionStream(session_id),
          decider: sessionDecider,
          command: { type: "use", now },
          meta: { actor: user, account: user, subject: user, correlation_id: session_id },
        });
      }
      this.#used.delete(session_id);
    }
  }
}

/** The smallest UUID of version 7 of a time, as far as it matters. */
function idFrom(time_ms: number): string {
  const hex = Math.max(0, time_ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

function toCaller(session_id: string, { started, started_at }: SessionState, ended: AbortSignal): Caller {
  const { user } = started as SessionStarted;
  return {
    actor: user,
    identity: user,
    account: user,
    counted_as: user,
    scopes: "all",
    workflows: "all",
    tier: USER_TIER,
    operator: false,
    expires_at: started_at + SESSION_MAX_MS,
    ended: [ended],
    session: { id: session_id, signed_in_at: started_at },
  };
}
