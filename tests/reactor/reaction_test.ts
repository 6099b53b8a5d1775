import { describe, expect, test } from "bun:test";
import { command, defineReaction, submit } from "../../src/reactor/mod.ts";
import { reactionSpec } from "../spec.ts";
import { answering, tally } from "./support.ts";

describe("a reaction", () => {
  const when = reactionSpec(answering, "job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70");
  const asked = (payload: object) => ({ type: "job.submitted", data: { workflow: "ask", payload } });

  test("says what follows from an event: jobs, and commands", () => {
    when(asked({ jobs: 1, count: "a" })).then(
      submit({ workflow: "answer", payload: { to: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70" } }, { key: "0" }),
      command({ stream_id: "tally-a", decider: tally, command: { type: "count" } }),
    );
    when({ type: "job.submitted", data: { workflow: "other", payload: {} } }).then();
    when(asked({ poison: "I can't" })).throws("I can't");
  });

  test("derives ids from the event and its own name", () => {
    const ids: string[] = [];
    const react = (_: unknown, id: (key?: string) => string) => {
      ids.push(id(), id("b"));
      return [];
    };
    const events = ["job.submitted"] as const;
    for (const name of ["one", "two", "one"]) {
      reactionSpec(defineReaction({ name, events, react }))(asked({})).then();
    }
    reactionSpec(defineReaction({ name: "one", events, react }), "test-2")(asked({})).then();
    expect(ids.slice(4, 6)).toEqual(ids.slice(0, 2));
    expect(new Set(ids).size).toBe(6);
  });

  test("names a stream, and a job's key, once for each event", () => {
    const twice = (action: ReturnType<typeof command> | ReturnType<typeof submit>) =>
      reactionSpec(defineReaction({ name: "twice", events: ["job.submitted"], react: () => [action, action] }))(
        asked({}),
      );
    twice(command({ stream_id: "tally-a", decider: tally, command: { type: "count" } })).throws(
      "Cannot react to test-1@1: the stream tally-a is named twice",
    );
    twice(submit({ workflow: "answer", payload: {} })).throws(`the job's key "" is named twice`);
  });

  test("has a name in snake_case", () => {
    for (const name of ["", "Mail", "send-mail", "1st", "x".repeat(64)]) {
      expect(() => defineReaction({ name, events: [], react: () => [] })).toThrow(
        `Cannot define the reaction "${name}"`,
      );
    }
  });
});
