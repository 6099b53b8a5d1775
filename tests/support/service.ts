/** The whole service as users run it: in a separate process. */
import type { Subprocess } from "bun";
import { clockSettings } from "./clock.ts";
import { keepSecretsOf, planted, watchLog } from "./secrets.ts";

export interface ServiceProcess {
  readonly url: string;
  readonly process: Subprocess;
  /** Its log and other output so far. */
  logged(): string;
  /** `fetch` on the service, with JSON in and out. */
  call<T = Record<string, unknown>>(
    path: string,
    init?: { method?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<T>;
  /** Sends SIGTERM and waits for the end of the process. */
  stop(): Promise<number>;
  /** Sends SIGKILL and waits for the end of the process. */
  kill(): Promise<void>;
}

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

/** Starts the service and waits until it is ready; throws with its output if it ends. */
export async function startServiceProcess(env: Record<string, string>): Promise<ServiceProcess> {
  const child = spawnService(env);
  let logged = "";
  const ready = Promise.withResolvers<string>();
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      logged += decoder.decode(chunk, { stream: true });
      const url = /"url":"([^"]+)".*"msg":"Levqor is ready"/.exec(logged)?.[1];
      if (url) ready.resolve(url);
    }
  };
  void Promise.all([listen(child.stdout), listen(child.stderr)]).then(() =>
    ready.reject(new Error(`The service ended: ${logged}`)),
  );
  const url = (await ready.promise).replace(/\/$/, "");
  return {
    url,
    process: child,
    logged: () => logged,
    async call(path, { method = "GET", body, headers = {} } = {}) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          cookie: planted.cookie,
          referer: planted.referrer,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return await answer.json();
    },
    stop() {
      child.kill("SIGTERM");
      return child.exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Settings without rate limits. */
export const UNLIMITED = { RATE_BURST: "none", RATE_GLOBAL: "none", RATE_TIERS: "enterprise=none" };

const WEBHOOK_SECRET = `whsec_${Buffer.from("of the processes of one service, ").toString("base64")}`;
const VAULT_KEY = Buffer.from("of the processes of one service,").toString("base64");

export interface SpawnOptions {
  readonly args?: readonly string[];
  /** A command that runs it, such as `setpriv`. */
  readonly prefix?: readonly string[];
  /** In a process group of its own, as a shell starts a program in a terminal. */
  readonly detached?: boolean;
}

/** Starts the service without rate limits, with only path and clock from this process's environment; does not wait. */
export function spawnService(
  env: Record<string, string>,
  { args = [], prefix = [], detached = false }: SpawnOptions = {},
) {
  keepSecretsOf(env);
  const settings = { PORT: "0", LOG_FORMAT: "json", REQUEST_LOG: "all", ...UNLIMITED, ...env };
  // Settings that all processes of a service must share.
  if (env.LEVQOR_ROLE) Object.assign(settings, { WEBHOOK_SECRET, ...env });
  if (env.LEVQOR_ROLE || env.NODE_ENV === "production") Object.assign(settings, { VAULT_KEY, ...env });
  const child = Bun.spawn([...prefix, process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH, ...clockSettings, ...settings },
    stdout: "pipe",
    stderr: "pipe",
    detached,
  });
  for (const name of ["stdout", "stderr"] as const) {
    Object.defineProperty(child, name, { value: watchLog(child[name], `a service's ${name}`) });
  }
  return child;
}

/** Waits until `read` returns something; throws after 15 s. */
export async function eventually<T>(read: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const deadline = performance.now() + 15_000;
  while (performance.now() < deadline) {
    const value = await read();
    if (value) return value;
    await Bun.sleep(20);
  }
  throw new Error("It did not happen within 15 s");
}
