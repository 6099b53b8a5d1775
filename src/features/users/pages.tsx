/** @jsxImportSource preact */
/** The page that the link in a mail to a new address leads to. Opening it changes nothing: programs that scan mail open every link. */
import { statSync } from "node:fs";
import { actingPage, Submit } from "../../http/acting_page.tsx";
import type { ApiOptions } from "../../http/options.ts";
import type { Page } from "../../http/page.ts";
import { EMAIL_CHANGE_PATH } from "./email_change.ts";

const modified = statSync(import.meta.path).mtime;

export function emailChangePage({ site }: Pick<ApiOptions, "site">): Page {
  return actingPage(site, {
    address: EMAIL_CHANGE_PATH,
    title: "Confirm your new address",
    description: "One more step: confirm that you want to sign in to Levqor with this address from now on.",
    forms: <Confirmation />,
    script: "/public/assets/email_change.js",
    modified,
  });
}

/** The script shows what is needed. The link to sign in opens another tab: the token stays in this one. */
function Confirmation() {
  return (
    <>
      <form id="confirm">
        <Submit text="Confirm the address" />
      </form>
      <p id="again" hidden>
        <a href={`/auth/sign-in?next=${EMAIL_CHANGE_PATH}`} target="_blank" rel="noopener">
          Sign in
        </a>{" "}
        with your present address first. Then come back to this tab.
      </p>
    </>
  );
}
