/** A logger for what is measured: only faults are reported. */
export const silent = {
  debug() {},
  info() {},
  warn() {},
  error: console.error,
  isLevelEnabled: (level: string) => level === "error" || level === "fatal",
};
