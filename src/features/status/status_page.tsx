/** @jsxImportSource preact */
/** `GET /status`: `/ops/uptime`, for people. */

import { type ComponentChildren, Fragment } from "preact";
import { renderToString } from "preact-render-to-string";
import { toTime } from "../../../events/time.ts";
import { contextOf } from "../../http/context.ts";
import type { ApiOptions } from "../../http/options.ts";
import type { Page } from "../../http/page.ts";
import type { UptimeReport } from "./uptime.ts";

export const STATUS_PATH = "/status";

/** The state, in words. */
const STATES: Readonly<Record<UptimeReport["status"], string>> = {
  operational: "All systems operational",
  maintenance: "Planned maintenance",
  minor: "Some things do not work well",
  major: "Much does not work",
  critical: "Nothing works",
};

/** Below this percentage a day is no longer good, and below that it is bad. */
const GOOD_FROM = 99.9;
const FAIR_FROM = 99;

/** The size of the picture of days, in its own units. */
const BAR = { width: 8, step: 10, height: 40 };

export function statusPage(
  { site, logger }: Pick<ApiOptions, "site" | "logger">,
  report: () => Promise<UptimeReport>,
): Page {
  /** Everybody who asks within a second or so gets the same report; rendering one takes half a millisecond. */
  const rendered = new WeakMap<UptimeReport, string>();
  const bodyOf = (told: UptimeReport) => {
    const body = rendered.get(told) ?? renderToString(<Report report={told} />);
    rendered.set(told, body);
    return body;
  };
  return {
    path: STATUS_PATH,
    async render(request) {
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
        address: STATUS_PATH,
        body: told ? bodyOf(told) : renderToString(<Unknown />),
        modified: new Date(),
      });
      shown.headers.set("cache-control", "public, max-age=5");
      return told ? shown : new Response(shown.body, { status: 503, headers: shown.headers });
    },
  };
}

function Unknown() {
  return (
    <>
      <p class="state critical" role="status">
        The service cannot reach its database
      </p>
      <p>
        No requests are accepted until it can. Nothing that was accepted is lost. This page shows details again when the
        database responds.
      </p>
    </>
  );
}

function Report({ report: { status, uptime_percent, days, outages, incidents, ts } }: { report: UptimeReport }) {
  const open = incidents.filter((one) => one.status === "open");
  const over = incidents.filter((one) => one.status !== "open");
  return (
    <>
      <p class={`state ${status}`} role="status">
        {STATES[status]}
      </p>
      <p class="meta">
        As of <Time at={toTime(ts * 1000)} />. For programs: <a href="/ops/uptime">/ops/uptime</a>.
      </p>
      {open.length > 0 && <h2>Current incidents</h2>}
      {open.map((incident) => (
        <Incident key={incident.incident_id} incident={incident} />
      ))}
      <h2>Day by day</h2>
      <DayByDay uptime_percent={uptime_percent} days={days} />
      <h2>Outages</h2>
      <Outages outages={outages} />
      <h2>Resolved incidents</h2>
      {over.length === 0 && <p>No resolved incidents in this period.</p>}
      {over.map((incident) => (
        <Incident key={incident.incident_id} incident={incident} />
      ))}
      <h2>How this is measured</h2>
      <p>
        Each process of the service records a heartbeat twice a minute, in the same log as everything else. A minute
        without a heartbeat from any process counts as down. Days are in UTC. Incidents are reported by the operators of
        the service.
      </p>
    </>
  );
}

function Outages({ outages }: Pick<UptimeReport, "outages">) {
  if (outages.length === 0) return <p>No outages in this period: there was a heartbeat in every minute.</p>;
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th>from</th>
            <th>to</th>
            <th>minutes</th>
          </tr>
        </thead>
        <tbody>
          {outages.map(({ from, to, ongoing, minutes }) => (
            <tr key={from}>
              <td>
                <Time at={from} />
              </td>
              <td>{ongoing ? "now" : <Time at={to} />}</td>
              <td>{minutes}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DayByDay({ uptime_percent, days }: Pick<UptimeReport, "uptime_percent" | "days">) {
  if (uptime_percent === null) return <p>The service has been started for the first time within the last minute.</p>;
  return (
    <>
      <p>
        Up {percent(uptime_percent)} of the time over {days.length === 1 ? "one day" : `${days.length} days`}.
      </p>
      <Picture days={days} />
    </>
  );
}

function Picture({ days }: Pick<UptimeReport, "days">) {
  const [first, last] = [days[0]?.date ?? "", days.at(-1)?.date ?? ""];
  const bad = days.filter(({ minutes_down }) => minutes_down > 0);
  const outages = bad.length === 0 ? "no day with an outage" : `${bad.length} of ${days.length} days with an outage`;
  const width = (days.length - 1) * BAR.step + BAR.width;
  return (
    <figure class="uptime">
      <svg
        role="img"
        aria-label={`Uptime from ${first} to ${last}: ${outages}.`}
        viewBox={`0 0 ${width} ${BAR.height}`}
        width={width}
        height={BAR.height}
      >
        {days.map(({ date, uptime_percent }, i) => (
          <rect
            key={date}
            class={quality(uptime_percent)}
            x={i * BAR.step}
            y="0"
            width={BAR.width}
            height={BAR.height}
            rx="2"
          >
            <title>{`${date}: ${percent(uptime_percent)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption>
        {first === last ? first : `${first} to ${last}`}. {bad.length > 0 && `Worst: ${worst(bad)}.`}
      </figcaption>
    </figure>
  );
}

function worst(days: UptimeReport["days"]): string {
  const { date, uptime_percent } = days.reduce((a, b) => (b.minutes_down > a.minutes_down ? b : a));
  return `${date}, ${percent(uptime_percent)}`;
}

function quality(uptime: number | null): string {
  if (uptime === null) return "no-data";
  if (uptime >= GOOD_FROM) return "good";
  return uptime >= FAIR_FROM ? "fair" : "bad";
}

function Incident({ incident: { title, messages } }: { incident: UptimeReport["incidents"][number] }) {
  return (
    <section class="incident">
      <h3>{title}</h3>
      <dl>
        {messages.toReversed().map(({ status, impact, message, at }) => (
          <Fragment key={at}>
            <dt>
              <Time at={at} /> · {status} · {impact}
            </dt>
            <dd>
              <Lines text={message} />
            </dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}

function Lines({ text }: { text: string }): ComponentChildren {
  return text.split("\n").flatMap((line, i) => (i === 0 ? [line] : [<br key={i} />, line]));
}

function percent(value: number | null): string {
  return value === null ? "no data yet" : `${value.toFixed(2)}%`;
}

function Time({ at }: { at: string }) {
  return <time datetime={at}>{at.slice(0, 16).replace("T", " ")} UTC</time>;
}
