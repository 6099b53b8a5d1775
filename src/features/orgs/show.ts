/** How an organisation is shown. */
import { type OrgRole, orgAccount } from "../../../events/org.ts";
import type { OrgState } from "../../domain/org.ts";

/** An organisation as one of its members sees it, by their role; `null`: as the operator does. */
export function showOrg({ org_id, org, role }: { org_id: string; org: OrgState; role: OrgRole | null }) {
  const members = [...org.members].map(([member, role]) => ({ member, role }));
  return { org_id, account: orgAccount(org_id), name: org.name, role, created_at: org.created_at, members };
}
