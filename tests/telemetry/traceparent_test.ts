import { expect, test } from "bun:test";
import { formatTraceparent, parseTraceparent, validTraceparent } from "../../src/telemetry/traceparent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

test("a valid header is accepted", () => {
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ trace_id: TRACE, span_id: SPAN, sampled: true });
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled).toBe(false);
  // Other flags than the first are not ours.
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.sampled).toBe(false);
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)?.sampled).toBe(true);
});

test("later versions are read as version 00", () => {
  expect(validTraceparent(`cc-${TRACE}-${SPAN}-01`)).toBe(`00-${TRACE}-${SPAN}-01`);
  expect(validTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)).toBe(`00-${TRACE}-${SPAN}-01`);
});

test.each([
  "",
  "00",
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-1`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}-01 `,
  ` 00-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-0x`,
  `cc-${TRACE}-${SPAN}-01.more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${"0".repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE}0-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01\n`,
])("%j counts as absent", (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test("a missing header is not an error", () => expect(parseTraceparent(undefined)).toBeUndefined());

test("what is written is read unchanged", () => {
  const parent = { trace_id: TRACE, span_id: SPAN, sampled: true };
  expect(parseTraceparent(formatTraceparent(parent))).toEqual(parent);
});
