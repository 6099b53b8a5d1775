import { describe, test } from "bun:test";
import { forwardSupportMessage, mailSupportAnswer } from "../../../src/features/support/reactions.ts";
import { submit } from "../../../src/reactor/mod.ts";
import { reactionSpec } from "../../spec.ts";

const thread_id = "01890a5d-ac96-774b-bcce-b302099a8057";
const reply_token = { hash: "0".repeat(64), salt: "1".repeat(64) };
const opened = { type: "support.opened", data: { email: "ada@example.com", message: "Where are they?", reply_token } };
const written = { type: "support.message_added", data: { from: "sender", message: "Are they lost?" } };
const answered = { type: "support.message_added", data: { from: "operator", message: "They run." } };
const delivery = { via: "resend", api_key: "re_of_a_test", base_url: "https://resend.example.com" } as const;
const mail = { delivery, receiving_email: "help@example.com" };
const payload = { thread_id, version: 1 };

describe("a message is forwarded to operators", () => {
  const when = reactionSpec(forwardSupportMessage({ mail }), `support-${thread_id}`);

  test("when its sender opens a thread or continues it, by a job that names only the event", () => {
    when(opened).then(submit({ workflow: "levqor.forward_support_message", payload }));
    when(written).then(submit({ workflow: "levqor.forward_support_message", payload }));
  });

  test("but not when an operator wrote it", () => when(answered).then());

  test("but not without an address for operators, or without mail", () => {
    for (const missing of [{ receiving_email: undefined }, { delivery: undefined }]) {
      reactionSpec(forwardSupportMessage({ mail: { ...mail, ...missing } }), `support-${thread_id}`)(opened).then();
    }
  });
});

describe("an answer is mailed to the sender", () => {
  const when = reactionSpec(mailSupportAnswer({ mail }), `support-${thread_id}`);

  test("when an operator gives it, by a job that names only the event", () => {
    when(answered).then(submit({ workflow: "levqor.mail_support_answer", payload }));
  });

  test("but not when the sender wrote it", () => when(written).then());

  test("but not without mail", () => {
    reactionSpec(
      mailSupportAnswer({ mail: { ...mail, delivery: undefined } }),
      `support-${thread_id}`,
    )(answered).then();
  });
});
