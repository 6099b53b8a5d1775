/** The set-up scripts, run by the system's `sh` on machines that lack one thing or another. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmod, cp, exists, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { machine, tmpdir, type } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const TOOLS = `.tools/${type()}-${machine()}/bin`;
/** What the scripts may count on everywhere. */
const EVERYWHERE = [
  "cat",
  "chmod",
  "cmp",
  "cut",
  "dirname",
  "find",
  "head",
  "id",
  "mkdir",
  "mktemp",
  "mv",
  "rm",
  "sh",
  "uname",
];

let home: string;
/** The project's folder; the space in its name is on purpose. */
let project: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "levqor-set-up-"));
  project = join(home, "my project");
  await cp(join(ROOT, "scripts"), join(project, "scripts"), { recursive: true });
  await mkdir(join(home, "bin"));
  for (const name of EVERYWHERE) await symlink(Bun.which(name) as string, join(home, "bin", name));
});

afterEach(() => rm(home, { recursive: true, force: true }));

/** Puts a program of our own on the machine. */
async function program(path: string, lines: string) {
  await Bun.write(join(home, path), `#!/bin/sh\n${lines}\n`);
  await chmod(join(home, path), 0o755);
}

async function run(script: string, options: { args?: string[]; env?: Record<string, string> } = {}) {
  const child = Bun.spawn(["sh", `${project}/scripts/${script}`, ...(options.args ?? [])], {
    cwd: home,
    env: { PATH: join(home, "bin"), TMPDIR: home, ...options.env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out, said] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, out, said };
}

const fakeBun = (version: string) => `[ "$1" = --version ] && echo ${version} && exit\nprintf '<%s>' "${version}" "$@"`;

test.each(["1.4.0", "1.4.5", "1.10.2", "2.0.0"])(
  "a Bun %s on the PATH is used, and gets the arguments unchanged",
  async (version) => {
    await program("bin/bun", fakeBun(version));
    const { code, out } = await run("bun.sh", { args: ["src/main.ts", "two words", "--help"] });
    expect([code, out]).toEqual([0, `<${version}><src/main.ts><two words><--help>`]);
  },
);

test.each(["1.3.14", "1.0.0", "0.8.1"])(
  "a Bun %s on the PATH is too old: the one in .tools is used",
  async (version) => {
    await program("bin/bun", fakeBun(version));
    await program(join("my project", TOOLS, "bun"), fakeBun("1.4.5"));
    expect((await run("bun.sh")).out).toBe("<1.4.5>");
  },
);

test("without any Bun, bun.sh says how to get it", async () => {
  const { code, said } = await run("bun.sh", { args: ["test"] });
  expect([code, said]).toEqual([127, expect.stringContaining("run 'sh scripts/setup.sh'")]);
});

test("the set-up prints its use for --help, and refuses an unknown option by name", async () => {
  const help = await run("setup.sh", { args: ["--help"] });
  expect(help).toEqual({ code: 0, out: expect.stringMatching(/^Usage: .*--tests/), said: "" });
  const { code, out, said } = await run("setup.sh", { args: ["--test"] });
  expect({ code, out, said }).toEqual({ code: 2, out: "", said: `Unknown option '--test'\n\n${help.out}` });
});

test("without Bun and npm, the set-up says what to install", async () => {
  const { code, said } = await run("setup.sh");
  expect([code, said]).toEqual([1, expect.stringContaining("https://nodejs.org")]);
});

test("if npm fails, the set-up says what to check", async () => {
  await program("bin/npm", "exit 1");
  const { code, said } = await run("setup.sh");
  expect([code, said]).toEqual([1, expect.stringContaining("Check the network and the proxy")]);
});

test("dependencies are installed once, and again when bun.lock changes", async () => {
  await program("bin/bun", '[ "$1" = --version ] && echo 1.4.5 && exit\nmkdir -p node_modules\necho "ran $*"');
  await Bun.write(join(project, "bun.lock"), "one");
  const installs = async () => (await run("setup.sh")).said.split("\n").filter((line) => line.startsWith("ran "));
  expect(await installs()).toEqual(["ran install --frozen-lockfile"]);
  expect(await installs()).toEqual([]);
  await Bun.write(join(project, "bun.lock"), "two");
  expect(await installs()).toEqual(["ran install --frozen-lockfile"]);
  expect(await installs()).toEqual([]);
  await rm(join(project, "node_modules"), { recursive: true });
  expect(await installs()).toEqual(["ran install --frozen-lockfile"]);
});

test("what uses the tests' tools gets them first, but not to print its use", async () => {
  await program("bin/bun", `mkdir -p node_modules\n[ "$1" = install ] && exit\n${fakeBun("1.4.5")}`);
  for (const file of ["bun.lock", "patches/one.patch"]) await Bun.write(join(project, file), "one");
  const help = await run("with_test_tools.sh", { args: ["bench/mod.ts", "two words", "--help"] });
  expect([help.code, help.out]).toEqual([0, "<1.4.5><bench/mod.ts><two words><--help>"]);
  expect(help.said).not.toContain("nats-server");
  const work = await run("with_test_tools.sh", { args: ["bench/mod.ts", "--quick"] });
  expect([work.code, work.out]).toEqual([0, "<1.4.5><bench/mod.ts><--quick>"]);
  expect(work.said).toContain("nats-server");
});

test("a nats-server on the PATH is enough: nothing is downloaded", async () => {
  await program("bin/nats-server", "exit 0");
  expect(await run("nats_server.sh", { env: { CI: "true" } })).toEqual({ code: 0, out: "", said: "" });
});

test("a download of nats-server with another checksum is rejected", async () => {
  await program("bin/curl", 'while [ "$1" != -o ]; do shift; done\necho tampered >"$2"');
  for (const name of ["sha256sum", "shasum", "tar", "gzip"]) {
    const path = Bun.which(name);
    if (path) await symlink(path, join(home, "bin", name));
  }
  const { code, said } = await run("nats_server.sh");
  expect(code).toBe(0);
  expect(said).toContain("refusing the download: its sha256 is");
  expect(await exists(join(project, TOOLS, "nats-server"))).toBe(false);
});

test("without nats-server the tests continue with a notice; on CI that is a failure", async () => {
  const { code, said } = await run("nats_server.sh");
  expect([code, said]).toEqual([0, expect.stringContaining("the JetStream tests will be skipped")]);
  expect((await run("nats_server.sh", { env: { CI: "true" } })).code).toBe(1);
});

test("a browser on the PATH, or one that CHROMIUM names, is enough: nothing is downloaded", async () => {
  expect(await run("chromium.sh", { env: { CI: "true", CHROMIUM: "/opt/browser" } })).toEqual({
    code: 0,
    out: "",
    said: "",
  });
  await program("bin/google-chrome", "exit 0");
  expect(await run("chromium.sh", { env: { CI: "true" } })).toEqual({ code: 0, out: "", said: "" });
});

test("without a browser the tests continue with a notice; on CI that is a failure", async () => {
  const { code, said } = await run("chromium.sh");
  expect([code, said]).toEqual([0, expect.stringContaining("the tests of the pages in a browser will be skipped")]);
  expect((await run("chromium.sh", { env: { CI: "true" } })).code).toBe(1);
});

test("a Chromium from Debian's packages is kept only if it runs, with the libraries that came with it", async () => {
  for (const name of ["tr", "sort"]) await symlink(Bun.which(name) as string, join(home, "bin", name));
  await program(
    "bin/apt-get",
    `for option; do case $option in *archives=*) : >"\${option#*archives=}/chromium-headless-shell_1.deb";; esac; done`,
  );
  const unpacks = (chromium: string) =>
    program(
      "bin/dpkg-deb",
      `mkdir -p "$3/usr/lib/chromium" "$3/usr/lib/some/where" && : >"$3/usr/lib/some/where/libx.so.1"
cat >"$3/usr/lib/chromium/chromium-headless-shell" <<'END'
#!/bin/sh
${chromium}
END
chmod +x "$3/usr/lib/chromium/chromium-headless-shell"`,
    );
  await unpacks("exit 127");
  const broken = await run("chromium.sh");
  expect([broken.code, broken.said]).toEqual([0, expect.stringContaining("will be skipped")]);
  expect(await exists(join(project, TOOLS, "chromium-headless-shell"))).toBe(false);

  await unpacks('case $LD_LIBRARY_PATH in *"my project/"*/usr/lib/some/where:*) echo "$@";; *) exit 1;; esac');
  expect((await run("chromium.sh", { env: { CI: "true" } })).code).toBe(0);
  expect(await exists(join(project, TOOLS, "chromium-headless-shell"))).toBe(true);
  expect(await run("chromium.sh", { env: { CI: "true" } })).toEqual({ code: 0, out: "", said: "" });
});
