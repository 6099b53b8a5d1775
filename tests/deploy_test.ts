/** What can be told about `deploy/` without containers: that it fits the code, and itself. */
import { expect, test } from "bun:test";
import { dirname, join, relative } from "node:path";
import { components } from "../src/api/schemas.ts";
import { type Config, loadConfig } from "../src/config.ts";

const ROOT = join(import.meta.dir, "..");
/** A service needs this long to stop, in seconds. */
const DRAIN_S = 20;

const read = (path: string) => Bun.file(join(ROOT, path)).text();

/** Reads a YAML file of one document or several; JSON in shape. */
// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects to find
async function readYaml(path: string): Promise<any[]> {
  return [Bun.YAML.parse(await read(path))].flat();
}

/** Values as `.env` and the secret would have them. */
const FILLED: Record<string, string> = {
  OWNER_PASSWORD: "owner",
  SERVICE_PASSWORD: "service",
  NATS_PASSWORD: "nats",
  NATS_SUBSCRIBER_PASSWORD: "subscriber",
  POSTGRES_PASSWORD: "postgres",
  API_KEYS: "0123456789abcdef",
  WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
};

/** Compose's `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
function interpolate(text: string): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest?: string) => {
    const value = FILLED[name] ?? (kind === "-" ? rest : undefined);
    if (value === undefined) throw new Error(`Cannot fill in ${name}: .env.example has no such line`);
    return value;
  });
}

/** The image's own environment, from its ENV line. */
async function imageEnv(): Promise<Record<string, string>> {
  const [, line = ""] = /^ENV (.+)$/m.exec(await read("deploy/Dockerfile")) ?? [];
  const pairs = line.replace("$BUILD_ID", "dev").split(" ");
  return Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
}

async function loaded(env: Record<string, string>): Promise<Config> {
  const config = loadConfig({ ...(await imageEnv()), ...env }, []);
  if (config === "help") throw new Error("No help was asked for");
  expect(config.warnings).toEqual([]);
  expect(config).toMatchObject({ production: true, host: "0.0.0.0", port: 5000 });
  return config;
}

