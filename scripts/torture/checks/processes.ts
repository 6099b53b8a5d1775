/** The processes themselves, and what clients experienced. */
import type { Check } from "../evidence.ts";

export const noCrash: Check = {
  name: "no process of the service crashes, or says that it must",
  run: ({ exits, fatal }) => {
    // A process that cannot start exits with 1: its database may be down. Any other exit by itself is a crash.
    const byThemselves = exits.filter(({ sent, was_ready, code }) => sent === undefined && (was_ready || code !== 1));
    return {
      looked_at: `${exits.length} exits of processes`,
      faults: [
        ...byThemselves.map(
          ({ name, how, at }) => `${name} exited by itself with ${how} at ${new Date(at).toISOString()}`,
        ),
        ...fatal.map((line) => `fatal: ${line}`),
      ],
    };
  },
};

export const stopsInPeace: Check = {
  name: "every process of the service stops when told to",
  run: ({ exit_codes }) => ({
    looked_at: `${exit_codes.size} processes`,
    faults: [...exit_codes].flatMap(([name, code]) => (code === 0 ? [] : [`${name} exited with ${code ?? "SIGKILL"}`])),
  }),
};

export const promisesKept: Check = {
  name: "repeated requests return the same job, and a job exists as soon as it is acknowledged",
  run: ({ said, acknowledged }) => ({ looked_at: `${acknowledged.length} jobs`, faults: said }),
};
