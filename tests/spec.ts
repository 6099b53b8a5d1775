/**
 * Specifications of what is pure, as given, when, then:
 *
 *     const given = deciderSpec(scheduleDecider);
 *     given(created, paused).when({ type: "resume", next_run_at }).then(resumed);
 *     given(created).when({ type: "create", … }).refused("schedule_exists");
 *
 *     const rowAfter = rowSpec(schedules, `schedule-${id}`);
 *     expect(rowAfter(created, paused)).toMatchObject({ status: "paused" });
 *
 *     const when = reactionSpec(welcomeMail, "user-42");
 *     when(joined).then(submit({ workflow: "mail", payload }));
 */
import { expect } from "bun:test";
import { entityId, type KnownEvent, type KnownNewEvent } from "../events/mod.ts";
import type { KeyColumns, Projection, Reads, RowKey } from "../projections/projection.ts";
import type { Decider, Rejection } from "../src/domain/decider.ts";
import type { Action, Reaction } from "../src/reactor/mod.ts";
import { actionsOf } from "../src/reactor/reaction.ts";

/** An event as a test writes it: with its time and meta where these matter. */
export interface Happened {
  readonly type: string;
  readonly data: unknown;
  /** RFC 3339. */
  readonly recorded_at?: string;
  readonly meta?: object;
}

export interface RecordOptions {
  readonly stream_id?: string;
  /** Events that the stream holds already; 0 by default. */
  readonly after?: number;
  /** The position before the stream's first event; 0 by default. */
  readonly position?: number;
  /** When version 0 would have been recorded, in ms since 1970; 2026-01-01 by default. */
  readonly start?: number;
  /** From one event to the next; a second by default. */
  readonly interval_ms?: number;
}

const START = Date.parse("2026-01-01T00:00:00Z");

/** What the log makes of new events of one stream: numbered, and recorded at equal intervals. */
export function record(
  events: readonly Happened[],
  { stream_id = "test-1", after = 0, position = 0, start = START, interval_ms = 1_000 }: RecordOptions = {},
): KnownEvent[] {
  return events.map((event, index) => {
    const version = after + index + 1;
    return {
      position: position + version,
      stream_id,
      version,
      schema_version: 1,
      meta: { actor: "test", correlation_id: stream_id },
      // Without zeros at the end, as Postgres writes it.
      recorded_at: new Date(start + version * interval_ms).toISOString().replace(/\.?0*Z$/, "Z"),
      ...event,
    } as KnownEvent;
  });
}

/** {@link record} with positions from 101, one second apart from 2026-01-02T03:00:01Z. */
export function history(stream_id: string, events: readonly Happened[]): KnownEvent[] {
  return record(events, { stream_id, position: 100, start: Date.parse("2026-01-02T03:00:00Z") });
}

/** A decider's specification: given what happened, when a command comes, then these events follow, or this refusal. */
export function deciderSpec<State, Command>(
  { initial, evolve, decide }: Decider<State, Command, Rejection>,
  options: RecordOptions = {},
) {
  return (...happened: ReadonlyArray<KnownNewEvent & Pick<Happened, "recorded_at" | "meta">>) => {
    const state = record(happened, options).reduce<State>((before, event) => evolve(before, event), initial);
    return {
      when(command: Command) {
        const outcome = decide(command, state);
        return {
          // biome-ignore lint/suspicious/noThenProperty: given, when, then is how a specification reads; nobody awaits this
          then: (...events: KnownNewEvent[]) => expect(outcome).toEqual(events),
          refused: (code: string) => expect(outcome).toMatchObject({ rejected: true, code }),
        };
      },
    };
  };
}

/** A read model's rows after these events, in the order in which they were first made: a fold without a table. */
export function rowsAfter<Row extends object, Key extends KeyColumns<Row>>(
  projection: Projection<Row, Reads, Key>,
  events: readonly KnownEvent[],
): Row[] {
  const rows = new Map<string, Row | null>();
  for (const event of events) {
    if (projection.reads !== "all" && !projection.reads.includes(event.type)) continue;
    const keys = projection.keysOf?.(event) ?? [entityId(event.stream_id) as RowKey<Row, Key>];
    for (const key of keys) {
      const id = JSON.stringify(key);
      rows.set(id, projection.evolve(rows.get(id) ?? null, event, key));
    }
  }
  return [...rows.values()].flatMap((row) => row ?? []);
}

/** A projection's specification: the row after what happened in one stream; `undefined` where there is none. */
export function rowSpec<Row extends object, Key extends KeyColumns<Row>>(
  projection: Projection<Row, Reads, Key>,
  stream_id: string,
) {
  return (...happened: readonly Happened[]): Row | undefined => rowsAfter(projection, history(stream_id, happened))[0];
}

/** A reaction's specification: when an event comes, then these actions follow, or it cannot be reacted to. */
export function reactionSpec(reaction: Reaction, stream_id = "test-1") {
  return (happened: Happened) => {
    const [event] = record([happened], { stream_id }) as [KnownEvent];
    const actions = () => actionsOf(reaction, event);
    return {
      // biome-ignore lint/suspicious/noThenProperty: given, when, then is how a specification reads; nobody awaits this
      then: (...expected: Action[]) => expect(actions()).toEqual(expected),
      throws: (message: string) => expect(actions).toThrow(message),
    };
  };
}
