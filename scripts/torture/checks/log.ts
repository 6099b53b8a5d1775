/** The log itself: nothing lost, nothing changed, everything in its place. */
import { accountOf, OPERATOR } from "../../../events/account.ts";
import { jobStream } from "../../../events/job.ts";
import type { Check } from "../evidence.ts";

export const dense: Check = {
  name: "positions and versions are dense",
  run: ({ events }) => {
    const faults: string[] = [];
    const versions = new Map<string, number>();
    for (const [index, { position, stream_id, version }] of events.entries()) {
      if (position !== index + 1) faults.push(`position ${position} is at index ${index + 1}`);
      const expected = (versions.get(stream_id) ?? 0) + 1;
      if (version !== expected) faults.push(`${stream_id}@${version} is where @${expected} should be`);
      versions.set(stream_id, version);
    }
    return { looked_at: `${events.length} events`, faults };
  },
};

export const unchanged: Check = {
  name: "events once read from the log stay in it, unchanged",
  run: ({ seen, events }) => {
    const faults = seen
      .filter((event) => !Bun.deepEquals(events[event.position - 1], event, true))
      .map(({ position, stream_id, version }) => `${stream_id}@${version} at ${position} is gone or was changed`);
    return { looked_at: `${seen.length} events`, faults };
  },
};

export const acknowledgedExist: Check = {
  name: "every acknowledged job is in the log, at the acknowledged position, as it was sent",
  run: ({ acknowledged, events }) => {
    const faults: string[] = [];
    for (const { wanted, job_id, position } of acknowledged) {
      const event = events[position - 1];
      if (event?.stream_id !== jobStream(job_id) || event.type !== "job.submitted") {
        faults.push(
          `job ${job_id} (${wanted.kind}) was acknowledged at ${position}, where there is ${event?.stream_id}`,
        );
      } else if (!Bun.deepEquals(event.data, wanted.body, true)) {
        faults.push(`job ${job_id} (${wanted.kind}) was recorded with another body than the one sent`);
      }
    }
    return { looked_at: `${acknowledged.length} jobs`, faults };
  },
};

export const relayed: Check = {
  name: "JetStream has every event once, in order",
  run: ({ jetstream: { messages, first, last, behind }, events }) => {
    const faults: string[] = [];
    if (behind > 0) faults.push(`the stream is ${behind} events behind the log`);
    // A purged stream continues after its last message; a new one is filled from the first event.
    const span = last && first ? last.position - first.position + 1 : 0;
    if (messages !== span) faults.push(`the stream has ${messages} messages for ${span} events`);
    for (const message of [first, last]) {
      const event = events[(message?.position ?? 0) - 1];
      const id = event && `${event.stream_id}@${event.version}`;
      if (message?.id !== id) faults.push(`the stream has ${message?.id} at ${message?.position}, the log ${id}`);
    }
    return { looked_at: `${messages} messages`, faults };
  },
};

export const streamed: Check = {
  name: "subscribers that reconnect see every event of their account once, in order, and none of another",
  run: ({ streams, events }) => {
    const ofAccount = events.filter(
      ({ stream_id, meta }) => jobStream.matches(stream_id) && accountOf(meta) === OPERATOR,
    );
    const wanted = ofAccount.map(({ position }) => position);
    const faults = [...streams].flatMap(([way, { positions }]) => {
      const first = wanted.findIndex((position, index) => positions[index] !== position);
      if (first >= 0)
        return [`${way}: ${wanted[first - 1] ?? 0} is followed by ${wanted[first]}, but ${positions[first]} was seen`];
      return positions.length === wanted.length
        ? []
        : [`${way}: ${positions.length} of ${wanted.length} events were seen`];
    });
    const connections = [...streams].map(([way, { connections }]) => `${connections} connections over ${way}`);
    return { looked_at: `${wanted.length} events, ${connections.join(", ")}`, faults };
  },
};

export const replayed: Check = {
  name: "every read model equals its rebuild",
  run: ({ replay }) => {
    const lines = replay.said.trim().split("\n");
    return {
      looked_at: `${lines.filter((line) => line.startsWith("✓")).length} read models`,
      faults: replay.code === 0 ? [] : [`replay --verify exited with ${replay.code}: ${lines.join("; ")}`],
    };
  },
};
