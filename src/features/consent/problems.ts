/** What can go wrong with documents and consents. */
import { defineProblems } from "../../http/problem.ts";

export const consentProblems = defineProblems({
  document_not_found: {
    status: 404,
    title: "Document not found",
    help: "The document has no such version. GET /api/v1/terms lists the current ones; they count from 1.",
  },
  terms_outdated: {
    status: 409,
    title: "Terms outdated",
    help: "Only the current version of the terms can be accepted, and terms_version says which that is. Show it to the user first.",
  },
});
