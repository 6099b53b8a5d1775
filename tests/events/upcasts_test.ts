import { expect, test } from "bun:test";
import { decode, schemaVersion } from "../../events/mod.ts";

test.each(["job.callback_delivered", "job.callback_failed"])("%s in its first version was its only attempt", (type) => {
  const stored = {
    position: 9,
    stream_id: "job-1",
    version: 4,
    type,
    schema_version: 1,
    data_json: '{"webhook_id":"msg_1","status_code":204}',
    meta_json: '{"actor":"worker:1","correlation_id":"1"}',
    recorded_at: "2026-01-02T03:04:05Z",
  };
  expect(decode(stored)).toMatchObject({
    schema_version: 2,
    data: { webhook_id: "msg_1", attempt: 1, status_code: 204 },
  });
  const newest = { ...stored, schema_version: 2, data_json: '{"webhook_id":"msg_1","attempt":3,"status_code":204}' };
  expect(decode(newest)).toMatchObject({ data: { attempt: 3 } });
  expect(schemaVersion(type)).toBe(2);
});
