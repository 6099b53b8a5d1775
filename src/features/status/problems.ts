/** What can go wrong with incidents. */
import { defineProblems } from "../../http/problem.ts";

export const incidentProblems = defineProblems({
  invalid_incident_id: {
    status: 400,
    title: "Invalid incident id",
    help: "The incident id in the path is not a UUID. Use the incident_id from the response that opened it.",
  },
  incident_not_found: {
    status: 404,
    title: "Incident not found",
    help: "No incident has this id. GET /api/v1/incidents lists the existing ones.",
  },
});
