/** Callbacks: every receiver was notified, correctly, and can detect a repetition. */
import type { Check, Evidence } from "../evidence.ts";
import type { CallbackPost } from "../stand_in.ts";
import { ENDS } from "../standing.ts";

export const callbacksArrived: Check = {
  name: "every callback arrived at least once, signed, with one id and one body",
  run: ({ histories, callbacks }) => {
    const byId = Map.groupBy(callbacks, ({ webhook_id }) => webhook_id);
    const faults = [...byId].flatMap(([id, posts]) => [...wrongOf(id, posts, histories)]);
    let wanted = 0;
    for (const [jobId, history] of histories) {
      const { callback_url } = history[0]?.data ?? {};
      if (callback_url === undefined || !history.some(({ type }) => ENDS.has(type))) continue;
      wanted++;
      const posts = byId.get(`msg_${jobId}`) ?? [];
      const taken = posts.some(
        ({ status, name }) => status < 300 && new URL(callback_url).pathname.endsWith(`/${name}`),
      );
      if (!taken) faults.push(`job ${jobId} finished, and its receiver accepted none of ${posts.length} POSTs`);
    }
    return { looked_at: `${wanted} callbacks, ${callbacks.length} POSTs`, faults };
  },
};

function* wrongOf(webhook_id: string, posts: readonly CallbackPost[], histories: Evidence["histories"]) {
  const jobId = webhook_id.replace(/^msg_/, "");
  const end = histories.get(jobId)?.find(({ type }) => ENDS.has(type));
  const told = JSON.parse(posts[0]?.body ?? "{}");
  if (!end || told.type !== end.type || told.data?.job_id !== jobId) {
    yield `${webhook_id} reports ${told.type} of ${told.data?.job_id}; the log has ${end?.type}`;
  }
  if (new Set(posts.map(({ body }) => body)).size > 1) yield `${webhook_id} came with different bodies`;
  if (new Set(posts.map(({ name }) => name)).size > 1) yield `${webhook_id} came to several receivers`;
  for (const { forged } of posts) if (forged) yield `${webhook_id}: ${forged}`;
}
