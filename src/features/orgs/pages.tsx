/** @jsxImportSource preact */
/** The page that the link in an invitation leads to. Opening it accepts nothing: programs that scan mail open every link. */
import { statSync } from "node:fs";
import { actingPage, Submit } from "../../http/acting_page.tsx";
import type { ApiOptions } from "../../http/options.ts";
import type { Page } from "../../http/page.ts";

export const INVITATION_PATH = "/invitation";

const modified = statSync(import.meta.path).mtime;

export function invitationPage({ site }: Pick<ApiOptions, "site">): Page {
  return actingPage(site, {
    address: INVITATION_PATH,
    title: "Invitation to an organisation",
    description: "Somebody invited you to work with them on Levqor: see which organisation it is, and join it.",
    forms: <Invitation />,
    script: "/public/assets/invitation.js",
    modified,
  });
}

/** The script shows what is needed. The link to sign in opens another tab: the token stays in this one. */
function Invitation() {
  return (
    <>
      <form id="again" hidden>
        <p>
          <a href={`/auth/sign-in?next=${INVITATION_PATH}`} target="_blank" rel="noopener">
            Sign in
          </a>{" "}
          with the address that the invitation was mailed to. Then come back to this tab.
        </p>
        <Submit text="Continue" />
      </form>
      <form id="accept" hidden>
        <p id="offer" />
        <Submit text="Join" />
      </form>
      <form id="terms" hidden>
        <p>
          First read <a href="/public/legal/terms">the terms</a>.
        </p>
        <Submit text="Accept the terms and join" />
      </form>
    </>
  );
}
