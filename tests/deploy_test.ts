/** What can be checked about `deploy/` without containers: that it matches the code, and itself. */

import { describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { BlockList } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join, relative } from "node:path";
import { connect } from "nats";
import { isPublic } from "../connectors/outbound.ts";
import { type Config, loadConfig, settings } from "../src/config.ts";
import { OpsHealth } from "../src/features/service/schemas.ts";
import {
  type NatsServer,
  natsAvailable,
  onFreePorts,
  startNats,
  startNode,
  untilClusterTakesStreams,
} from "./support/nats.ts";
import { eventually } from "./support/service.ts";

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
  NATS_ROUTE_PASSWORD: "0123456789",
  POSTGRES_PASSWORD: "postgres",
  API_KEYS: "0123456789abcdef",
  WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
  VAULT_KEY: Buffer.alloc(32).toString("base64"),
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
  const bases = [...(await read("deploy/Dockerfile")).matchAll(/^(?:FROM|ARG BUN_IMAGE) ?=?(\S+)/gm)].map(
    ([, base]) => base,
  );
  expect(version).toBeString();
  expect(bases).toEqual([`oven/bun:${version}-slim`, "$BUN_IMAGE", "$BUN_IMAGE"]);
  const [{ services }] = await readYaml("deploy/compose.yaml");
  expect(services.api.build.args.BUN_IMAGE).toBe(`\${BUN_IMAGE:-oven/bun:${version}-slim}`);
});

