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
