import type { Cluster } from "./cluster.ts";

/** The input of every benchmark. */
export interface Context {
  readonly cluster: Cluster;
  /** A smoke run: it shows that everything works, its figures are meaningless. */
  readonly quick: boolean;
}
