import { join } from "node:path";
import { clusterExists, clusterPaths, DATABASE, loadSettings, SERVICE_ROLE } from "./cluster.ts";

/**
 * The URL, for the service's own role, of the embedded database in a data folder, whichever process runs it.
 * `undefined` if there is none. Contains a password.
 */
export function embeddedUrl(dir: string): string | undefined {
  const paths = clusterPaths(join(dir, "postgres"));
  if (!clusterExists(paths)) return undefined;
  const { port, service_password } = loadSettings(paths);
  return `postgres://${SERVICE_ROLE}:${service_password}@127.0.0.1:${port}/${DATABASE}`;
}
