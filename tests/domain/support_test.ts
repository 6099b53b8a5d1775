import { describe, expect, test } from "bun:test";
import { catalogue, type EventType, type KnownNewEvent } from "../../events/mod.ts";
import { personalPointers } from "../../events/personal.ts";
import { SUPPORT_MESSAGES_MAX, SUPPORT_REOPENINGS_MAX, supportDecider } from "../../src/domain/support.ts";
import { deciderSpec } from "../spec.ts";

const given = deciderSpec(supportDecider);

const asked = {
  email: "ada@example.com",
  message: "Where are my jobs?",
  reply_token: { hash: "0".repeat(64), salt: "1".repeat(64) },
};
const opened: KnownNewEvent = { type: "support.opened", data: asked };
const answer = { from: "operator", message: "They run." } as const;
const add = { type: "add_message", causation_id: undefined, ...answer } as const;
const answered: KnownNewEvent = { type: "support.message_added", data: answer };
const reopened: KnownNewEvent = { type: "support.reopened", data: { by: "sender" } };
const closed: KnownNewEvent = { type: "support.closed", data: { by: "operator" } };

describe("a support thread", () => {
  test("is opened, answered and closed", () => {
    given()
      .when({ type: "open", ...asked })
      .then(opened);
    given(opened).when(add).then(answered);
    given(opened, answered).when({ type: "close", by: "operator" }).then(closed);
  });

  test("is opened once", () => {
    given(opened)
      .when({ type: "open", ...asked })
      .refused("thread_exists");
  });

  test("that does not exist cannot change", () => {
    given().when(add).refused("thread_not_found");
    given().when({ type: "close", by: "sender" }).refused("thread_not_found");
  });

  test("that is closed takes no message; closing it again changes nothing", () => {
    given(opened, closed).when(add).refused("thread_closed");
    given(opened, closed).when({ type: "close", by: "sender" }).then();
  });

  test("that is closed is reopened, and takes messages again; reopening an open one changes nothing", () => {
    given(opened, closed).when({ type: "reopen", by: "sender" }).then(reopened);
    given(opened, closed, reopened).when(add).then(answered);
    given(opened).when({ type: "reopen", by: "sender" }).then();
    given().when({ type: "reopen", by: "sender" }).refused("thread_not_found");
  });

  test("is reopened a limited number of times", () => {
    const before = Array.from({ length: SUPPORT_REOPENINGS_MAX - 1 }, () => [closed, reopened]).flat();
    given(opened, ...before, closed)
      .when({ type: "reopen", by: "sender" })
      .then(reopened);
    given(opened, ...before, closed, reopened, closed)
      .when({ type: "reopen", by: "sender" })
      .refused("too_many_reopenings");
  });

  test("accepts a limited number of messages, and can then still be closed", () => {
    const messages = Array.from({ length: SUPPORT_MESSAGES_MAX - 2 }, () => answered);
    given(opened, ...messages)
      .when(add)
      .then(answered);
    given(opened, ...messages, answered)
      .when(add)
      .refused("too_many_messages");
    given(opened, ...messages, answered)
      .when({ type: "close", by: "operator" })
      .then(closed);
  });
});

describe("an erased thread", () => {
  const erased: KnownNewEvent = { type: "support.erased", data: { by: "sender" } };

  test("was open or closed, and is erased once", () => {
    given(opened).when({ type: "erase", by: "sender" }).then(erased);
    given(opened, closed).when({ type: "erase", by: "sender" }).then(erased);
    given(opened, erased).when({ type: "erase", by: "operator" }).then();
    given().when({ type: "erase", by: "sender" }).refused("thread_not_found");
  });

  test("takes no message, and is not reopened; closing it changes nothing", () => {
    given(opened, erased).when(add).refused("thread_erased");
    given(opened, erased).when({ type: "reopen", by: "sender" }).refused("thread_erased");
    given(opened, erased).when({ type: "close", by: "sender" }).then();
  });
});

test("what identifies the sender, and what is written, is marked as personal", () => {
  const marked = Object.entries(catalogue)
    .filter(([type]) => type.startsWith("support."))
    .map(([type, schema]) => [type as EventType, personalPointers(schema)]);
  expect(Object.fromEntries(marked)).toEqual({
    "support.opened": ["/email", "/message"],
    "support.message_added": ["/message"],
    "support.closed": [],
    "support.reopened": [],
    "support.erased": [],
  });
});
