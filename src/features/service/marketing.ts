/** `GET /api/v1/marketing/summary`: the service's marketing texts, with figures that support them. */

import { hash } from "node:crypto";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { problems } from "../../http/problems.ts";
import { route } from "../../http/route.ts";
import { publicFigures } from "./metrics.ts";
import { MarketingSummary } from "./schemas.ts";

const EXAMPLE = {
  headlines: [{ id: "accounted_for", title: "Every job done, or accounted for" }],
  calls_to_action: [{ id: "first_job", label: "Run your first job", href: "/public/docs/getting-started" }],
  selling_points: [
    {
      id: "durable",
      title: "Accepted means durable",
      text: "A submission is confirmed after the commit, never before.",
    },
  ],
  figures: { uptime_rolling_7d: 99.98, jobs_today: 4711, audit_coverage: 100, last_updated: 1768469400 },
};

export function marketingRoutes(options: Pick<ApiOptions, "log" | "sql" | "projector" | "site">) {
  return [
    route(
      {
        method: "GET",
        path: "/api/v1/marketing/summary",
        id: "getMarketingSummary",
        tag: tags.service,
        summary: "Get headlines, selling points and figures",
        description:
          "For pages that present the service. The texts come from public/marketing and contain no numbers; the figures are those of GET /public/metrics, computed from the event log.",
        conditional: true,
        responses: {
          200: {
            description: "The texts and figures.",
            schema: MarketingSummary,
            example: EXAMPLE,
          },
        },
        errors: [problems.read_model_behind],
      },
      async (call) => {
        const text = JSON.stringify({ ...options.site.marketing(), figures: await publicFigures(options) });
        call.set.headers["content-type"] = "application/json";
        call.set.headers["cache-control"] = "public, max-age=60";
        call.etag(hash("sha256", text, "base64url").slice(0, 22));
        return text;
      },
    ),
  ];
}
