/** A stand-in for a trace collector: accepts OTLP over HTTP in protobuf, and decodes each export field by field. */

export interface CollectedSpan {
  readonly name: string;
  readonly trace_id: string;
  readonly span_id: string;
  /** Empty for a root span. */
  readonly parent_span_id: string;
  /** The number of a `SpanKind`. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of what sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** The headers of each export. */
  readonly exports: Record<string, string>[];
  stop(): Promise<void>;
}

/** `answer` may reject exports. */
export function startCollector(answer: () => Response = () => new Response()): Collector {
  const spans: CollectedSpan[] = [];
  const exports: Record<string, string>[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (request.method !== "POST" || new URL(request.url).pathname !== "/v1/traces") {
        return new Response(null, { status: 404 });
      }
      const response = answer();
      const body = await request.bytes();
      exports.push(Object.fromEntries(request.headers));
      if (response.ok) spans.push(...decodeExport(body));
      return response;
    },
  });
  return { url: server.url.href, spans, exports, stop: () => server.stop(true) };
}

/** A message's fields: the values of each field number, in order. Rejects groups, which OTLP does not use. */
function fieldsOf(bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const kind = tag & 7;
    const value = kind === 0 ? varint() : take(kind === 1 ? 8 : kind === 5 ? 4 : kind === 2 ? Number(varint()) : -1);
    const number = tag >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

type Fields = ReturnType<typeof fieldsOf>;

function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
}

function bytesOf(fields: Fields, number: number): Uint8Array {
  return (fields.get(number)?.[0] as Uint8Array | undefined) ?? new Uint8Array();
}

const text = (fields: Fields, number: number) => new TextDecoder().decode(bytesOf(fields, number));
const fixed64 = (fields: Fields, number: number) => Buffer.from(bytesOf(fields, number)).readBigUInt64LE();

function decodeExport(body: Uint8Array): CollectedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messages(resourceSpans, 1)[0] ?? new Map(), 1);
    const scopes = messages(resourceSpans, 2);
    return scopes.flatMap((scope) => messages(scope, 2).map((span) => decodeSpan(span, resource)));
  });
}

function decodeSpan(span: Fields, resource: CollectedSpan["resource"]): CollectedSpan {
  const [status] = messages(span, 15);
  return {
    name: text(span, 5),
    trace_id: bytesOf(span, 1).toHex(),
    span_id: bytesOf(span, 2).toHex(),
    parent_span_id: bytesOf(span, 4).toHex(),
    kind: Number(span.get(6)?.[0] ?? 0n),
    start: fixed64(span, 7),
    end: fixed64(span, 8),
    failed: status?.get(3)?.[0] === 2n,
    attributes: attributesOf(span, 9),
    resource,
  };
}

function attributesOf(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(
    messages(fields, number).map((pair) => [text(pair, 1), valueOfAny(messages(pair, 2)[0] ?? new Map())]),
  );
}

function valueOfAny(value: Fields): unknown {
  if (value.has(1)) return text(value, 1);
  if (value.has(2)) return value.get(2)?.[0] === 1n;
  if (value.has(3)) return Number(BigInt.asIntN(64, value.get(3)?.[0] as bigint));
  if (value.has(4)) return Buffer.from(bytesOf(value, 4)).readDoubleLE();
  return undefined;
}
