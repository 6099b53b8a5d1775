/** The database that a script works on. */
import { loadConfig } from "../src/config.ts";
import { DataDirInUseError, embeddedUrl, startEmbedded } from "../src/db/mod.ts";
import { UsageError } from "./arguments.ts";

/** Opens the database as the service is configured. Starts the embedded one if no service runs it. */
export async function openDatabase(): Promise<{ url: string; close: () => Promise<void> }> {
  const config = loadConfig(process.env, []);
  if (config === "help") throw new Error("Nobody asked for help");
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
