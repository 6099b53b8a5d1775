/** What can go wrong with documents and consents. */
import { defineProblems } from "../../http/problem.ts";

export const consentProblems = defineProblems({
  document_not_found: {
    status: 404,
    title: "Document not found",
    help: "The document has no such version. GET /api/v1/terms lists the current ones; they count from 1.",
  },
  confirmation_unknown: {
    status: 404,
    title: "Confirmation unknown",
    help: "The token is not one that was mailed. Use the last part of the link in the mail, completely.",
  },
  confirmation_expired: {
    status: 410,
    title: "Confirmation expired",
    help: "Links confirm an address for 7 days. Ask for another one with POST /api/v1/marketing/opt-in.",
  },
  confirmation_used: {
    status: 410,
    title: "Confirmation used",
    help: "The link was used, and marketing mail has been ended since. Ask for another one with POST /api/v1/marketing/opt-in.",
  },
  too_many_opt_ins: {
    status: 429,
    title: "Too many opt-ins",
    help: "More mails are being asked for without a key than the service sends at the moment, so none is sent. Ask again after the number of seconds in Retry-After.",
  },
  consent_not_found: {
    status: 404,
    title: "Consent not found",
    help: "No consent that the caller may see has this id. GET /api/v1/consents lists a user's own.",
  },
  cookie_choice_not_found: {
    status: 404,
    title: "Choice about cookies not found",
    help: "No choice has this consent_id. Leave it out to make a new one.",
  },
  too_many_cookie_choices: {
    status: 409,
    title: "Choice about cookies changed too often",
    help: "A choice can be changed 100 times. Leave consent_id out to make a new one.",
  },
  too_many_choices: {
    status: 429,
    title: "Too many choices about cookies",
    help: "More choices about cookies are being made than the service records at the moment, so this one was not. Treat everything that can be refused as refused, and send it again after the number of seconds in Retry-After.",
  },
  terms_outdated: {
    status: 409,
    title: "Terms outdated",
    help: "Only the current version of the terms can be accepted, and terms_version says which that is. Show it to the user first.",
  },
});
