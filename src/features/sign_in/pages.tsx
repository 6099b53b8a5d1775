/** @jsxImportSource preact */
/** The pages on which people sign in. They work with one script file, and the token never leaves the fragment but in a POST. */
import { statSync } from "node:fs";
import { actingPage, Submit } from "../../http/acting_page.tsx";
import type { ApiOptions } from "../../http/options.ts";
import type { Page } from "../../http/page.ts";

const SIGN_IN_PATH = "/auth/sign-in";
/** What the mailed link leads to. Opening it uses nothing up: programs that scan mail open every link. */
const LINK_PATH = "/auth/link";

const script = "/public/assets/sign_in.js";
const modified = statSync(import.meta.path).mtime;

export function signInPages({ site }: Pick<ApiOptions, "site">): Page[] {
  return [
    actingPage(site, {
      address: SIGN_IN_PATH,
      title: "Sign in",
      description: "Sign in to Levqor with a link or a code that is mailed to you. There is no password.",
      forms: <SignIn />,
      script,
      modified,
    }),
    actingPage(site, {
      address: LINK_PATH,
      title: "Sign in to Levqor",
      description: "One more step: confirm that it is you who wants to sign in, in this browser.",
      forms: <Link />,
      script,
      modified,
    }),
  ];
}

function SignIn() {
  return (
    <>
      <form id="ask">
        <p>
          <label for="email">Your e-mail address</label>{" "}
          <input id="email" name="email" type="email" autocomplete="email" required maxLength={254} />
        </p>
        <Submit text="Mail me a link" />
      </form>
      <form id="enter" hidden>
        <p>Open the link in the mail, or enter the code that is beside it.</p>
        <p>
          <label for="code">Code</label>{" "}
          <input id="code" name="code" autocomplete="one-time-code" required minLength={8} maxLength={9} />
        </p>
        <Submit text="Sign in" />
      </form>
    </>
  );
}

function Link() {
  return (
    <form id="confirm">
      <Submit text="Sign in" />
    </form>
  );
}
