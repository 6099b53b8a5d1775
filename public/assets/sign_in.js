// The pages /auth/sign-in and /auth/link.

import { call, onSubmit } from "./form.js";

async function redeem(what) {
  const signed_in = await call("/auth/redeem", what);
  // The service has checked where this leads.
  if (signed_in) location.replace(signed_in.next);
}

onSubmit("ask", async (form) => {
  const next = new URLSearchParams(location.search).get("next");
  const asked = await call("/auth/sign-in", { email: form.get("email"), ...(next !== null && { next }) });
  if (!asked) return;
  document.getElementById("ask").hidden = true;
  document.getElementById("enter").hidden = false;
});
onSubmit("enter", (form) => redeem({ code: form.get("code") }));
onSubmit("confirm", () => redeem({ token: location.hash.slice(1) }));
