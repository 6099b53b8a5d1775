/** What an erasure says of itself: what was destroyed, what stays, and why. */
import type { PersonalClass } from "../../../events/personal.ts";
import { userOf } from "../../../events/user.ts";
import type { ErasureRow } from "../../../projections/mod.ts";
import type { Erasure } from "./schemas.ts";

type Part = Erasure["kept"][number];

/** What is sealed in each class, and why it is destroyed, or why not. */
const CLASSES: Readonly<Record<PersonalClass, { readonly destroyed: Part; readonly kept: Part }>> = {
  profile: part("The e-mail address, the name, meta, and the data of the user's own jobs and mails", {
    destroyed: "They were known for the sake of the user's account, which has ended.",
    kept: "Their keys are not destroyed yet.",
  }),
  trace: part("IP addresses and user agents", {
    destroyed: "They were kept to protect the user's account, which has ended.",
    kept: "Their keys are destroyed when their time is over.",
  }),
  evidence: part("What proves the user's consents", {
    destroyed: "Their key is destroyed.",
    kept: "Consents that were relied on must be provable: Art. 7(1) and 17(3)(e) GDPR. Their keys are destroyed a number of years after the last use, three unless configured otherwise.",
  }),
  fiscal: part("What invoices and payments say of the user", {
    destroyed: "Their key is destroyed.",
    kept: "Tax law requires them: Art. 17(3)(b) GDPR. Their keys are destroyed after a number of years, ten unless configured otherwise.",
  }),
};

const ENDED = [
  "sessions",
  "keys",
  "schedules",
  "unfinished jobs",
  "invitations to organisations, by the user and for their address",
  "memberships in organisations that have other owners",
];

const LOG: Part = {
  what: "That the user existed, under an id that names nobody, and what happened when",
  why: "The log proves its own completeness, and contains no readable personal data of the user's.",
};

/** The certificate of a user's erasure, as far as it has come. */
export function certificate({ subject, erasure_id, requested_at, erased_at, destroyed }: ErasureRow): Erasure {
  const user_id = userOf(subject);
  if (user_id === undefined || erasure_id === null)
    throw new Error(`Cannot certify the erasure of ${subject}: no user`);
  const classes = new Set(destroyed.split(","));
  const parts = Object.entries(CLASSES);
  return {
    erasure_id,
    user_id,
    status: erased_at === null ? "erasing" : "erased",
    requested_at,
    erased_at,
    destroyed: parts.filter(([kind]) => classes.has(kind)).map(([, part]) => part.destroyed),
    ended: erased_at === null ? [] : ENDED,
    kept: [...parts.filter(([kind]) => !classes.has(kind)).map(([, part]) => part.kept), LOG],
  };
}

function part(what: string, why: { destroyed: string; kept: string }) {
  return { destroyed: { what, why: why.destroyed }, kept: { what, why: why.kept } };
}
