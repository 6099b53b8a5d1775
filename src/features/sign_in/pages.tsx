/** @jsxImportSource preact */
/** The pages on which people sign in. They work with one script file, and the token never leaves the fragment but in a POST. */
import { statSync } from "node:fs";
import { renderToString } from "preact-render-to-string";
import type { ApiOptions } from "../../http/options.ts";
import type { Page } from "../../http/page.ts";

const SIGN_IN_PATH = "/auth/sign-in";
/** What the mailed link leads to. Opening it uses nothing up: programs that scan mail open every link. */
const LINK_PATH = "/auth/link";

const SCRIPT = "/public/assets/sign_in.js";

/** As of other pages, with this service's own scripts, and calls. */
const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MODIFIED = statSync(import.meta.path).mtime;

export function signInPages({ site }: Pick<ApiOptions, "site">): Page[] {
  return [
    page({
      address: SIGN_IN_PATH,
      title: "Sign in",
      description: "Sign in to Levqor with a link or a code that is mailed to you. There is no password.",
      body: renderToString(<SignIn />),
    }),
    page({
      address: LINK_PATH,
      title: "Sign in to Levqor",
      description: "One more step: confirm that it is you who wants to sign in, in this browser.",
      body: renderToString(<Link />),
    }),
  ];

  function page({ address, ...shown }: { address: string; title: string; description: string; body: string }): Page {
    return {
      path: address,
      async render(request) {
        const response = await site.show(request, { ...shown, address, modified: MODIFIED });
        response.headers.set("content-security-policy", POLICY);
        response.headers.set("referrer-policy", "no-referrer");
        return response;
      },
    };
  }
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
      <Rest />
    </>
  );
}

function Submit({ text }: { text: string }) {
  return (
    <p>
      <button type="submit" class="button main">
        {text}
      </button>
    </p>
  );
}

function Link() {
  return (
    <>
      <form id="confirm">
        <Submit text="Sign in" />
      </form>
      <Rest />
    </>
  );
}

function Rest() {
  return (
    <>
      <p id="outcome" role="status" />
      <noscript>
        <p>This page needs JavaScript.</p>
      </noscript>
      <script type="module" src={SCRIPT} />
    </>
  );
}
