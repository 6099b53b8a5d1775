/**
 * The log as those see it who may read personal data: what they append is sealed before it is recorded, with the keys of
 * the subject that an event's meta names, and what they read of a stream is opened. The bus, read models, ranges of the log and
 * commits stay as they are recorded.
 */
import type { TSchema } from "@sinclair/typebox";
import type { EventMeta, StoredEvent } from "../../events/envelope.ts";
import { catalogue } from "../../events/mod.ts";
import { type PersonalClass, personalClasses, personalPointers, replaceParts, Sealed } from "../../events/personal.ts";
import { decodeJson, writeJson } from "../json/mod.ts";
import { type Append, type AppendEvent, AppendRefusedError, type EventLog, eventFault } from "../log/mod.ts";
import type { EventPlace, Vault } from "./vault.ts";

/** The personal parts of events of one type. */
interface Parts {
  /** JSON pointers, as of {@link personalPointers}. */
  readonly all: readonly string[];
  /** Those that are personal whether or not an event names a subject. */
  readonly always: readonly string[];
  readonly by_class: readonly { readonly class: PersonalClass; readonly pointers: readonly string[] }[];
}

const known = new Map<string, Parts | null>();

function partsOf(type: string): Parts | null {
  let parts = known.get(type);
  if (parts === undefined) {
    parts = Object.hasOwn(catalogue, type) ? partsIn((catalogue as Record<string, TSchema>)[type] as TSchema) : null;
    known.set(type, parts);
  }
  return parts;
}

function partsIn(schema: TSchema): Parts | null {
  const all = personalPointers(schema);
  if (all.length === 0) return null;
  const by_class = personalClasses
    .map((kind) => ({ class: kind, pointers: personalPointers(schema, { kept_as: kind }) }))
    .filter(({ pointers }) => pointers.length > 0);
  return { all, always: personalPointers(schema, { always: true }), by_class };
}

/** A log that seals and opens. Besides what the log throws, it throws what the vault throws. */
export function personalLog(log: EventLog, vault: Vault): EventLog {
  return {
    append: (append) =>
      isPersonal(append) ? sealed(vault, append).then((one) => log.append(one)) : log.append(append),
    appendAll: (appends) =>
      appends.some(isPersonal)
        ? Promise.all(appends.map((append) => sealed(vault, append))).then((all) => log.appendAll(all))
        : log.appendAll(appends),
    async readStream(id, asked = {}) {
      const events = await log.readStream(id, asked);
      return asked.as_recorded ? events : await openEvents(vault, events);
    },
    async readStreams(...asked) {
      const streams = await log.readStreams(...asked);
      for (const [id, events] of streams) if (events.some(hasSubject)) streams.set(id, await openEvents(vault, events));
      return streams;
    },
    readFirst: async (...asked) => await openAll(vault, await log.readFirst(...asked)),
    async readLast(...asked) {
      const last = await log.readLast(...asked);
      return { ...last, events: await openAll(vault, last.events) };
    },
    readCategory: (...asked) => log.readCategory(...asked),
    readRange: (...range) => log.readRange(...range),
    head: () => log.head(),
    onCommit: (listener) => log.onCommit(listener),
    close: () => log.close(),
  };
}

/** Events with their personal parts opened; those that were erased are `null`. Throws `SealedValueError`. */
export async function openEvents<Events extends readonly StoredEvent[]>(vault: Vault, events: Events): Promise<Events> {
  if (!events.some(hasSubject)) return events;
  return (await Promise.all(events.map((event) => openEvent(vault, event)))) as readonly StoredEvent[] as Events;
}

async function openAll(vault: Vault, events: ReadonlyMap<string, StoredEvent>): Promise<Map<string, StoredEvent>> {
  const opened = await openEvents(vault, [...events.values()]);
  return new Map(opened.map((event) => [event.stream_id, event]));
}

/** Only what names a subject has sealed parts. In JSON text, nothing else can look like this. */
function hasSubject({ meta_json }: StoredEvent): boolean {
  return meta_json.includes('"subject":"');
}

async function openEvent(vault: Vault, event: StoredEvent): Promise<StoredEvent> {
  const parts = hasSubject(event) ? partsOf(event.type) : null;
  if (!parts) return event;
  const before = decodeJson(event.data_json);
  const { data, erased } = await vault.openData(before, { event, pointers: parts.all });
  if (data === before) return event;
  const { parsed: _, ...stored } = event;
  return { ...stored, data_json: writeJson(data), ...(erased.length > 0 && { erased }) };
}

/** Whether something of it has to be sealed, or it is a mistake that nothing can be. */
function isPersonal({ events, meta }: Append): boolean {
  return events.some((event) => {
    const parts = partsOf(event.type);
    return parts !== null && ((event.meta ?? meta).subject !== undefined || parts.always.length > 0);
  });
}

async function sealed(vault: Vault, append: Append): Promise<Append> {
  const { stream_id, expected_version, meta } = append;
  const events = await Promise.all(
    append.events.map((event, index) => {
      const place = { stream_id, version: expected_version + index + 1 };
      return sealEvent(vault, event, { place, meta: event.meta ?? meta });
    }),
  );
  return { ...append, events };
}

async function sealEvent(
  vault: Vault,
  event: AppendEvent,
  { place, meta: { subject } }: { place: EventPlace; meta: EventMeta },
): Promise<AppendEvent> {
  const parts = partsOf(event.type);
  if (!parts) return event;
  const plain = event.data ?? ("data_json" in event ? decodeJson(event.data_json) : undefined);
  if (subject === undefined) {
    if (hasAny(plain, parts.always)) throw new TypeError(`Cannot append ${event.type}: whose data it is, is not named`);
    return event;
  }
  // Sealed parts are beyond the log's check. With a fault it refuses the event as it is.
  if (eventFault(event.type, plain) !== undefined) return event;
  let data: unknown = plain;
  try {
    for (const { class: kind, pointers } of parts.by_class) {
      ({ data } = await vault.sealData(data, { event: place, pointers, subject, class: kind }));
    }
  } catch (error) {
    throw error instanceof TypeError ? refusal(error, place) : error;
  }
  return { type: event.type, data, ...(event.meta && { meta: event.meta }) };
}

function refusal(cause: TypeError, { stream_id }: EventPlace): AppendRefusedError {
  return new AppendRefusedError(stream_id, cause.message, { cause });
}

function hasAny(data: unknown, pointers: readonly string[]): boolean {
  let has = false;
  replaceParts(data, pointers, (value) => {
    has ||= value !== null && !(value instanceof Sealed);
    return value;
  });
  return has;
}
