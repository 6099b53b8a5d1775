/** The log itself. */
import { type Checks, expectProblem, expectStatus } from "./checks.ts";
import type { Client, Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkEvents(client: Client, { check }: Checks): Promise<void> {
  const events = "/api/v1/events";

  await check("the log is listed, shown, followed and exported", async () => {
    const listed = await client.ask(`${events}?category=job&limit=2`);
    expectStatus(listed, 200);
    const [latest] = listed.body.data;
    expect(latest?.type.startsWith("job."), "an event of a job", listed.body);
    const shown = await client.ask(`${events}/${latest.event_id}`);
    expectStatus(shown, 200);
    expect(shown.body.position === latest.position, "the same event", shown.body);
    const frames = await client.stream(`${events}/stream?after=0`, (seen) => seen.length > 0);
    expect(frames[0]?.id === 1, "the first event of the log", frames[0]);
    const exported = await client.ask(`${events}/export?stream=${latest.stream_id}`);
    expectStatus(exported, 200);
    const lines = exported.text.trimEnd().split("\n");
    const isThere = lines.some((line) => (JSON.parse(line) as Json).position === latest.position);
    expect(isThere, "it in the export", exported.text);
  });
  await check("an unknown event and an invalid filter are rejected", async () => {
    expectProblem(await client.ask(`${events}/job-none@1`), 404, "event_not_found");
    expectProblem(await client.ask(`${events}?types=job.unknown`), 422, "validation_failed");
  });
}
