/** Nothing was recorded: the database cannot be reached, or more is waiting than may wait. */
export class LogUnavailableError extends Error {
  override readonly name = "LogUnavailableError";
}

/** The connection broke while the append was under way, and what became of it could not be learned in time. */
export class AppendInDoubtError extends Error {
  override readonly name = "AppendInDoubtError";
}
