/** The database that a script works on. */
import { type Config, ConfigError, loadConfig } from "../src/config.ts";
import { DataDirInUseError, embeddedUrl, startEmbedded } from "../src/db/mod.ts";
import { UsageError } from "./arguments.ts";

/**
 * Opens the database as the service is configured. Starts the embedded one if no service runs it. Throws a
 * {@link UsageError} if the settings are invalid or there is no database.
 */
export async function openDatabase(): Promise<{ url: string; close: () => Promise<void> }> {
  const config = configured();
  if (config.database_url) return { url: config.database_url, close: async () => {} };
  const url = embeddedUrl(config.data_dir);
  if (!url) throw new UsageError(`There is no database in ${config.data_dir}: set DATABASE_URL or LEVQOR_DATA_DIR`);
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  try {
    const embedded = await startEmbedded({ dir: config.data_dir, logger: quiet });
    return { url: embedded.url, close: () => embedded.stop() };
  } catch (error) {
    // The service runs it.
    if (error instanceof DataDirInUseError) return { url, close: async () => {} };
    throw error;
  }
}

/** The settings of the service. Throws a {@link UsageError} if they are invalid. */
export function configured(): Config {
  try {
    return loadConfig(process.env, []) as Config;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
