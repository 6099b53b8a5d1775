import { setDefaultTimeout } from "bun:test";
import { inProcessBus } from "../../src/bus/mod.ts";
import { conformance } from "./conformance.ts";

setDefaultTimeout(20_000);

conformance({ kind: "in_process", open: (log) => inProcessBus({ log, poll_ms: 50 }) });
