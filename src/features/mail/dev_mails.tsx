/** @jsxImportSource preact */
/** `GET /_dev/mails`: in development without a key for Resend, the mails that this process would have sent. */
import Negotiator from "negotiator";
import { renderToString } from "preact-render-to-string";
import type { Page } from "../../http/page.ts";
import { OUTBOX_MAX, type Outbox } from "../../mail/mod.ts";
import type { FeatureParts } from "../feature.ts";

const PATH = "/_dev/mails";

/** None in production, or where mail is sent. */
export function devMailPages({
  mail: { outbox },
  site,
  config,
}: Pick<FeatureParts, "mail" | "site" | "config">): Page[] {
  if (!outbox || config.production) return [];
  return [
    {
      path: PATH,
      async render(request) {
        const mails = outbox.mails();
        const negotiator = new Negotiator({ headers: { accept: request.headers.get("accept") ?? "*/*" } });
        const headers = { "cache-control": "no-store" };
        if (negotiator.mediaType(["application/json", "text/html"]) !== "text/html") {
          return Response.json({ data: mails }, { headers });
        }
        const page = await site.show(request, {
          title: "Mails in development",
          description: "Mails that this process would have sent if RESEND_API_KEY were set. They are in memory only.",
          address: PATH,
          body: renderToString(<Mails mails={mails} />),
          modified: new Date(),
        });
        page.headers.set("cache-control", "no-store");
        return page;
      },
    },
  ];
}

function Mails({ mails }: { mails: ReturnType<Outbox["mails"]> }) {
  if (mails.length === 0) return <p>This process has not sent any mail yet.</p>;
  return (
    <>
      <p>The newest {OUTBOX_MAX} are kept, until the process ends. Nothing was sent.</p>
      {mails.map(({ mail_id, at, from, to, subject, text }) => (
        <section key={mail_id}>
          <h2>{subject}</h2>
          <p>
            From {from} to {to}, {at}
          </p>
          <pre>{linked(text)}</pre>
        </section>
      ))}
    </>
  );
}

/** A text with its URLs as links. */
function linked(text: string) {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((part, index) => (index % 2 === 1 ? <a href={part}>{part}</a> : part));
}
