/** What each role of an organisation's members may do in its account. */
import type { OrgRole } from "../../events/org.ts";
import { isOperatorScope, type Scope, scopes } from "./scopes.ts";

const READING = ["jobs:read", "pipelines:read", "schedules:read", "workflows:read", "orgs:read"] as const;
const WORKING = [
  ...READING,
  "jobs:write",
  "jobs:approve",
  "pipelines:write",
  "schedules:write",
  "workflows:write",
  "workers:write",
] as const;
const EVERYTHING = (Object.keys(scopes) as Scope[]).filter((scope) => !isOperatorScope(scope));

export const ROLE_SCOPES: Readonly<Record<OrgRole, ReadonlySet<Scope>>> = {
  owner: new Set(EVERYTHING),
  admin: new Set(EVERYTHING),
  billing: new Set<Scope>(["orgs:read"]),
  member: new Set<Scope>(WORKING),
  viewer: new Set<Scope>(READING),
};
