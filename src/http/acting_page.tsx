/** @jsxImportSource preact */
/** Pages with a form that calls the API by one script file. */

import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import type { ApiOptions } from "./options.ts";
import type { Page } from "./page.ts";

/** As of other pages, with this service's own scripts, and calls. */
const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface ActingPage {
  /** Its path. */
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly forms: VNode;
  /** The path of its script. */
  readonly script: string;
  readonly modified: Date;
}

/** A page that acts. What follows the # in its address is known to its script alone. */
export function actingPage(site: ApiOptions["site"], { forms, script, ...shown }: ActingPage): Page {
  const body = renderToString(
    <>
      {forms}
      <p id="outcome" role="status" />
      <noscript>
        <p>This page needs JavaScript.</p>
      </noscript>
      <script type="module" src={script} />
    </>,
  );
  return {
    path: shown.address,
    async render(request) {
      const response = await site.show(request, { ...shown, body });
      response.headers.set("content-security-policy", POLICY);
      return response;
    },
  };
}

/** The button that sends a form. */
export function Submit({ text }: { text: string }) {
  return (
    <p>
      <button type="submit" class="button main">
        {text}
      </button>
    </p>
  );
}
