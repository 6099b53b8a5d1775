/** Runs projections: batches, checkpoints, new versions, rebuilds, verification. */
export { pagesAt } from "./pages_at.ts";
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
