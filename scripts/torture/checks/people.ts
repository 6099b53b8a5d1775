/** Persons: nobody's data is in the clear, who is erased is gone, and who is not is still there. */
import type { Check } from "../evidence.ts";
import { PERSONAL } from "../people.ts";

export const sealed: Check = {
  name: "nothing personal is in the log in the clear",
  run: ({ events }) => {
    const about = events.filter(({ meta }) => meta.subject !== undefined);
    const faults = about
      .filter(({ data }) => JSON.stringify(data).includes(PERSONAL))
      .map(({ type, position }) => `${type} at ${position} has it in the clear`);
    return { looked_at: `${about.length} events about somebody`, faults };
  },
};

export const forgotten: Check = {
  name: "whoever was erased is gone from every history, and nobody else is",
  run: ({ persons }) => {
    const faults = persons.flatMap(({ job_id, erased, asked, shown, status }) => {
      if (status !== 200) return [`the history of job ${job_id} answers ${status}`];
      if (erased && shown) return [`job ${job_id} still shows its erased subject`];
      return !asked && !shown ? [`job ${job_id} has lost its subject's data, whom nobody erased`] : [];
    });
    const erased = persons.filter((one) => one.erased).length;
    return { looked_at: `${persons.length} jobs about somebody, ${erased} of them erased`, faults };
  },
};

export const signedInOnce: Check = {
  name: "each link to sign in is mailed once, works once, and leads to its address's own user",
  run: ({ sign_ins, events }) => {
    const faults: string[] = [];
    const users = new Map<string, string>();
    for (const [index, { address, mails, statuses, users: signedIn }] of sign_ins.entries()) {
      const say = (what: string) => faults.push(`sign-in ${index} ${what}`);
      if (mails !== 1) say(`was mailed ${mails} times`);
      if (signedIn.length > 1) say(`began ${signedIn.length} sessions`);
      const odd = statuses.filter(
        (status) => status !== undefined && ![200, 410, 429].includes(status) && status < 500,
      );
      if (odd.length > 0) say(`was answered ${odd.join(", ")}`);
      const [user] = signedIn;
      if (user === undefined) continue;
      if ((users.get(address) ?? user) !== user) say("led to another user than before");
      users.set(address, user);
    }
    const redeemed = events.filter(({ type }) => type === "sign_in.redeemed");
    const started = new Set(events.filter(({ type }) => type === "session.started").map(({ stream_id }) => stream_id));
    for (const { stream_id, data } of redeemed) {
      if (!started.has(`session-${data.session_id}`)) faults.push(`${stream_id} was used, and no session began`);
    }
    return { looked_at: `${sign_ins.length} requests, ${redeemed.length} links used`, faults };
  },
};

export const oneUserAnAddress: Check = {
  name: "each address is one user's, whoever records it how often",
  run: ({ users }) => {
    const faults = users.flatMap(({ ids, created }, index) => {
      const said = [ids.length > 1 && `${ids.length} users`, created > 1 && `${created} creations`].filter(Boolean);
      return said.length > 0 ? [`address ${index} has ${said.join(" and ")}`] : [];
    });
    return { looked_at: `${users.length} addresses`, faults };
  },
};
