/**
 * `JSON.stringify` throws at a `bigint`, wherever it meets one. From here on it writes the integer's digits instead, for
 * every writer in the process: answers, events, callbacks, connectors and the log of the service.
 */
Object.defineProperty(BigInt.prototype, "toJSON", {
  value(this: bigint): unknown {
    return rawJSON(this.toString());
  },
  configurable: true,
  writable: true,
});

/** ECMAScript's, which TypeScript's library does not know yet: what it returns is written as it is. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
