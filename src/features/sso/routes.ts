/** An organisation's connection to its provider: for its owners, and its admins see it. */
import type { Caller } from "../../access/mod.ts";
import { asciiDomain } from "../../domain/email_address.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { actingMember, orgIdParam } from "../../http/request/org.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { admitRarely } from "../../rate/mod.ts";
import type { FeatureParts } from "../feature.ts";
import { commandSso, readSso, requireRole } from "./commands.ts";
import { expectedRecord, proofOf } from "./domain.ts";
import { ssoProblems } from "./problems.ts";
import { type Provider, UnusableProviderError } from "./provider.ts";
import { Sso, SsoConfigure, SsoRemoved } from "./schemas.ts";
import { addressesOf } from "./urls.ts";

const ROUTE = "/api/v1/orgs/:org_id/sso";
/** Each asks a provider, and stays in the stream that every visit of the sign-in page reads. */
export const SSO_CHANGES = { policy: "sso-changes", quota: 50, period_s: 86_400 };
const PARAMS = { org_id: orgIdParam };

const [EXAMPLE] = Sso.examples as [object];
const [REMOVED] = SsoRemoved.examples as [object];
const VERIFIED = { ...EXAMPLE, verified_at: (EXAMPLE as { configured_at: string }).configured_at };

type OrgCall = Call<{ readonly org_id: string }, unknown, unknown, Caller>;

type Parts = Pick<FeatureParts, "config" | "log" | "lookup" | "sql" | "vault">;

