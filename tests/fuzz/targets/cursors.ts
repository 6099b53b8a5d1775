/** Cursors of lists, and positions of streams: any reader writes them. */
import { deepEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { byPosition, byVersion, checkReached, fromCursor, page, positionHeader } from "../../../src/http/paging.ts";
import { Problem } from "../../../src/http/problem.ts";
import type { FuzzTarget } from "../target.ts";

const kinds = [byPosition("jobs"), byPosition("keys"), byVersion("job_events"), byVersion("callbacks")];
const kind = fc.constantFrom(...kinds);
const list = fc.constantFrom(...kinds.map((one) => one.list), "", "Jobs", "jobs:");
const digits = fc.oneof(
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.string({ unit: fc.constantFrom(..."0123456789-+.e x"), maxLength: 20 }),
);
/** Texts that are nearly the content of a cursor, in similar alphabets. */
const forged = fc
  .tuple(list, fc.constantFrom(":", "", "::", "\0"), digits, fc.constantFrom("base64url", "base64", "latin1", "hex"))
  .map(([name, colon, key, coding]) => Buffer.from(name + colon + key).toString(coding as BufferEncoding));
const anyText = fc.oneof(forged, fc.string({ unit: "binary", maxLength: 100 }), fc.base64String());

/** The decoded value, or `undefined` if it is rejected as it must be. */
function readOrRefused<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Problem && error.code === "invalid_cursor") return undefined;
    throw error;
  }
}

export const cursors: FuzzTarget = {
  name: "cursors",
  properties: {
    "any text is the cursor of a key that a row can have, or is refused with invalid_cursor": fc.property(
      anyText,
      kind,
      (text, of) => {
        const key = readOrRefused(() => fromCursor(text, of));
        if (key === undefined) return;
        strictEqual(Number.isSafeInteger(key) && key >= 0 && key <= of.max, true);
        strictEqual(page([key, key], 1, { kind: of, keyOf: (one) => one }).next_cursor, text);
      },
    ),
    "a cursor leads back to its row, in its own list alone": fc.property(
      fc.nat(2 ** 31 - 1),
      kind,
      kind,
      (key, of, other) => {
        const { next_cursor } = page([key, key], 1, { kind: of, keyOf: (one) => one });
        const read = readOrRefused(() => fromCursor(next_cursor ?? "", other));
        strictEqual(read, of.list === other.list ? key : undefined);
      },
    ),
    "any header is a position in its one spelling, or is refused with invalid_cursor": fc.property(
      fc.oneof(digits, fc.string({ maxLength: 30 })),
      (text) => {
        let headers: Headers;
        try {
          headers = new Headers({ "last-event-id": text });
        } catch {
          return;
        }
        const request = new Request("http://localhost/", { headers });
        const position = readOrRefused(() => positionHeader(request, "last-event-id"));
        if (position !== undefined) strictEqual(String(position), headers.get("last-event-id"));
      },
    ),
    "a position is refused where the log has not come to it, and nowhere else": fc.asyncProperty(
      fc.maxSafeNat(),
      fc.maxSafeNat(),
      async (head, position) => {
        const refused = await checkReached({ head: async () => head }, position).then(
          () => undefined,
          (error) => error.code,
        );
        deepEqual(refused, position > head ? "invalid_cursor" : undefined);
      },
    ),
  },
};
