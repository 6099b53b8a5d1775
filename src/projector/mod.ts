/** Runs projections: batches, checkpoints, new versions, rebuilds, verification. */
export type { Poison } from "./fold.ts";
export { type ProjectionStatus, type Projector, type ProjectorOptions, startProjector } from "./projector.ts";
export {
  type Difference,
  type Past,
  type RebuildOptions,
  rebuild,
  rebuildAt,
  type Verification,
  verify,
} from "./rebuild.ts";
export type { ProjectorLogger, RunnerState } from "./runner.ts";
export { projectorMigrations } from "./schema.ts";
