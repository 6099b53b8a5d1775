/**
 * `JSON.stringify` throws at a `bigint`. With this it writes the integer's digits instead, for every writer in the
 * process: responses, events, callbacks, connectors and the service's log.
 */
Object.defineProperty(BigInt.prototype, "toJSON", {
  value(this: bigint): unknown {
    return rawJSON(this.toString());
  },
  configurable: true,
  writable: true,
});

/** ECMAScript's, which TypeScript's library does not declare yet: what it returns is written verbatim. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
