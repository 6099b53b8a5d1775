/** The same small Elysia application for every contender; they differ in what `record` does. */
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { JobSubmitted } from "../../events/job.ts";
import { report } from "../support/child.ts";

/** What a contender does with a valid intake before the response; resolves to the job's id. */
export type Recorder = (job: JobSubmitted) => string | Promise<string>;

/** Serves `POST /api/v1/intake`, responding when `record` has done its work. */
export function serve(record: Recorder, close?: () => Promise<unknown>): void {
  const app = new Elysia().post(
    "/api/v1/intake",
    async ({ body, set }) => {
      const job_id = await record(body);
      set.status = 202;
      return { job_id, status: "queued" as const };
    },
    {
      body: JobSubmitted,
      response: { 202: Type.Object({ job_id: Type.String(), status: Type.Literal("queued") }) },
    },
  );
  listen(app as unknown as Elysia, close);
}

/** Listens on a free port, reports the URL to the parent process, and closes when told to stop. */
export function listen(app: Elysia, close?: () => Promise<unknown>): void {
  app.listen({ port: 0, hostname: "127.0.0.1" });
  report({ url: `http://127.0.0.1:${app.server?.port}` });
  process.once("SIGTERM", async () => {
    await app.server?.stop(true);
    await close?.();
    process.exit(0);
  });
}
