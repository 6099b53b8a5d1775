/** A call as its handler sees it: who makes it, and what has been read of the request. */
import type { Server } from "bun";
import type { EventMeta } from "../../events/envelope.ts";
import type { Caller } from "../access/mod.ts";
import type { NamedJob } from "../jobs/commands.ts";
import type { EventLog } from "../log/types.ts";
import type { Projector } from "../projector/mod.ts";
import { contextOf } from "./context.ts";
import { derivedId, keyReused } from "./request/idempotency.ts";
import { readPage } from "./request/read_model.ts";

/** The part of an event's meta that describes the request that caused it. */
export type Cause = Pick<EventMeta, "request_id" | "traceparent"> & { readonly request_id: string };

/** What Elysia builds a response from, if the handler does not return a `Response`. */
export interface ResponseHead {
  readonly headers: Record<string, string | number>;
  status?: number | string;
}

/** What calls read lists from. */
export interface ListSource {
  readonly log: Pick<EventLog, "head">;
  readonly projector: Pick<Projector, "readAt" | "waitFor">;
  readonly read_model_wait_ms?: number | undefined;
}

export interface Parts {
  readonly request: Request;
  readonly server: Server<unknown> | null;
  readonly set: ResponseHead;
  readonly path: string;
  readonly lists: ListSource | undefined;
}

/** An outcome of the log's `createOnce` or `handleOnce`, or one like it. */
type RecordedOnce =
  | { readonly ok: true; readonly replayed: boolean; readonly position: number | undefined }
  | { readonly ok: false; readonly reason: "key_reused" };

/** A row of a read model, which lists show in order of position. */
interface Row {
  readonly position: number;
}

export class Call<Params = unknown, Query = unknown, Body = unknown, Calling = unknown> {
  readonly request: Request;
  readonly server: Server<unknown> | null;
  /** The caller; `undefined` if the call does not need a key and none that is valid was sent. */
  declare readonly caller: Calling;
  declare readonly params: Params;
  declare readonly query: Query;
  declare readonly body: Body;
  /** The text that `body` was parsed from, and its length in UTF-8. */
  declare readonly sent: { readonly text: string; readonly byte_length: number };
  /** The value of the header that replaces a key (`secret_header`); `undefined` if it was not sent. */
  readonly secret: string | undefined = undefined;
  /** Its Idempotency-Key; `null`: it has none, or does not support one. */
  readonly idempotency_key: string | null = null;
  /** For a change: the version that it is based on. */
  readonly expected_version: number | "any" = "any";
  /** For a call that names a job: the job within the caller's reach. */
  declare readonly job: NamedJob;
  /** The response's status and headers, if the handler does not return a `Response`. */
  readonly set: ResponseHead;
  readonly #path: string;
  readonly #lists: ListSource | undefined;

  constructor({ request, server, set, path, lists }: Parts) {
    this.request = request;
    this.server = server;
    this.set = set;
    this.#path = path;
    this.#lists = lists;
  }

  /** The meta of the events that it causes. */
  get cause(): Cause {
    const { request_id, traceparent } = contextOf(this.request);
    return traceparent === undefined ? { request_id } : { request_id, traceparent };
  }

  /** The id derived from its Idempotency-Key: the same at each repetition. `undefined`: it has none. */
  repeatableId(): string | undefined {
    const key = this.idempotency_key;
    return key === null ? undefined : derivedId(this.caller as Caller | undefined, this.#filledPath(), key);
  }

  /** The id of what it creates: derived from its Idempotency-Key if it has one, otherwise new. */
  newId(): string {
    return this.repeatableId() ?? Bun.randomUUIDv7();
  }

  /** Reports the position at which it was recorded; `undefined`: nothing had to be. */
  recorded(position: number | undefined): void {
    if (position !== undefined) this.set.headers["levqor-position"] = String(position);
  }

  /**
   * Reports what was recorded once: by this request, or by an earlier one with the same Idempotency-Key. Throws the
   * problem `idempotency_key_reused` if that had another body. `response`: for a call that is made thousands of times a
   * second and returns one, which Elysia would copy to add headers.
   */
  once<Outcome extends RecordedOnce>(outcome: Outcome, response?: Response): Exclude<Outcome, { readonly ok: false }> {
    if (!outcome.ok) throw keyReused();
    const { replayed, position } = outcome;
    if (response) {
      response.headers.set("levqor-position", String(position));
      if (replayed) response.headers.set("idempotency-replayed", "true");
    } else {
      this.recorded(position);
      if (replayed) this.replayed();
    }
    return outcome as Exclude<Outcome, { readonly ok: false }>;
  }

  /** Reports that this is the response of an earlier call with the same Idempotency-Key. */
  replayed(): void {
    this.set.headers["idempotency-replayed"] = "true";
  }

  /** Identifies the response's version, for conditional requests. */
  etag(version: number | string): void {
    this.set.headers.etag = `"${version}"`;
  }

  /**
   * The requested page of a read model, no older than Levqor-Min-Position. `select` returns up to `take` rows after the
   * one at `position`, or from the beginning of the list if there is none. Throws the problems `invalid_cursor` and
   * `read_model_behind`.
   */
  async page<Found extends Row, Shown>(
    name: string,
    {
      select,
      show,
      joined,
    }: {
      /** Other read models that `select` reads. */
      joined?: readonly string[];
      select: (position: number | undefined, take: number) => PromiseLike<readonly Found[]>;
      show: (row: Found) => Shown;
    },
  ): Promise<{ data: Shown[]; has_more: boolean; next_cursor: string | null }> {
    const { log, projector, read_model_wait_ms: wait_ms } = this.#lists as ListSource;
    const { limit, cursor } = this.query as { limit?: number; cursor?: string };
    const asked = { request: this.request, log, projector, wait_ms };
    const { items, has_more, next_cursor } = await readPage(asked, { name, limit, cursor, select, joined });
    return { data: items.map(show), has_more, next_cursor };
  }

  #filledPath(): string {
    const params = this.params as Readonly<Record<string, string>>;
    return this.#path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? "");
  }
}