export function ssoRoutes(
  { config: { public_url }, log, lookup, sql, vault }: Parts,
  provider: Pick<Provider, "check">,
) {
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "configureSso",
        tag: tags.orgs,
        summary: "Set an organisation's provider for single sign-on",
        description:
          "For owners, since whoever chooses the provider decides whom it signs in: an OpenID Connect provider, which is asked for its metadata at once, and a domain, which counts once POST /api/v1/orgs/{org_id}/sso/verify has proven it. It replaces what was set before; a domain that stays the same stays proven. The response has the redirect URI to register at the provider. At most 50 times within 24 hours for one organisation.",
        scope: "orgs:write",
        step_up: true,
        params: PARAMS,
        body: SsoConfigure,
        responses: { 200: { description: "The connection, as it is now.", schema: Sso, example: EXAMPLE } },
        // Not configured: somebody else removed it at the same moment.
        errors: [problems.session_required, problems.role_exceeded, ssoProblems.sso_not_configured],
      },
      async (call) => {
        const { org_id } = call.params;
        await admit(call, { changes: true });
        const { issuer, client_id, client_secret } = call.body;
        const domain = checkedDomain(call.body.domain);
        await countChange(org_id);
        await checkProvider({ issuer, client_id, client_secret });
        const connection = { connection_id: Bun.randomUUIDv7(), issuer, client_id, client_secret, domain };
        return await record(call, { type: "configure", ...connection }, org_id);
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "getSso",
        tag: tags.orgs,
        summary: "Get an organisation's provider for single sign-on",
        description: "For owners and admins. Read from the log itself, and never older than an earlier response.",
        scope: "orgs:read",
        params: PARAMS,
        responses: { 200: { description: "The connection.", schema: Sso, example: EXAMPLE } },
        errors: [problems.session_required, problems.role_exceeded, ssoProblems.sso_not_configured],
      },
      async (call) => {
        await admit(call, { changes: false });
        return await shown(call);
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/verify`,
        id: "verifySsoDomain",
        tag: tags.orgs,
        summary: "Prove an organisation's domain for single sign-on",
        description:
          "For owners. Looks for the TXT record that the connection names; from then on members can sign in. A domain counts for one organisation, the first that proves it. Repeated, it changes nothing.",
        scope: "orgs:write",
        step_up: true,
        params: PARAMS,
        responses: { 200: { description: "The domain is proven.", schema: Sso, example: VERIFIED } },
        errors: [
          problems.session_required,
          problems.role_exceeded,
          ssoProblems.sso_not_configured,
          ssoProblems.sso_domain_unproven,
          ssoProblems.sso_domain_taken,
        ],
      },
      async (call) => {
        const { org_id } = call.params;
        await admit(call, { changes: true });
        const { connection, verified_at } = (await readSso(log, org_id)).state;
        if (!connection) throw notConfigured();
        const { domain } = connection;
        if (verified_at === null) {
          const expected = await expectedRecord(vault, { org_id, domain });
          const proof = await proofOf(lookup, expected);
          if (!proof.ok) {
            const detail = proof.fault
              ? `Cannot look for the record of ${domain}: ${proof.fault}.`
              : `${expected.name} has no TXT record with the value ${expected.value}.`;
            throw new Problem(ssoProblems.sso_domain_unproven, detail, { members: { expected, found: proof.found } });
          }
        }
        return await record(call, { type: "verify", domain }, org_id);
      },
    ),
    route(
      {
        method: "DELETE",
        path: ROUTE,
        id: "removeSso",
        tag: tags.orgs,
        summary: "Remove an organisation's provider for single sign-on",
        description:
          "For owners. The client secret is destroyed, the domain is free, and members sign in by mail. Their sessions stay.",
        scope: "orgs:write",
        step_up: true,
        params: PARAMS,
        responses: { 200: { description: "There is none any more.", schema: SsoRemoved, example: REMOVED } },
        errors: [problems.session_required, problems.role_exceeded, ssoProblems.sso_not_configured],
      },
      async (call) => {
        const { org_id } = call.params;
        await admit(call, { changes: true });
        await record(call, { type: "remove" }, org_id);
        return { org_id, status: "removed" };
      },
    ),
  ];

  async function admit({ caller, params: { org_id } }: OrgCall, { changes }: { changes: boolean }): Promise<void> {
    await requireRole(log, { org_id, member: actingMember(caller), changes });
  }

  /** Throws the problem `rate_limited`. */
  async function countChange(org_id: string): Promise<void> {
    const wait_s = Math.ceil(await admitRarely(sql, [{ ...SSO_CHANGES, scope: org_id }]));
    if (wait_s === 0) return;
    const { policy, quota } = SSO_CHANGES;
    const detail = `An organisation's provider is set at most ${quota} times within 24 hours; the next time in ${wait_s} s.`;
    throw new Problem(problems.rate_limited, detail, {
      retry_after_s: wait_s,
      members: { violated_policies: [policy] },
    });
  }

  /** Throws the problem `validation_failed`. */
  async function checkProvider(client: Parameters<Provider["check"]>[0]): Promise<void> {
    try {
      await provider.check(client);
    } catch (error) {
      if (!(error instanceof UnusableProviderError)) throw error;
      throw invalid([{ pointer: "/issuer", message: error.message }]);
    }
  }

  async function record(call: OrgCall, command: Parameters<typeof commandSso>[1]["command"], org_id: string) {
    const { caller, cause } = call;
    const changed = await commandSso({ log, vault }, { org_id, command, meta: { actor: caller.actor, ...cause } });
    if (!changed.ok) {
      const { code, message } = changed.refusal;
      throw new Problem(ssoProblems[code], message);
    }
    call.recorded(changed.position);
    return command.type === "remove" ? undefined : await shown(call);
  }

  /** Throws the problem `sso_not_configured`. */
  async function shown({ request, params: { org_id } }: OrgCall) {
    const { connection, configured_at, verified_at } = (await readSso(log, org_id)).state;
    if (!connection) throw notConfigured();
    const { issuer, client_id, domain } = connection;
    const record = await expectedRecord(vault, { org_id, domain });
    const addresses = addressesOf(request, { public_url, org_id });
    return { org_id, issuer, client_id, domain, configured_at, verified_at, record, ...addresses };
  }
}

function notConfigured(): Problem {
  return new Problem(ssoProblems.sso_not_configured, "The organisation has no provider for single sign-on.");
}

/** A domain in its one spelling. Throws the problem `validation_failed`. */
function checkedDomain(text: string): string {
  const domain = asciiDomain(text.trim().normalize("NFC"));
  if (domain !== undefined) return domain;
  throw invalid([{ pointer: "/domain", message: "must be a domain such as example.com, without @ and https://" }]);
}
