import type { TracingOptions } from "./otel.ts";
import { noTracing, type Tracing } from "./tracing.ts";

/** Traces to the configured collector; without one, nothing is loaded for it. */
export async function openTracing({
  endpoint,
  ...options
}: Omit<TracingOptions, "endpoint"> & { readonly endpoint: string | undefined }): Promise<Tracing> {
  if (endpoint === undefined) return noTracing;
  const { otelTracing } = await import("./otel.ts");
  return otelTracing({ ...options, endpoint });
}
