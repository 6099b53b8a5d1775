// What the pages that act have in common.

const outcome = document.getElementById("outcome");

export function say(text) {
  outcome.textContent = text;
}

/** Sends JSON; resolves to the response, or to `undefined`, having said that there is none. */
export async function send(path, body) {
  say("");
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { ok: response.ok, body: await response.json() };
  } catch {
    say("The service cannot be reached. Try again.");
    return undefined;
  }
}

/** Says what is wrong. */
export function explain({ errors, detail }) {
  const [wrong] = errors ?? [];
  say(wrong ? `${wrong.pointer.slice(1)} ${wrong.message}.` : detail);
}

/** Sends JSON; resolves to the response's body, or to `undefined`, having said what is wrong. */
export async function call(path, body) {
  const answer = await send(path, body);
  if (answer?.ok) return answer.body;
  if (answer) explain(answer.body);
  return undefined;
}

/** Calls `act` when a form is submitted, once at a time. */
export function onSubmit(id, act) {
  const form = document.getElementById(id);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    await act(new FormData(form));
    button.disabled = false;
  });
}
