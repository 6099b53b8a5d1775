/** `GET /status`: what `/ops/uptime` says, for people. */
import { Elysia } from "elysia";
import { contextOf } from "../../http/context.ts";
import type { ApiOptions } from "../../http/options.ts";
import type { UptimeReport } from "./uptime.ts";

const PATH = "/status";

/** What the state is, in words. */
const STATES: Readonly<Record<UptimeReport["status"], string>> = {
  operational: "Everything works",
  maintenance: "Planned maintenance",
  minor: "Some things do not work well",
  major: "Much does not work",
  critical: "Nothing works",
};

/** Below so many percent a day is no longer a good one, and below so many a bad one. */
const GOOD_FROM = 99.9;
const FAIR_FROM = 99;

/** Of the picture of days, in its own units. */
const BAR = { width: 8, step: 10, height: 40 };

export function statusPageRoutes(
  { site, logger }: Pick<ApiOptions, "site" | "logger">,
  report: () => Promise<UptimeReport>,
) {
  return new Elysia({ name: "levqor/status-page" }).get(
    PATH,
    async ({ request }) => {
      const told = await report().catch((error) => {
        logger.warn(
          { err: error, request_id: contextOf(request).request_id },
          "The status page cannot read the uptime",
        );
        return undefined;
      });
      const shown = await site.show(request, {
        title: "Status",
        description: "Whether Levqor works now, how it has done on each of the last ninety days, and what went wrong.",
        address: PATH,
        body: told ? bodyOf(told) : UNKNOWN,
        modified: new Date(),
      });
      shown.headers.set("cache-control", "public, max-age=5");
      return told ? shown : new Response(shown.body, { status: 503, headers: shown.headers });
    },
    { detail: { hide: true } },
  );
}

const UNKNOWN = `<p class="state critical" role="status">The service cannot reach its database</p>
<p>Nothing is taken in until it can. What was accepted is not lost. This page tells more as soon as the database answers.</p>`;

function bodyOf({ status, uptime_percent, days, outages, incidents, ts }: UptimeReport): string {
  const [open, over] = [
    incidents.filter((one) => one.status === "open"),
    incidents.filter((one) => one.status !== "open"),
  ];
  return [
    `<p class="state ${status}" role="status">${STATES[status]}</p>`,
    `<p class="meta">As of ${time(new Date(ts * 1000).toISOString())}. For programs: <a href="/ops/uptime">/ops/uptime</a>.</p>`,
    ...(open.length > 0 ? ["<h2>Now</h2>", ...open.map(incidentOf)] : []),
    "<h2>Day by day</h2>",
    dayByDay({ uptime_percent, days }),
    "<h2>Outages</h2>",
    outages.length === 0
      ? "<p>None on these days: in every minute there was a sign of life.</p>"
      : `<div class="table"><table><thead><tr><th>from</th><th>to</th><th>minutes</th></tr></thead><tbody>${outages
          .map(
            (outage) =>
              `<tr><td>${time(outage.from)}</td><td>${outage.ongoing ? "now" : time(outage.to)}</td><td>${outage.minutes}</td></tr>`,
          )
          .join("")}</tbody></table></div>`,
    "<h2>Incidents</h2>",
    over.length === 0 ? "<p>None that is over on these days.</p>" : over.map(incidentOf).join("\n"),
    "<h2>How this is measured</h2>",
    "<p>Each process of the service records a sign of life twice a minute, in the same log as everything else. A minute " +
      "without one of any process is down. Days are UTC. Incidents are told by the people who run the service.</p>",
  ].join("\n");
}

function dayByDay({ uptime_percent, days }: Pick<UptimeReport, "uptime_percent" | "days">): string {
  if (uptime_percent === null) return "<p>The service has been started for the first time within the last minute.</p>";
  const of = days.length === 1 ? "one day" : `${days.length} days`;
  return `<p>Up in ${percent(uptime_percent)} of the minutes of ${of}.</p>\n${picture(days)}`;
}

function picture(days: UptimeReport["days"]): string {
  const [first, last] = [days[0]?.date ?? "", days.at(-1)?.date ?? ""];
  const bars = days.map(
    ({ date, uptime_percent }, i) =>
      `<rect class="${quality(uptime_percent)}" x="${i * BAR.step}" y="0" width="${BAR.width}" height="${BAR.height}" rx="2"><title>${date}: ${percent(uptime_percent)}</title></rect>`,
  );
  const bad = days.filter(({ minutes_down }) => minutes_down > 0);
  const label = `Uptime from ${first} to ${last}: ${bad.length === 0 ? "no day with an outage" : `${bad.length} of ${days.length} days with an outage`}.`;
  const width = (days.length - 1) * BAR.step + BAR.width;
  return `<figure class="uptime"><svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${BAR.height}" width="${width}" height="${BAR.height}">${bars.join("")}</svg>
<figcaption>${first === last ? first : `${first} to ${last}`}. ${bad.length === 0 ? "" : `Worst: ${worst(bad)}.`}</figcaption></figure>`;
}

function worst(days: UptimeReport["days"]): string {
  const { date, uptime_percent } = days.reduce((a, b) => (b.minutes_down > a.minutes_down ? b : a));
  return `${date}, ${percent(uptime_percent)}`;
}

function quality(uptime: number | null): string {
  if (uptime === null) return "untold";
  if (uptime >= GOOD_FROM) return "good";
  return uptime >= FAIR_FROM ? "fair" : "bad";
}

function incidentOf({ title, messages }: UptimeReport["incidents"][number]): string {
  const lines = messages
    .toReversed()
    .map(
      ({ status, impact, message, at }) =>
        `<dt>${time(at)} · ${status} · ${impact}</dt><dd>${Bun.escapeHTML(message).replaceAll("\n", "<br>")}</dd>`,
    );
  return `<section class="incident"><h3>${Bun.escapeHTML(title)}</h3><dl>${lines.join("")}</dl></section>`;
}

function percent(value: number | null): string {
  return value === null ? "nothing to tell yet" : `${value.toFixed(2)} %`;
}

function time(at: string): string {
  return `<time datetime="${at}">${at.slice(0, 16).replace("T", " ")} UTC</time>`;
}
