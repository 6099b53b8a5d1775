import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { type Connector, ConnectorError } from "../../connectors/mod.ts";
import { defineSystemWorkflow } from "../../src/jobs/mod.ts";
import { openService, type Service, workshop } from "./support.ts";

const SYSTEM = { actor: "system:reaction:forwarding", account: "system" };

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

/** A workflow that notes what it is given. */
function forwarding(run: Connector["run"] = async () => null) {
  const given: unknown[] = [];
  const workflow = defineSystemWorkflow({
    name: "levqor.forward",
    summary: "Forwards a thread.",
    input: Type.Object({ thread_id: Type.String() }, { additionalProperties: false }),
    output: Type.Null(),
    retry: { max_attempts: 2, backoff: { initial_seconds: 0 } },
    run: async (input, context) => {
      given.push({ ...input, key: context.idempotency_key });
      await run(input, context);
      return null;
    },
  });
  const { connectors } = workshop();
  return { given, runner: { connectors, system_workflows: new Map([[workflow.name, workflow]]) } };
}

const payload = { thread_id: "t1" };

test("a job of the account system runs a workflow of the service's own", async () => {
  const { given, runner } = forwarding();
  service.start(runner);
  const id = await service.submit("levqor.forward", { payload }, SYSTEM);
  await service.reaches(id, "succeeded");
  expect(given).toEqual([{ ...payload, key: id }]);
});

test("a job that waited before the start, in the read model or only in the log, is run", async () => {
  const { given, runner } = forwarding();
  const known = await service.submit("levqor.forward", { payload }, SYSTEM);
  await service.projected();
  const fresh = await service.submit("levqor.forward", { payload }, SYSTEM);
  service.start(runner);
  for (const id of [known, fresh]) await service.reaches(id, "succeeded");
  expect(given).toHaveLength(2);
});

test("it is retried as its workflow says, and fails as a job of any connector does", async () => {
  const { given, runner } = forwarding(async () => {
    throw new ConnectorError("connection_failed", "Nobody answers.");
  });
  service.start(runner);
  const id = await service.submit("levqor.forward", { payload }, SYSTEM);
  const { error, attempt } = await service.reaches(id, "failed");
  expect({ error, attempt, runs: given.length }).toEqual({
    error: { code: "connection_failed", message: "Nobody answers." },
    attempt: 2,
    runs: 2,
  });
});

test("a payload with more than ids fails before it is run", async () => {
  const { given, runner } = forwarding();
  service.start(runner);
  const id = await service.submit("levqor.forward", { payload: { ...payload, email: "x" } }, SYSTEM);
  expect((await service.reaches(id, "failed")).error?.code).toBe("invalid_payload");
  expect(given).toEqual([]);
});

describe("nobody else runs it", () => {
  test.each(["operator", "key:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"])(
    "not the account %s, should the log have such a job",
    async (account) => {
      const { given, runner } = forwarding();
      service.start(runner);
      const id = await service.submit("levqor.forward", { payload }, { account });
      expect((await service.reaches(id, "failed")).error?.code).toBe("internal_fault");
      expect(given).toEqual([]);
    },
  );

  test("not a step, be it of a job of the account system", async () => {
    const { given, runner } = forwarding();
    service.start(runner);
    const steps = [{ id: "one", uses: "levqor.forward", with: payload, retry: { max_attempts: 1 } }];
    const id = await service.submit("noop", { payload: {}, steps }, SYSTEM);
    expect((await service.reaches(id, "failed")).error?.code).toBe("unknown_connector");
    expect(given).toEqual([]);
  });
});

test.each(["forward", "levqor.", "levqor.Forward", "levqor.a.b", `levqor.${"a".repeat(64)}`])(
  "%p is not the name of a system workflow",
  (name) => {
    const workflow = { name, summary: "", input: Type.Object({}), output: Type.Null(), run: async () => null };
    expect(() => defineSystemWorkflow(workflow)).toThrow(`Cannot define the system workflow "${name}"`);
  },
);

test("a name of 63 characters is", () => {
  const name = `levqor.${"a".repeat(63)}`;
  const workflow = { name, summary: "", input: Type.Object({}), output: Type.Null(), run: async () => null };
  expect(defineSystemWorkflow(workflow).name).toBe(name);
});
