/** Jobs about somebody: what is recorded is sealed, and what runs sees it as it is. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { commandJob } from "../../../src/jobs/mod.ts";
import { openService, type Service, until, workshop } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

const subject = `subject:${"a".repeat(64)}`;
const about = { subject };
const SECRET = "ada@example.com";

/** All that the log has of a job, as text. */
const recorded = async (id: string) =>
  (await service.recorded.readStream(`job-${id}`)).map(({ data_json, meta_json }) => data_json + meta_json).join("\n");

test("a job's payload and result are sealed, and its connector gets them opened", async () => {
  service.start(workshop());
  const id = await service.submit("noop", { payload: { n: 7_777 } }, about);
  expect((await service.reaches(id, "succeeded")).result).toEqual({ n: 7_777 });
  expect(await recorded(id)).not.toContain("7777");
  const metas = (await service.history(id)).map(({ meta }) => meta.subject);
  expect(metas).toEqual([subject, subject, subject]);
});

test("steps hand on outputs, messages and comments that nobody else can read", async () => {
  service.start(workshop());
  const steps = [
    { id: "first", uses: "noop", with: { n: "{{ payload.n }}" }, if: `{{ payload.email == "${SECRET}" }}` },
    { id: "each", uses: "noop", for_each: { items: `{{ ["${SECRET}"] }}` }, with: { n: 0 } },
    { id: "approve", wait_for_approval: { message: `Write to {{ payload.email }}, not ${SECRET}?` } },
    { id: "last", uses: "noop", with: { n: "{{ steps.first.output.n + 1 }}" } },
  ];
  const id = await service.submit("many", { payload: { n: 7_777, email: SECRET }, steps }, about);
  await until(async () => (await service.state(id)).waiting === "approval", { what: "the approval" });
  expect((await service.state(id)).step_states.get("approve")?.message).toBe(`Write to ${SECRET}, not ${SECRET}?`);
  const command = {
    type: "approve",
    step: "approve",
    approved: true,
    by: "key:1",
    comment: SECRET,
    party: new Set<string>(),
  } as const;
  await commandJob(service.log, {
    job_id: id,
    reach: EVERYTHING,
    command,
    meta: { actor: "key:1", correlation_id: id },
  });
  const { result } = await service.reaches(id, "succeeded");
  expect(result).toEqual({ n: 7_778 });
  const text = await recorded(id);
  for (const one of [SECRET, "7777", "7778"]) expect(text).not.toContain(one);
});

test("a failed job's message and details are sealed; its code is not", async () => {
  service.start(workshop());
  const id = await service.submit("refusing", {}, about);
  const { error } = await service.reaches(id, "failed");
  expect(error).toEqual({ code: "card_declined", message: "The card was declined.", detail: { card: 4242 } });
  const text = await recorded(id);
  expect(text).toContain("card_declined");
  expect(text).not.toMatch(/The card was|4242/);
});

test("a job that waits when its subject is erased never runs", async () => {
  const { connectors, runs } = workshop();
  const id = await service.submit("noop", { payload: { n: 7 } }, about);
  await service.vault.destroy(subject, ["profile"]);
  service.start({ connectors });
  const { error, payload, erased } = await service.reaches(id, "failed");
  expect({ error, payload, erased }).toEqual({
    error: { code: "subject_erased", message: "The message was erased." },
    payload: {},
    erased: true,
  });
  expect(runs).toEqual([]);
});

test("what a job that is running reports after the erasure is recorded, and lost", async () => {
  const shop = workshop();
  service.start(shop);
  const id = await service.submit("gate", {}, about);
  await until(() => shop.runs.length > 0, { what: "the job to run" });
  await service.vault.destroy(subject, ["profile"]);
  shop.release();
  expect(await service.reaches(id, "succeeded")).toMatchObject({ result: null, erased: true });
  expect(await recorded(id)).not.toContain("opened");
});
