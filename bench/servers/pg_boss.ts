/** Elysia and pg-boss: one `send` per request. Sends only, so supervision and schedules are off. */
import { PgBoss } from "pg-boss";
import { argument } from "../support/child.ts";
import { serve } from "./serve.ts";

const { database_url } = argument<{ database_url: string }>();
const boss = new PgBoss({ connectionString: database_url, supervise: false, schedule: false });
boss.on("error", console.error);
await boss.start();
await boss.createQueue("benchmark");

serve(
  async (job) => {
    const id = await boss.send("benchmark", job);
    if (id === null) throw new Error("pg-boss accepted no job");
    return id;
  },
  () => boss.stop(),
);
