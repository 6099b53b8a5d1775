import type { Check } from "../evidence.ts";
import { attemptsAlone, attemptsInTime } from "./attempts.ts";
import { callbacksArrived } from "./callbacks.ts";
import { effectsClaimed, effectsOnce, resultsTrue, stepsBuildOnRecord } from "./effects.ts";
import { politeUnharmed } from "./harm.ts";
import { allSettled, endAsExpected, statusTrue } from "./jobs.ts";
import { oneOfAKey } from "./limits.ts";
import { acknowledgedExist, dense, relayed, replayed, streamed, unchanged } from "./log.ts";
import { forgotten, oneUserAnAddress, sealed, signedInOnce } from "./people.ts";
import { noCrash, promisesKept, stopsInPeace } from "./processes.ts";
import { schedulesOnce } from "./schedules.ts";

/** Every check, in the order of the table. `isRun`: whether anybody runs a workflow. */
export function allChecks(isRun: (workflow: string) => boolean): Check[] {
  return [
    dense,
    unchanged,
    acknowledgedExist,
    promisesKept,
    allSettled(isRun),
    endAsExpected,
    statusTrue,
    attemptsAlone,
    attemptsInTime,
    oneOfAKey,
    schedulesOnce,
    effectsClaimed,
    effectsOnce,
    resultsTrue,
    stepsBuildOnRecord,
    callbacksArrived,
    replayed,
    relayed,
    streamed,
    sealed,
    forgotten,
    oneUserAnAddress,
    signedInOnce,
    politeUnharmed,
    noCrash,
    stopsInPeace,
  ];
}
