/** Runs projections: batches, checkpoints, new versions, rebuilds, verification. */
export { type ProjectionStatus, type Projector, startProjector } from "./projector.ts";
export {
  type RebuildOptions,
  rebuild,
  rebuildAt,
  rowsAt,
  verify,
} from "./rebuild.ts";
export { resumeProjection } from "./resume.ts";
export type { ProjectorLogger } from "./runner.ts";
