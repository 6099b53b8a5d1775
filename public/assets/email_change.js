// The page /auth/email.
import { explain, onSubmit, say, send } from "./form.js";

onSubmit("confirm", async () => {
  const answer = await send("/api/v1/users/me/email/confirm", { token: location.hash.slice(1) });
  if (!answer) return;
  document.getElementById("again").hidden = answer.body.error !== "unauthorized";
  if (!answer.ok) return answer.body.error === "unauthorized" ? undefined : explain(answer.body);
  document.getElementById("confirm").hidden = true;
  say(`From now on, you sign in with ${answer.body.user.email}.`);
});
