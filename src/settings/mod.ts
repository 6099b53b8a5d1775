/**
 * The kit for settings. Code that reads its own environment variables declares them in a `settings.ts` next to it, as
 * one group; `src/config.ts` gathers the groups.
 */
export { closestName } from "./closest.ts";
export {
  type Deployment,
  type Environment,
  type Group,
  type Role,
  type SettingsOf,
  settings,
} from "./group.ts";
export { integer, list, matching, oneOf, ratio, urlOf } from "./readers.ts";
export { InvalidSettingError, passwordsOf, type Setting, setting } from "./setting.ts";
