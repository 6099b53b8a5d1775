// The page /invitation.

import { call, explain, onSubmit, say, send } from "./form.js";

const token = location.hash.slice(1);
/** The version of the terms that must be accepted first. */
let terms_version;

/** Shows one form, or none. */
function show(id) {
  for (const form of document.forms) form.hidden = form.id !== id;
}

async function look() {
  if (token === "") {
    show(undefined);
    return say("Open the link in the mail that invites you, or go back to the tab in which you opened it.");
  }
  const answer = await send("/api/v1/invitations/preview", { token });
  if (!answer) return show("again");
  const { ok, body } = answer;
  if (ok) {
    document.getElementById("offer").textContent =
      `${body.name} invites you to join it. Your role will be: ${body.role}.`;
    return show("accept");
  }
  if (body.error === "unauthorized" || body.error === "session_required") return show("again");
  show(undefined);
  explain(body);
}

async function accept() {
  const answer = await send("/api/v1/invitations/accept", { token });
  if (!answer) return;
  const { ok, body } = answer;
  if (ok) {
    show(undefined);
    return say(`You are a member of ${body.name} now.`);
  }
  if (body.error === "terms_not_accepted") {
    terms_version = body.terms_version;
    return show("terms");
  }
  explain(body);
}

onSubmit("again", look);
onSubmit("accept", accept);
onSubmit("terms", async () => {
  if (await call("/api/v1/terms", { terms_version })) await accept();
});
await look();
