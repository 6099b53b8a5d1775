import type { Cluster } from "./cluster.ts";

/** What every benchmark is given. */
export interface Context {
  readonly cluster: Cluster;
  /** A smoke run: it shows that everything works, its figures mean nothing. */
  readonly quick: boolean;
}
