/** Valid and invalid messages over WebSockets. */
import fc from "fast-check";
import type { Json } from "../support/openapi.ts";
import type { Values } from "./arbitraries.ts";
import type { Judge } from "./judge.ts";
import type { Memory } from "./memory.ts";
import { type Draft, makeOdd } from "./oddities.ts";
import type { Operation } from "./operations.ts";
import { resolved } from "./plans.ts";

const TIMEOUT_MS = 20_000;
/** A longer message closes the connection. */
const MESSAGE_CUT_OFF = 64 * 1024;
const ODDITIES = [
  ...["cut_off", "malformed", "not_an_object", "repeated_key", "too_deep", "lone_surrogate", "nul", "odd_property"],
  ...["prototype", "removed", "replaced", "retyped", "exceeding"],
];

export interface SocketOptions {
  readonly operation: Operation;
  readonly url: string;
  /** They take turns. */
  readonly keys: readonly string[];
  readonly values: Values;
  readonly memory: Memory;
  readonly judge: Judge;
  readonly seed: number;
  readonly connections: number;
}

/** Talks over WebSockets, and returns the types of messages that arrived, and what was wrong with any. */
export async function talk(options: SocketOptions): Promise<{ types: ReadonlySet<string>; faults: string[] }> {
  const { operation, values, seed, connections, memory, keys } = options;
  const message = fc.record({
    value: values.of(operation.messages?.sent),
    is_odd: fc.boolean(),
    chance: fc.record({ at: fc.nat(), value: fc.jsonValue({ maxDepth: 2 }) }),
    pick: fc.nat(),
  });
  const conversations = fc.sample(fc.array(message, { minLength: 5, maxLength: 20 }), { seed, numRuns: connections });
  const types = new Set<string>();
  const faults: string[] = [];
  for (const [index, conversation] of conversations.entries()) {
    const texts = conversation.map(({ value, is_odd, chance, pick }) => {
      const draft: Draft = { method: "", path: "", query: [], headers: new Map() };
      draft.json = resolved(value, memory.recall(["job_id"], pick));
      if (is_odd) makeOdd(ODDITIES[chance.at % ODDITIES.length] as string, draft, chance);
      return draft.body ?? JSON.stringify(draft.json ?? null);
    });
    await converse(
      texts.filter((text) => Buffer.byteLength(text) < MESSAGE_CUT_OFF),
      { ...options, key: keys[index % keys.length] as string, types, faults },
    );
  }
  return { types, faults };
}

/** Sends all, then follows all jobs until there is an event, and reads until a last ping is answered. */
async function converse(
  texts: readonly (string | Uint8Array<ArrayBuffer>)[],
  { url, key, operation, judge, types, faults }: SocketOptions & { key: string; types: Set<string>; faults: string[] },
): Promise<void> {
  const last = `last-${crypto.randomUUID()}`;
  const done = Promise.withResolvers<void>();
  const protocols = ["levqor.v1", `levqor.key.${Buffer.from(key).toString("base64url")}`];
  const socket = new WebSocket(url.replace(/^http/, "ws") + operation.path, protocols);
  const timer = setTimeout(() => done.reject(new Error(`No pong came after ${texts.join("\n")}`)), TIMEOUT_MS);
  socket.onopen = () => {
    for (const text of texts) socket.send(text);
    socket.send(JSON.stringify({ type: "subscribe", id: last, all: true, after: 0 }));
  };
  let isFollowing = true;
  socket.onmessage = ({ data }) => {
    const fault = judge.messageFault(operation, String(data));
    if (fault) faults.push(`${operation.id}: ${fault} after ${texts.join("\n").slice(0, 1000)}`);
    const { type, id }: Json = JSON.parse(String(data));
    types.add(type);
    if (type === "event" && id === last && isFollowing) {
      isFollowing = false;
      socket.send(JSON.stringify({ type: "unsubscribe", id: last }));
      socket.send(JSON.stringify({ type: "ping", id: last }));
    }
    if (type === "pong" && id === last) done.resolve();
  };
  socket.onclose = ({ code, reason }) =>
    done.reject(new Error(`Closed with ${code} ${reason} after ${texts.join("\n")}`));
  try {
    await done.promise;
  } catch (error) {
    faults.push(`${operation.id}: ${error}`.slice(0, 2000));
  } finally {
    clearTimeout(timer);
    socket.onclose = null;
    socket.close();
  }
}