test("the image contains every module that the service imports, and its packages", async () => {
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

/** All files and packages that a module imports, except types, directly or indirectly. */
async function reachable(entry: string): Promise<{ files: Set<string>; packages: Set<string> }> {
  const tsconfig = await Bun.file(join(ROOT, "tsconfig.json")).text();
  const transpilers = {
    ".ts": new Bun.Transpiler({ loader: "ts" }),
    ".tsx": new Bun.Transpiler({ loader: "tsx", tsconfig }),
  };
  const files = new Set([entry]);
  const packages = new Set<string>();
  // Iterating over a set includes what is added meanwhile.
  for (const file of files) {
    const transpiler = transpilers[extname(file) as keyof typeof transpilers];
    const imports = transpiler?.scanImports(await Bun.file(file).text()) ?? [];
    for (const { path, kind } of imports) {
      // The scanner reports it for any JSX; JSX imports Preact's.
      if (path === "react" && kind === "require-call") continue;
      if (path.startsWith(".")) files.add(join(dirname(file), path));
      else if (!/^(node:|bun(:|$))/.test(path)) packages.add(path.split("/", path.startsWith("@") ? 2 : 1).join("/"));
    }
  }
  return { files, packages };
}

test("compose gives each role valid settings", async () => {
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

test("the service trusts the load balancer's header, from the one proxy that there is", async () => {
  expect(await read("deploy/nginx.conf")).toContain("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;");
  const trust = { header: "x-forwarded-for", hops: 1, proxies: [] };
  const [{ services }] = await readYaml("deploy/compose.yaml");
  const TRUST_PROXY = interpolate(services.api.environment.TRUST_PROXY);
  expect(
    await loaded({ API_KEYS: FILLED.API_KEYS as string, VAULT_KEY: FILLED.VAULT_KEY as string, TRUST_PROXY }),
  ).toMatchObject({ trust_proxy: trust });
  expect(await read("deploy/.env.example")).toContain(`\nTRUST_PROXY=${TRUST_PROXY}\n`);
});

test("compose needs nothing that .env.example does not list", async () => {
  const asked = (await read("deploy/compose.yaml")).matchAll(/\$\{(\w+)/g).map(([, name]) => name);
  const named = (await read("deploy/.env.example")).matchAll(/^(\w+)=/gm).map(([, name]) => name);
  expect(new Set(asked)).toEqual(new Set(named));
});

test(".env.example lists every setting, or says where it is set", async () => {
  const example = await read("deploy/.env.example");
  const listed = [...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name as string);
  const [, elsewhere = "", defaults = ""] =
    /compose\.yaml sets them:([^.]+)\.[\s\S]*to change them:([^.]+)\./.exec(example) ?? [];
  const named = [...listed, ...namesIn(elsewhere), ...namesIn(defaults)];
  expect(settings().filter(({ env }) => !named.includes(env))).toEqual([]);
  const compose = await read("deploy/compose.yaml");
  const image = Object.keys(await imageEnv());
  const isSet = (name: string) => image.includes(name) || new RegExp(`^ +${name}:`, "m").test(compose);
  expect(namesIn(elsewhere).filter((name) => !isSet(name))).toEqual([]);
  expect(namesIn(defaults).filter(isSet)).toEqual([]);
});

const namesIn = (text: string) => text.match(/\b[A-Z][A-Z_]+\b/g) ?? [];

test("Kubernetes gives each role valid settings, and time to stop", async () => {
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
    // The role responds to every probe.
    for (const { httpGet } of [startupProbe, livenessProbe]) {
      expect(httpGet.path).toBe("/health");
      expect(ports.find(({ name }: { name: string }) => name === httpGet.port).containerPort).toBe(config.port);
    }
    const waits = Number(lifecycle?.preStop.exec.command[1] ?? 0);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(DRAIN_S + waits);
  }
});

test.skipIf(!natsAvailable)(
  "NATS's nodes, as compose configures them, form a cluster that no server joins without their password",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "levqor-routes-"));
    const servers: NatsServer[] = [];
    try {
      const { nodes, routes } = await startComposedNats(folder);
      servers.push(...nodes);
      const [first] = nodes as [NatsServer];
      const asService = { servers: first.url, user: "levqor", pass: FILLED.NATS_PASSWORD };
      await untilClusterTakesStreams(asService, 3);

      for (const credentials of ["", "route:guessed@"]) {
        const config = join(folder, "rogue.conf");
        const to = routes.map((route) => `"nats://${credentials}${route}"`);
        await Bun.write(
          config,
          `accounts { LEVQOR: { users: [{ user: rogue, password: rogue }] } }
          cluster { name: levqor, listen: "127.0.0.1:-1", routes: [${to}] }`,
        );
        const rogue = await startNats({ args: ["--config", config] });
        servers.push(rogue);
        const nats = await connect({ servers: rogue.url, user: "rogue", pass: "rogue" });
        const service = await connect(asService);
        const [heard, taken] = [[], []] as [string[], string[]];
        nats.subscribe("levqor.event.>", { callback: (_, { subject }) => void heard.push(subject) });
        service.subscribe("levqor.event.>", { callback: (_, { subject }) => void taken.push(subject) });
        await Promise.all([nats.flush(), service.flush()]);
        // It retries for as long as it runs; if it is let in, it hears what is published.
        await eventually(async () => {
          service.publish("levqor.event.true");
          nats.publish("levqor.event.forged");
          await Promise.all([nats.flush(), service.flush()]);
          return heard.includes("levqor.event.true") || (await rogue.logged()).includes("Authorization Violation");
        });
        await Promise.all([nats.drain(), service.drain()]);
        expect(new Set(heard)).toEqual(new Set(["levqor.event.forged"]));
        expect(new Set(taken)).toEqual(new Set(["levqor.event.true"]));
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
      rmSync(folder, { recursive: true });
    }
  },
);

/**
 * Starts the nodes with compose's environment and `deploy/nats`, except for their addresses: here these are free ports.
 */
async function startComposedNats(folder: string): Promise<{ nodes: NatsServer[]; routes: string[] }> {
  const [{ services }] = await readYaml("deploy/compose.yaml");
  const conf = await read("deploy/nats/nats.conf");
  const names = ["nats-1", "nats-2", "nats-3"];
  copyFileSync(join(ROOT, "deploy/nats/accounts.conf"), join(folder, "accounts.conf"));
  return await onFreePorts(3 * names.length, async (ports) => {
    const routes = names.map((_, i) => `127.0.0.1:${ports[i]}`);
    const started = await Promise.all(
      names.map((name, i) => {
        const here = [
          ["0.0.0.0:6222", routes[i] as string],
          ["127.0.0.1:8222", `127.0.0.1:${ports[names.length + i]}`],
          // Each has a folder of its own by its command line.
          ['store_dir: "/data"', ""],
        ] as const;
        for (const [there] of here) expect(conf.split(there)).toHaveLength(2);
        const config = join(folder, `${name}.conf`);
        writeFileSync(
          config,
          here.reduce((text, [there, instead]) => text.replace(there, instead), conf),
        );
        const env = Object.entries<string>(services[name].environment).map(([key, value]) => {
          return [
            key,
            names.reduce((text, node, n) => text.replace(`${node}:6222`, `${routes[n]}`), interpolate(value)),
          ];
        });
        const port = ports[2 * names.length + i] as number;
        return startNode({ name, port, args: ["--config", config], env: Object.fromEntries(env) });
      }),
    );
    const nodes = started.filter((node) => node !== undefined);
    if (nodes.length === names.length) return { nodes, routes };
    await Promise.all(nodes.map((node) => node.stop()));
    return undefined;
  });
}

test("every image can be pinned by digest, and pin_images.sh lists them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "levqor-docker-"));
  try {
    // Replaces docker, which is not installed: it responds like `docker buildx imagetools inspect`.
    const docker = join(folder, "docker");
    await Bun.write(docker, '#!/bin/sh\nprintf "sha256:%s\\n" "$(printf %s "$4" | sha256sum | cut -c 1-64)"\n');
    chmodSync(docker, 0o755);
    const script = join(ROOT, "deploy/pin_images.sh");
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const { stdout, exitCode } = Bun.spawnSync(["sh", script], { env });
    expect(exitCode).toBe(0);
    const pinned = stdout.toString().trim().split("\n");
    const compose = await read("deploy/compose.yaml");
    const named = [...compose.matchAll(/^ +image: (.+)$/gm)].map(([, image]) => image);
    for (const image of named) expect(image).toMatch(/^\$\{[A-Z]+_IMAGE:-[^}]+\}$|^levqor:/);
    const defaults = (await read("deploy/.env.example")).matchAll(/^([A-Z]+_IMAGE=.+)$/gm);
    expect(pinned.map((line) => line.replace(/@sha256:[0-9a-f]{64}$/, ""))).toEqual(
      Array.from(defaults, ([, line]) => line as string),
    );
    for (const line of pinned) expect(line).toMatch(/@sha256:[0-9a-f]{64}$/);
    await Bun.write(docker, "#!/bin/sh\necho no such image\n");
    expect(Bun.spawnSync(["sh", script], { env }).exitCode).not.toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no container has more rights than it needs", async () => {
  const [{ services }] = await readYaml("deploy/compose.yaml");
  for (const [name, service] of Object.entries<(typeof services)[0]>(services)) {
    const { read_only, tmpfs, cap_drop, cap_add, security_opt, privileged } = service;
    const closed: Record<string, unknown> = {
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      privileged: undefined,
      ...(name === "postgres"
        ? { cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"] }
        : { read_only: true, tmpfs: ["/tmp"] }),
    };
    const given: Record<string, unknown> = { read_only, tmpfs, cap_drop, cap_add, security_opt, privileged };
    expect([name, given]).toEqual([name, closed]);
  }
  const open = Object.keys(services).filter((name) => services[name].ports);
  expect(open).toEqual(["load-balancer"]);
  expect(services["load-balancer"].user).toBe("101:101");
  for (const role of ["api", "worker"] as const) {
    const [deployment] = await readYaml(`deploy/kubernetes/${role}.yaml`);
    const { securityContext, automountServiceAccountToken, containers } = deployment.spec.template.spec;
    expect(automountServiceAccountToken).toBe(false);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  }
  expect(await read("deploy/Dockerfile")).toMatch(/^USER 1000:1000$/m);
});

describe("Kubernetes' network", () => {
  const policies = async () => {
    const found = await readYaml("deploy/kubernetes/network.yaml");
    return new Map<string, (typeof found)[0]["spec"]>(found.map(({ metadata, spec }) => [metadata.name, spec]));
  };

  test("is closed except for what is listed, and is applied with the rest", async () => {
    const [{ resources }] = await readYaml("deploy/kubernetes/kustomization.yaml");
    expect(resources).toContain("network.yaml");
    expect((await policies()).get("default-deny")).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    for (const role of ["api", "worker"] as const) {
      const [deployment] = await readYaml(`deploy/kubernetes/${role}.yaml`);
      const { labels } = deployment.spec.template.metadata;
      expect((await policies()).get(role).podSelector.matchLabels).toEqual(labels);
    }
  });

  test("lets only the service reach Postgres and NATS, and only the named namespaces the rest", async () => {
    for (const name of ["postgres", "nats"]) {
      for (const { from } of (await policies()).get(name).ingress) {
        for (const peer of from) expect(Object.keys(peer)).toEqual(["podSelector"]);
      }
    }
    for (const name of ["service", "api"]) {
      for (const { from, ports } of (await policies()).get(name).ingress) {
        expect(ports).toHaveLength(1);
        for (const { namespaceSelector } of from) expect(Object.keys(namespaceSelector.matchLabels)).toHaveLength(1);
      }
    }
  });

  test("workers reach the addresses that the service considers public, and no other", async () => {
    const blocks: { cidr: string; except: string[] }[] = (await policies())
      .get("worker")
      .egress.flatMap(({ to }: { to: { ipBlock: object }[] }) => to.map(({ ipBlock }) => ipBlock));
    const listed = (ranges: string[]) => {
      const list = new BlockList();
      for (const range of ranges) {
        const [address = "", prefix] = range.split("/");
        list.addSubnet(address, Number(prefix), address.includes(":") ? "ipv6" : "ipv4");
      }
      return (address: string) => list.check(address, address.includes(":") ? "ipv6" : "ipv4");
    };
    const within = listed(blocks.map(({ cidr }) => cidr));
    const without = listed(blocks.flatMap(({ except }) => except));
    const random = () => Math.floor(Math.random() * 256);
    const addresses = Array.from({ length: 20_000 }, (_, n) => `${n % 256}.${random()}.${random()}.${random()}`);
    const groups = () => Array.from({ length: 7 }, () => Math.floor(Math.random() * 65_536).toString(16)).join(":");
    for (let n = 0; n < 65_536; n += 7) addresses.push(`${n.toString(16)}:${groups()}`);
    const edges = [
      "169.254.169.254",
      "127.0.0.1",
      "10.0.0.1",
      "192.0.0.1",
      "198.51.100.7",
      "100.127.255.255",
      "fd00::1",
    ];
    for (const address of [...addresses, ...edges]) {
      // What embeds an IPv4 address is no address that a pod is given.
      if (address.startsWith("64:ff9b:")) continue;
      expect([address, within(address) && !without(address)]).toEqual([address, isPublic(address)]);
    }
  });
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

test("the workers' autoscaler reads figures that the API returns", async () => {
  const documents = await readYaml("deploy/kubernetes/worker.yaml");
  const { triggers } = documents.find(({ kind }) => kind === "ScaledObject").spec;
  const [{ namespace }] = await readYaml("deploy/kubernetes/kustomization.yaml");
  for (const { metadata } of triggers) {
    expect(metadata.url).toBe(`http://api.${namespace}.svc/api/v1/ops/health`);
    expect(JSON.stringify(OpsHealth.properties.queue)).toContain(`"${metadata.valueLocation.replace("queue.", "")}":`);
  }
  expect(triggers).toHaveLength(2);
});
