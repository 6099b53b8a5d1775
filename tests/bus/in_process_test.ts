import { inProcessBus } from "../../src/bus/mod.ts";
import { conformance } from "./conformance.ts";

conformance({ kind: "in_process", open: (log) => inProcessBus({ log, poll_ms: 50 }) });
