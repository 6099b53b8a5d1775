// The pages /auth/sign-in and /auth/link.

const outcome = document.getElementById("outcome");

/** Sends JSON; resolves to the response's body, or shows what is wrong. */
async function call(path, body) {
  outcome.textContent = "";
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    const [wrong] = answer.errors ?? [];
    outcome.textContent = wrong ? `${wrong.pointer.slice(1)} ${wrong.message}.` : answer.detail;
  } catch {
    outcome.textContent = "The service cannot be reached. Try again.";
  }
  return undefined;
}

/** Calls `send` when a form is submitted, once at a time. */
function onSubmit(id, send) {
  const form = document.getElementById(id);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    await send(new FormData(form));
    button.disabled = false;
  });
}

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
