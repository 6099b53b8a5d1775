/** After the load: waits until everything has settled, asks once more from outside, and gathers the evidence. */
import { join } from "node:path";
import { connect as connectNats } from "nats";
import { jobStream } from "../../events/job.ts";
import type { Client } from "./client.ts";
import { type Evidence, historiesOf, type JetStreamState } from "./evidence.ts";
import type { Harm } from "./harm.ts";
import { isRun, type Load } from "./load.ts";
import type { LogEvent, Observer } from "./observer.ts";
import type { People } from "./people.ts";
import type { Stage } from "./stage.ts";
import { standingOf } from "./standing.ts";
import type { Subscriber } from "./subscriber.ts";

const REPLAY = join(import.meta.dir, "../replay.ts");
const STREAM = "LEVQOR";
/**
 * Everything must be over by then. Generous: what was granted by a fast clock expires later, a callback that was lost
 * with its worker is sent 30 s later, and the machine may be busy.
 */
const SETTLE_LIMIT_MS = 180_000;
const CATCH_UP_MS = 30_000;
const STATUSES_AT_ONCE = 20;

export interface Witnesses {
  readonly stage: Stage;
  readonly client: Client;
  readonly load: Load;
  readonly harm: Harm;
  readonly people: People;
  readonly observer: Observer;
  /** By how they subscribe. */
  readonly subscribers: ReadonlyMap<string, Subscriber>;
  readonly signal: AbortSignal;
}

/** Waits until every process is up and no job is open; resolves in any case when that takes too long. */
export async function settle({ stage, observer, signal }: Witnesses, on_open: (open: number) => void): Promise<void> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  const processes = [stage.postgres.server, stage.nats, ...stage.services.values(), ...stage.external_workers.values()];
  while (performance.now() < deadline && !signal.aborted) {
    const down = processes.filter((each) => !each.isReady).length;
    const open = openJobs(observer.seen);
    if (open + down === 0) return;
    on_open(open + down);
    await Bun.sleep(500);
  }
}

/** Jobs of which something is still to come. */
export function openJobs(events: readonly LogEvent[]): number {
  return [...historiesOf(events).values()].filter((history) => standingOf(history, isRun).open !== undefined).length;
}

/** Queries everything once more, stops the services, and reads the log to its end. */
export async function gather(witnesses: Witnesses): Promise<Evidence> {
  const { stage, load, harm, people, observer, subscribers, signal } = witnesses;
  const jetstream = await relayed(witnesses);
  await subscribed(witnesses);
  await Promise.all([...subscribers.values()].map((subscriber) => subscriber.stop()));
  const [statuses, persons, replay] = await Promise.all([
    allStatuses(witnesses),
    people.look(signal),
    verifyReadModels(stage),
  ]);
  const processes = [...stage.services.values(), ...stage.external_workers.values()];
  const exits = processes.flatMap((each) => each.exits);
  const exit_codes = await stage.stopServices();
  await observer.stop();
  const events = await observer.readAll();
  await observer.close();
  return {
    acknowledged: load.acknowledged,
    said: [...load.said, ...harm.said],
    events,
    histories: historiesOf(events),
    seen: observer.seen,
    timeline: observer.timeline,
    requests: stage.stand_in.requests,
    callbacks: stage.stand_in.callbacks,
    statuses,
    replay,
    jetstream,
    streams: subscribers,
    polite: harm.times,
    persons,
    users: people.users,
    sign_ins: people.signIns,
    exits,
    fatal: stage.fatal,
    exit_codes,
  };
}

/** Gives the relay a little time to reach the current head of the log. */
async function relayed({ stage, observer, signal }: Witnesses): Promise<JetStreamState> {
  const head = observer.seen.at(-1)?.position ?? 0;
  const deadline = performance.now() + CATCH_UP_MS;
  let state: JetStreamState = { messages: 0, first: undefined, last: undefined, behind: head };
  while (state.behind > 0 && performance.now() < deadline && !signal.aborted) {
    state = await readJetStream(stage.nats_url, head).catch(() => state);
    if (state.behind > 0) await Bun.sleep(250);
  }
  return state;
}

async function readJetStream(url: string, head: number): Promise<JetStreamState> {
  const nats = await connectNats({ servers: url, reconnect: false, timeout: 2_000 });
  try {
    const { streams } = await nats.jetstreamManager({ timeout: 2_000 });
    const { state } = await streams.info(STREAM);
    const read = async (seq: number) => {
      const { header } = await streams.getMessage(STREAM, { seq });
      return { position: Number(header.get("Levqor-Position")), id: header.get("Nats-Msg-Id") };
    };
    const [first, last] = [await read(state.first_seq), await read(state.last_seq)];
    return {
      messages: state.last_seq - state.first_seq + 1 - (state.num_deleted ?? 0),
      first,
      last,
      behind: head - last.position,
    };
  } finally {
    await nats.close();
  }
}

/** Gives the subscribers a little time to see the newest event of a job. */
async function subscribed({ observer, subscribers, signal }: Witnesses): Promise<void> {
  const newest = observer.seen.findLast(({ stream_id }) => jobStream.matches(stream_id))?.position ?? 0;
  const deadline = performance.now() + CATCH_UP_MS;
  const behind = () => [...subscribers.values()].some(({ positions }) => (positions.at(-1) ?? 0) < newest);
  while (behind() && performance.now() < deadline && !signal.aborted) {
    await Bun.sleep(100);
  }
}

async function allStatuses({ client, load, signal }: Witnesses): Promise<Evidence["statuses"]> {
  const statuses = new Map<string, Awaited<ReturnType<Client["ask"]>>>();
  const left = load.acknowledged.map(({ job_id }) => job_id);
  const one = async () => {
    for (let job_id = left.pop(); job_id !== undefined && !signal.aborted; job_id = left.pop()) {
      statuses.set(job_id, await client.insist(`/api/v1/status/${job_id}`, { signal }));
    }
  };
  await Promise.all(Array.from({ length: STATUSES_AT_ONCE }, one));
  return statuses;
}

async function verifyReadModels({ postgres, folder }: Stage): Promise<Evidence["replay"]> {
  const child = Bun.spawn([process.execPath, REPLAY, "--verify"], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATABASE_URL: postgres.url },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, said: code === 0 ? out : `${out}${error}` };
}
