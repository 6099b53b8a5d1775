/** A logger for what is measured: only what goes wrong is told. */
export const silent = {
  debug() {},
  info() {},
  warn() {},
  error: console.error,
  isLevelEnabled: (level: string) => level === "error" || level === "fatal",
};
