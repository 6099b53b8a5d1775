import { describe, test } from "bun:test";
import { consentDecider } from "../../../src/domain/consent.ts";
import { endMarketingOfErased, mailConfirmation, mailWelcome } from "../../../src/features/consent/reactions.ts";
import { command, submit } from "../../../src/reactor/mod.ts";
import { reactionSpec } from "../../spec.ts";

const id = "0197a1f0-7c6e-8b3a-9d5e-2f4c8a1b6e70";
const user = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";
const stream_id = `consent-${id}`;
const notice = { version: 1, sha256: "0".repeat(64) };
const address = { $sealed: "1.k.v" };
const requested = { type: "consent.marketing_requested", data: { address, notice } };
const confirmed = {
  type: "consent.marketing_confirmed",
  data: { address, notice, request: { stream_id, version: 1 } },
};
const mail = { delivery: { via: "outbox" } };
const none = { delivery: undefined };

describe("an address is asked to confirm", () => {
  test("by a job that names only the event", () => {
    reactionSpec(
      mailConfirmation({ mail }),
      stream_id,
    )(requested).then(submit({ workflow: "levqor.mail_marketing_confirmation", payload: { id, version: 1 } }));
  });

  test("but not without mail", () => reactionSpec(mailConfirmation({ mail: none }), stream_id)(requested).then());
});

describe("whoever confirmed is mailed the first marketing mail", () => {
  test("as an address, or as the user who has it", () => {
    for (const [kind, of] of [
      ["address", id],
      ["user", user],
    ] as const) {
      reactionSpec(
        mailWelcome({ mail }),
        `consent-${of}`,
      )(confirmed).then(submit({ workflow: "levqor.mail_marketing_welcome", payload: { kind, id: of, version: 1 } }));
    }
  });

  test("but not without mail", () => reactionSpec(mailWelcome({ mail: none }), stream_id)(confirmed).then());
});

test("of an erased user consent ends, and the addresses that they asked for are forgotten", () => {
  const erased = { type: "user.erased", data: { erasure_id: id, destroyed: ["profile", "trace"] } };
  const withdraw = { type: "withdraw_marketing", by: "erasure" } as const;
  reactionSpec(
    endMarketingOfErased,
    `user-${user}`,
  )(erased).then(
    command({ stream_id: `consent-${user}`, decider: consentDecider, command: withdraw }),
    submit({ workflow: "levqor.forget_marketing_requests", payload: { user_id: user } }),
  );
});
