/** Elysia and one plain INSERT per request. */
import { connect } from "../../src/db/mod.ts";
import { argument } from "../support/child.ts";
import { serve } from "./serve.ts";

const { database_url } = argument<{ database_url: string }>();
const sql = connect(database_url);
await sql`
  create table if not exists intake (
    id uuid primary key,
    workflow text not null,
    body json not null,
    status text not null default 'queued',
    created_at timestamptz not null default now()
  )`;

serve(
  async (job) => {
    const id = Bun.randomUUIDv7();
    await sql`insert into intake (id, workflow, body) values (${id}, ${job.workflow}, ${JSON.stringify(job)})`;
    return id;
  },
  () => sql.end(),
);