test("the image has the Bun that the set-up installs", async () => {
  const [, version] = /^bun_version=(\S+)$/m.exec(await read("scripts/setup.sh")) ?? [];
  const bases = [...(await read("deploy/Dockerfile")).matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(version).toBeString();
  expect(bases).toEqual([`oven/bun:${version}-slim`, `oven/bun:${version}-slim`]);
});

test("the image holds every module that the service imports, and its packages", async () => {
  const ignored = await read("deploy/Dockerfile.dockerignore");
  const allowed = new Set(Array.from(ignored.matchAll(/^!(\S+)$/gm), ([, entry]) => entry));
  const { dependencies } = await Bun.file(join(ROOT, "package.json")).json();
  const { files, packages } = await reachable(join(ROOT, "src/main.ts"));
  const folders = new Set([...files].map((file) => relative(ROOT, file).split("/")[0]));
  expect(files.size).toBeGreaterThan(50);
  expect([...folders.difference(allowed)]).toEqual([]);
  // Read, not imported.
  expect(allowed).toContain("public");
  expect([...packages].filter((name) => !(name in dependencies))).toEqual([]);
});

/** All files and packages that a module imports, types aside, directly or through others. */
async function reachable(entry: string): Promise<{ files: Set<string>; packages: Set<string> }> {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const files = new Set([entry]);
  const packages = new Set<string>();
  // A set's iteration takes in what is added meanwhile.
  for (const file of files) {
    const imports = file.endsWith(".ts") ? transpiler.scanImports(await Bun.file(file).text()) : [];
    for (const { path } of imports) {
      if (path.startsWith(".")) files.add(join(dirname(file), path));
      else if (!/^(node:|bun(:|$))/.test(path)) packages.add(path.split("/", path.startsWith("@") ? 2 : 1).join("/"));
    }
  }
  return { files, packages };
}

test("compose gives each role settings that the service takes", async () => {
  const [{ services }] = await readYaml("deploy/compose.yaml");
  for (const role of ["api", "worker"] as const) {
    const { environment, stop_grace_period } = services[role];
    const env = Object.fromEntries(
      Object.entries<string>(environment).map(([name, value]) => [name, interpolate(value)]),
    );
    const { database_url, database_admin_url, nats_url, ...config } = await loaded(env);
    expect([config.role, config.nats_replicas]).toEqual([role, 3]);
    expect(nats_url?.split(",").map((url) => new URL(url).hostname)).toEqual(["nats-1", "nats-2", "nats-3"]);
    expect(new URL(database_url ?? "").username).toBe("levqor");
    expect(new URL(database_admin_url ?? "").username).toBe("levqor_owner");
    expect(Number.parseInt(stop_grace_period, 10)).toBeGreaterThan(DRAIN_S);
  }
  expect(services.api.deploy.replicas).toBe(2);
  expect(services.worker.deploy.replicas).toBe(3);
});

test("the service believes the header that the load balancer writes, from the one proxy that there is", async () => {
  expect(await read("deploy/nginx.conf")).toContain("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;");
  const trust = { header: "x-forwarded-for", hops: 1, proxies: [] };
  const [{ services }] = await readYaml("deploy/compose.yaml");
  const TRUST_PROXY = interpolate(services.api.environment.TRUST_PROXY);
  expect(await loaded({ API_KEYS: FILLED.API_KEYS as string, TRUST_PROXY })).toMatchObject({ trust_proxy: trust });
  expect(await read("deploy/.env.example")).toContain(`\nTRUST_PROXY=${TRUST_PROXY}\n`);
});

test("compose asks for nothing that .env.example does not name", async () => {
  const asked = (await read("deploy/compose.yaml")).matchAll(/\$\{(\w+)/g).map(([, name]) => name);
  const named = (await read("deploy/.env.example")).matchAll(/^(\w+)=/gm).map(([, name]) => name);
  expect(new Set(asked)).toEqual(new Set(named));
});

test("Kubernetes gives each role settings that the service takes, and time to stop", async () => {
  const [{ stringData }] = await readYaml("deploy/kubernetes/secret.example.yaml");
  for (const role of ["api", "worker"] as const) {
    const [deployment] = await readYaml(`deploy/kubernetes/${role}.yaml`);
    const { containers, terminationGracePeriodSeconds } = deployment.spec.template.spec;
    const [{ env, lifecycle, ports, startupProbe, livenessProbe }] = containers;
    const settings: Record<string, string> = {};
    for (const { name, value, valueFrom } of env) {
      const given = value ?? stringData[valueFrom.secretKeyRef.key];
      expect(given).toBeString();
      settings[name] = FILLED[name] ?? given;
    }
    const config = await loaded(settings);
    expect([config.role, config.nats_replicas]).toEqual([role, 3]);
    // Whatever is probed is where the role answers.
    for (const { httpGet } of [startupProbe, livenessProbe]) {
      expect(httpGet.path).toBe("/health");
      expect(ports.find(({ name }: { name: string }) => name === httpGet.port).containerPort).toBe(config.port);
    }
    const waits = Number(lifecycle?.preStop.exec.command[1] ?? 0);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(DRAIN_S + waits);
  }
});

test("Kubernetes' parts find each other", async () => {
  for (const role of ["api", "worker"] as const) {
    const [deployment, ...others] = await readYaml(`deploy/kubernetes/${role}.yaml`);
    const { labels } = deployment.spec.template.metadata;
    const selectors = [deployment, ...others].map(({ spec }) => spec.selector?.matchLabels ?? spec.selector);
    for (const selector of selectors) if (selector) expect(selector).toEqual(labels);
    const targets = others.map(({ spec }) => spec.scaleTargetRef?.name).filter((name) => name !== undefined);
    expect(targets).toEqual([deployment.metadata.name]);
  }
});

test("the workers' autoscaler reads figures that the API gives", async () => {
  const documents = await readYaml("deploy/kubernetes/worker.yaml");
  const { triggers } = documents.find(({ kind }) => kind === "ScaledObject").spec;
  const [{ namespace }] = await readYaml("deploy/kubernetes/kustomization.yaml");
  for (const { metadata } of triggers) {
    expect(metadata.url).toBe(`http://api.${namespace}.svc/api/v1/ops/health`);
    expect(JSON.stringify(components.OpsHealth.properties.queue)).toContain(
      `"${metadata.valueLocation.replace("queue.", "")}":`,
    );
  }
  expect(triggers).toHaveLength(2);
});
