/** Schedules. */
import { type Checks, expectProblem, expectStatus, NO_JOB, UUID } from "./checks.ts";
import type { Client, Frame, Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkSchedules(client: Client, { check }: Checks, job: object): Promise<void> {
  const schedules = "/api/v1/schedules";
  const name = `validate-${crypto.randomUUID()}`;

  await check("a schedule for every second submits a job each time until it is paused, and is deleted", async () => {
    const created = await client.post(schedules, { name, cron: "* * * * * *", job });
    expectStatus(created, 201);
    const { schedule_id, status, next_run_at } = created.body;
    const one = `${schedules}/${schedule_id}`;
    try {
      expect(UUID.test(schedule_id) && status === "active", "an id and the status active", created.body);
      const firings = await client.firings(one, 2);
      expect(firings[0].instant === next_run_at, `the first run at ${next_run_at}`, firings[0]);
      const apart = Date.parse(firings[1].instant) - Date.parse(firings[0].instant);
      expect(apart === 1000 && firings[0].job_id !== firings[1].job_id, "two jobs a second apart", firings);
      const ended = (frames: readonly Frame[]) => ["job.succeeded", "job.failed"].includes(frames.at(-1)?.event ?? "");
      await client.stream(`/api/v1/jobs/${firings[0].job_id}/stream`, ended);
      const paused = await client.ask(`${one}/pause`, { method: "POST" });
      expectStatus(paused, 200);
      expect(paused.body.status === "paused" && paused.body.next_run_at === null, "it to be paused", paused.body);
      const shown = await client.ask(one);
      expectStatus(shown, 200);
      expect(
        shown.body.name === name && shown.body.runs >= 2 && shown.body.status === "paused",
        "it as it is",
        shown.body,
      );
      const listed = await client.ask(`${schedules}?status=paused&limit=100`);
      expectStatus(listed, 200);
      expect(
        listed.body.data.some((row: Json) => row.schedule_id === schedule_id),
        "it in the list",
      );
    } finally {
      expectStatus(await client.ask(one, { method: "DELETE" }), 200);
    }
    expectProblem(await client.ask(one), 404, "schedule_not_found");
  });
  await check(
    "GET /api/v1/schedules/:schedule_id/next lists the next runs in the schedule's own time zone",
    async () => {
      const created = await client.post(schedules, { name, cron: "30 9 1 1 *", time_zone: "Asia/Kathmandu", job });
      expectStatus(created, 201);
      const one = `${schedules}/${created.body.schedule_id}`;
      const next = await client.ask(`${one}/next?count=3`);
      expectStatus(await client.ask(`${one}/resume`, { method: "POST" }), 200);
      expectStatus(await client.ask(one, { method: "DELETE" }), 200);
      expectStatus(next, 200);
      const { data } = next.body;
      expect(data.length === 3 && data[0] === created.body.next_run_at, "three, the first one first", data);
      expect(
        data.every((time: string) => time.endsWith("-01-01T03:45:00.000Z")),
        "New Year's mornings in Nepal",
        data,
      );
    },
  );
  await check("a schedule is changed from the version that was read, and runs on demand", async () => {
    const created = await client.post(schedules, { name, cron: "@yearly", job });
    expectStatus(created, 201);
    const one = `${schedules}/${created.body.schedule_id}`;
    const put = (tag: string | null, body: Json) =>
      client.ask(one, {
        method: "PUT",
        headers: { "content-type": "application/json", ...(tag !== null && { "if-match": tag }) },
        body: JSON.stringify(body),
      });
    try {
      const tag = (await client.ask(one)).headers.get("etag");
      expectProblem(await put(null, { name, cron: "@daily", job }), 428, "precondition_required");
      expectStatus(await put(tag, { name, cron: "@daily", job }), 200);
      expectProblem(await put(tag, { name, cron: "@weekly", job }), 412, "version_mismatch");
      const ran = await client.ask(`${one}/run`, { method: "POST" });
      expectStatus(ran, 202);
      const submitted = await client.ask(`/api/v1/status/${ran.body.job_id}`);
      expectStatus(submitted, 200);
    } finally {
      await client.ask(one, { method: "DELETE" });
    }
  });
  await check("an invalid expression, time zone or id is rejected", async () => {
    for (const wrong of [{ cron: "61 * * * *" }, { time_zone: "Mars/Olympus" }]) {
      const answer = await client.post(schedules, { name, cron: "@daily", job, ...wrong });
      expectProblem(answer, 422, "validation_failed");
      expect(answer.body.errors[0].pointer === `/${Object.keys(wrong)[0]}`, "what is wrong", answer.body.errors);
    }
    expectProblem(await client.ask(`${schedules}/42`), 400, "invalid_schedule_id");
    expectProblem(await client.ask(`${schedules}/${NO_JOB}/events`), 404, "schedule_not_found");
  });
}
