/** @jsxImportSource preact */
/** The pages that links in mails lead to. Opening one changes nothing, because programs open links, too; its button does. */
import type { ComponentChildren } from "preact";
import { renderToString } from "preact-render-to-string";
import type { Site } from "../../web/mod.ts";

/** A page: what it says, and perhaps a button, which sends a POST to the page's own address. */
interface Shown {
  readonly title: string;
  readonly description: string;
  readonly text: ComponentChildren;
  readonly button?: string;
}

const NOTICE = <a href="/public/legal/marketing">what you agree to</a>;

const PAGES = {
  unsubscribe: {
    title: "Unsubscribe",
    description: "End marketing mail from Levqor to your address, with one button and without signing in.",
    text: "No more marketing mail will be sent to your address. You still get mails that belong to the service.",
    button: "Unsubscribe",
  },
  unsubscribed: {
    title: "You are unsubscribed",
    description: "Marketing mail from Levqor to your address has ended, and nothing else is left for you to do.",
    text: "No more marketing mail is sent to your address from now on.",
  },
  confirm: {
    title: "Confirm that you want news from Levqor",
    description: "Confirm that you want news from Levqor at your e-mail address, or close the page if you do not.",
    text: <>Read {NOTICE} first. You can end it whenever you like. If you did not ask for this, close the page.</>,
    button: "Yes, send me news",
  },
  confirmed: {
    title: "You get news from Levqor",
    description: "Your e-mail address is confirmed, and you can end marketing mail from Levqor whenever you like.",
    text: "Your address is confirmed. Each mail has a link with which you can end it.",
  },
  confirmation_expired: {
    title: "The link has expired",
    description:
      "The link to confirm your e-mail address can no longer be used, and nothing was changed by opening it.",
    text: "Links confirm an address for 7 days. Ask for news again to get another one.",
  },
  confirmation_used: {
    title: "The link was used before",
    description: "The link to confirm your e-mail address was used before, and marketing mail has been ended since.",
    text: "You confirmed your address with it, and unsubscribed since. Ask for news again to get another link.",
  },
  confirmation_unknown: {
    title: "The link is not complete",
    description:
      "The link to confirm your e-mail address is not one that was mailed, and nothing was changed by opening it.",
    text: "This is not a link that was mailed. Was it copied completely?",
  },
} as const satisfies Record<string, Shown>;

export type PageName = keyof typeof PAGES;

/** Where a page is, without the token that follows. */
function placeOf(name: PageName): string {
  return name.startsWith("unsub") ? "/unsubscribe" : "/marketing/confirm";
}

/** When these pages changed: with the service. */
const MODIFIED = new Date();

export function showPage(site: Pick<Site, "show">, request: Request, name: PageName): Promise<Response> {
  const { title, description, text, button }: Shown = PAGES[name];
  const body = renderToString(
    <>
      <p>{text}</p>
      {button !== undefined && (
        <form method="post">
          <button type="submit">{button}</button>
        </form>
      )}
    </>,
  );
  return site.show(request, { title, description, address: placeOf(name), body, modified: MODIFIED, is_own: true });
}
