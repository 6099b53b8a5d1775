import { test } from "bun:test";
import { forwardErrors } from "../../../src/features/errors/reactions.ts";
import { submit } from "../../../src/reactor/mod.ts";
import { reactionSpec } from "../../spec.ts";

const stream_id = `error-${"0".repeat(32)}`;
const reported = {
  type: "error.reported",
  data: { source: "web", type: "TypeError", message: "x", frames: [], reports: 1, streak: 1 },
};

test("a recorded report is forwarded, by its event's id", () => {
  const when = reactionSpec(forwardErrors({ sentry_dsn: "https://key@sentry.example/1" }), stream_id);
  when(reported).then(submit({ workflow: "levqor.forward_error", payload: { event_id: `${stream_id}@1` } }));
});

test("without SENTRY_DSN nothing is submitted", () => {
  reactionSpec(forwardErrors({ sentry_dsn: undefined }), stream_id)(reported).then();
});
