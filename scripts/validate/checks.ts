/** The parts of checks, and their output. */
import type { Answer } from "./client.ts";
import { expect } from "./expect.ts";

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const NO_JOB = "00000000-0000-7000-8000-000000000000";

export function expectProblem(answer: Answer, status: number, error: string): void {
  expect(answer.status === status, `status ${status}`, answer.status);
  const type = answer.headers.get("content-type");
  expect(type === "application/problem+json", "Content-Type application/problem+json", type);
  expect(answer.body.error === error && answer.body.status === status, `the problem ${error}`, answer.body);
  for (const member of ["type", "title", "detail", "instance"]) {
    expect(typeof answer.body[member] === "string", `the problem's field ${member}`, answer.body);
  }
}

export function expectStatus(answer: Answer, status: number): void {
  expect(answer.status === status, `status ${status}`, [answer.status, answer.body ?? answer.text]);
}

export interface Checks {
  /** Runs a check and prints its outcome. */
  check(name: string, body: () => Promise<void>): Promise<void>;
  readonly failed: readonly string[];
  readonly count: number;
}

export function startChecks(): Checks {
  const failed: string[] = [];
  let count = 0;
  return {
    failed,
    get count() {
      return count;
    },
    async check(name, body) {
      count++;
      try {
        await body();
        console.log(`✓ ${name}`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failed.push(`${name}: ${reason}`);
        console.log(`✗ ${name}: ${reason}`);
      }
    },
  };
}
