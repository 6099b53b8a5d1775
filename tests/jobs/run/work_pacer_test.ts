import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/mod.ts";
import { Expenses } from "../../../src/domain/pipeline/expression_cost.ts";
import { WorkPacer } from "../../../src/jobs/run/work_pacer.ts";
import { decodeKept } from "../../../src/json/mod.ts";
import { openService, workshop } from "../support.ts";

/** Counts the rounds of the event loop until it is stopped. */
function countRounds() {
  let rounds = 0;
  let isOver = false;
  const go = () => {
    rounds++;
    if (!isOver) setImmediate(go);
  };
  setImmediate(go);
  return {
    get rounds() {
      return rounds;
    },
    stop() {
      isOver = true;
    },
  };
}

/** A plan whose expressions cost so much, and take as long as they may. */
function costing(expenses: Expenses, units: number) {
  return () => {
    const end = performance.now() + units / 100_000;
    while (performance.now() < end);
    expenses.render(`step-${expenses.total}`, (meter) => meter.spend(units));
  };
}

test("let others take their turn, and the event loop run", async () => {
  const pacer = new WorkPacer();
  const order: string[] = [];
  const loop = countRounds();
  // They cost more than their share, from their second plan on.
  const greedy = Array.from({ length: 4 }, async (_, i) => {
    const expenses = new Expenses();
    for (let plan = 0; plan < 5; plan++) {
      await pacer.run({ caller: null, expenses }, costing(expenses, 400_000));
      order.push(`greedy ${i}`);
    }
  });
  await Bun.sleep(1);
  const modest = new Expenses();
  for (let plan = 0; plan < 5; plan++) await pacer.run({ caller: null, expenses: modest }, costing(modest, 100));
  order.push("modest");
  await Promise.all(greedy);
  loop.stop();
  // Not one after the other without a round of the event loop in between: 20 plans cost more than a turn each.
  expect(loop.rounds).toBeGreaterThanOrEqual(19);
  expect(order.indexOf("modest")).toBeLessThan(order.length - 4);
});

test("steps planned at the same moment start in turn", async () => {
  const pacer = new WorkPacer();
  const loop = countRounds();
  const begun = await Promise.all(
    Array.from({ length: 10 }, async () => {
      await pacer.begin(120_000);
      return loop.rounds;
    }),
  );
  loop.stop();
  expect(new Set(begun).size).toBe(10);
  const small = await Promise.all(
    Array.from({ length: 10 }, async () => {
      await pacer.begin(100);
      return loop.rounds;
    }),
  );
  expect(new Set(small).size).toBe(1);
});

test("a plan that throws holds up none behind it", async () => {
  const pacer = new WorkPacer();
  const expenses = new Expenses();
  for (let i = 0; i < 3; i++) await pacer.run({ caller: null, expenses }, costing(expenses, 400_000));
  const broken = pacer.run({ caller: null, expenses }, () => {
    throw new Error("It broke");
  });
  const next = pacer.run({ caller: null, expenses }, () => "planned");
  expect(broken).rejects.toThrow("It broke");
  expect(await next).toBe("planned");
});

test("jobs with large payloads that are claimed together start in turn", async () => {
  const service = await openService();
  const { connectors } = workshop();
  const loop = countRounds();
  const starts: number[] = [];
  const noting: Connector = {
    ...(connectors.get("noop") as Connector),
    input: Type.Unknown(),
    run: async () => {
      starts.push(loop.rounds);
    },
  };
  try {
    const payload = { l: Array.from({ length: 60_000 }, () => 0) };
    const ids = await Promise.all(Array.from({ length: 8 }, () => service.submit("noop", { payload })));
    service.start({ connectors: new Map([["noop", noting]]) });
    for (const id of ids) await service.reaches(id, "succeeded", 30_000);
    expect(new Set(starts).size).toBe(8);
  } finally {
    loop.stop();
    await service.close();
  }
}, 60_000);

test("the process responds while expressions are evaluated", async () => {
  const service = await openService();
  const { connectors } = workshop();
  try {
    service.start({ connectors });
    const numbers = Array.from({ length: 20_000 }, (_, i) => i);
    const dear = "{{ size(payload.numbers.filter(x, x == item)) }}";
    const steps = [
      { id: "e", uses: "noop", for_each: { items: "{{ payload.items }}", max_parallel: 32 }, with: { n: dear } },
    ];
    const payload = { numbers, items: numbers.slice(0, 20) };
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const ids = await Promise.all(Array.from({ length: 2 }, () => service.submit("several", { payload, steps })));
    for (const id of ids) {
      const { result } = await service.reaches(id, "succeeded", 30_000);
      expect(decodeKept(result)).toHaveLength(20);
    }
    clearInterval(watch);
    // 30 ms where nothing else runs.
    expect(longest).toBeLessThan(1_000);
  } finally {
    await service.close();
  }
}, 60_000);
