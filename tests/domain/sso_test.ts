import { describe, test } from "bun:test";
import type { KnownNewEvent } from "../../events/mod.ts";
import { ssoDecider, ssoDomainDecider } from "../../src/domain/sso.ts";
import { deciderSpec } from "../spec.ts";

const connection = {
  connection_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
  issuer: "https://login.example.com",
  client_id: "levqor",
  client_secret: "of-the-client",
  domain: "example.com",
};
const CONFIGURED: KnownNewEvent = { type: "sso.configured", data: connection };
const VERIFIED: KnownNewEvent = { type: "sso.domain_verified", data: { domain: "example.com" } };
const REMOVED: KnownNewEvent = { type: "sso.removed", data: {} };
const verify = { type: "verify", domain: "example.com" } as const;
const remove = { type: "remove" } as const;

describe("a connection", () => {
  const given = deciderSpec(ssoDecider);

  test("is set, and set again", () => {
    const configure = { type: "configure", ...connection } as const;
    given().when(configure).then(CONFIGURED);
    given(CONFIGURED, VERIFIED).when(configure).then(CONFIGURED);
  });

  test("has its domain proven once, and again after it was another's", () => {
    given().when(verify).refused("sso_not_configured");
    given(CONFIGURED).when(verify).then(VERIFIED);
    given(CONFIGURED, VERIFIED).when(verify).then();
    given(CONFIGURED, VERIFIED, CONFIGURED).when(verify).then();
    const moved: KnownNewEvent = { type: "sso.configured", data: { ...connection, domain: "example.org" } };
    given(CONFIGURED, VERIFIED, moved).when(verify).refused("sso_not_configured");
    given(CONFIGURED, VERIFIED, moved, CONFIGURED).when(verify).then(VERIFIED);
  });

  test("is removed, which can be repeated", () => {
    given().when(remove).refused("sso_not_configured");
    given(CONFIGURED).when(remove).then(REMOVED);
    given(CONFIGURED, VERIFIED, REMOVED).when(remove).then();
    given(CONFIGURED, VERIFIED, REMOVED).when(verify).refused("sso_not_configured");
  });
});

describe("a domain", () => {
  const given = deciderSpec(ssoDomainDecider);
  const [mine, others] = ["0197a1f0-0000-7000-8000-000000000001", "0197a1f0-0000-7000-8000-000000000002"];
  const claimed = (org_id: string): KnownNewEvent => ({ type: "sso_domain.claimed", data: { org_id } });
  const released = (org_id: string): KnownNewEvent => ({ type: "sso_domain.released", data: { org_id } });

  test("is the first's who claims it, until they release it", () => {
    given().when({ type: "claim", org_id: mine }).then(claimed(mine));
    given(claimed(mine)).when({ type: "claim", org_id: mine }).then();
    given(claimed(mine)).when({ type: "claim", org_id: others }).refused("sso_domain_taken");
    given(claimed(mine)).when({ type: "release", org_id: others }).then();
    given(claimed(mine)).when({ type: "release", org_id: mine }).then(released(mine));
    given(claimed(mine), released(mine)).when({ type: "claim", org_id: others }).then(claimed(others));
  });
});
