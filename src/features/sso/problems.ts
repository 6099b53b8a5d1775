/** What can go wrong with single sign-on: in calls, and on the pages that people see. */
import { defineProblems } from "../../http/problem.ts";

export const ssoProblems = defineProblems({
  sso_not_configured: {
    status: 404,
    title: "Single sign-on not configured",
    help: "The organisation has no provider for single sign-on. Set one with POST /api/v1/orgs/{org_id}/sso.",
  },
  sso_domain_unproven: {
    status: 409,
    title: "Domain not proven",
    help: "The domain has no TXT record with the expected value. expected names it, and found lists those that there are. After a change, name servers may take as long as the former record's TTL.",
  },
  sso_domain_taken: {
    status: 409,
    title: "Domain taken",
    help: "Another organisation has proven the domain before, and has it until it removes its connection or sets another domain. If that organisation is not yours, write to POST /api/v1/support.",
  },
  sso_unavailable: {
    status: 404,
    title: "No single sign-on here",
    help: "There is no organisation of this id that people can sign in to at a provider: it has none, or has not proven its domain yet. Sign in with a link that is mailed to you.",
  },
  sso_expired: {
    status: 400,
    title: "Sign-in expired",
    help: "The provider's answer does not belong to a sign-in that this browser began within the last ten minutes. Start again, in one window.",
  },
  sso_used: {
    status: 409,
    title: "Sign-in used",
    help: "This sign-in came back from the provider before: each does so once. Start again.",
  },
  sso_provider_refused: {
    status: 403,
    title: "Refused by the provider",
    help: "The organisation's provider did not sign you in. Its code is in the detail; ask the organisation's administrator.",
  },
  sso_provider_failed: {
    status: 502,
    title: "Provider unavailable",
    help: "The organisation's provider cannot be reached, or did not accept this service's credentials. Try again later; if it stays so, the organisation's administrator has to look at its settings.",
  },
  sso_response_invalid: {
    status: 403,
    title: "Invalid response of the provider",
    help: "What the provider says about you cannot be relied on: its signature, issuer, audience, nonce or time is wrong. Start again; if it stays so, ask the organisation's administrator.",
  },
  sso_email_unverified: {
    status: 403,
    title: "Address not verified",
    help: "The provider does not say that your e-mail address is verified (email_verified), so nobody can tell that it is yours. Ask the organisation's administrator, or sign in with a link that is mailed to you.",
  },
  sso_domain_mismatch: {
    status: 403,
    title: "Address of another domain",
    help: "Your e-mail address at the provider is not in the domain that the organisation has proven. Sign in with a link that is mailed to you.",
  },
  sso_identity_conflict: {
    status: 403,
    title: "Identity in conflict",
    help: "Your address at the provider has changed, and cannot become yours here: it is another user's, or your own address here is outside the organisation's domain. Sign in with a link that is mailed to you.",
  },
  sso_org_full: {
    status: 403,
    title: "Organisation full",
    help: "The organisation has as many members as it can have. Ask its administrator to remove some.",
  },
});
