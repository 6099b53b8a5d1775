import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConnectorError, createOutbound } from "../../connectors/mod.ts";
import { isPublic, listedHosts } from "../../connectors/outbound.ts";

/** The requests that reached the servers, with their host. */
const seen: { host: string | null; path: string }[] = [];
const plain = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
afterAll(() => plain.stop(true));
beforeEach(() => {
  seen.length = 0;
});

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  seen.push({ host: request.headers.get("host"), path: pathname });
  if (pathname === "/moved") return Response.redirect("/elsewhere", 307);
  return new Response("here");
}

/** A resolver that returns these results, one after the other, and then the last again and again. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const lookup = async (host: string) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(host);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return { asked, lookup };
}

async function refusal(call: Promise<Response>, code = "address_refused"): Promise<string> {
  const error = await call.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(ConnectorError);
  expect((error as ConnectorError).code).toBe(code);
  expect(seen).toEqual([]);
  return (error as ConnectorError).message;
}

describe("an address is public", () => {
  test.each(["1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1", "223.255.255.255"])(
    "%s",
    (address) => expect(isPublic(address)).toBe(true),
  );
  test.each(["2606:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "64:ff9b::808:808"])(
    "%s",
    (address) => expect(isPublic(address)).toBe(true),
  );
});

describe("an address is not public", () => {
  test.each([
    ["this network", "0.0.0.0"],
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["private", "10.0.0.1"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["private", "192.168.1.1"],
    ["link-local", "169.254.169.254"],
    ["CGNAT", "100.64.0.1"],
    ["CGNAT", "100.127.255.255"],
    ["multicast", "224.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["documentation", "203.0.113.1"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["link-local", "fe80::1"],
    ["unique-local", "fc00::1"],
    ["unique-local", "fd12:3456::1"],
    ["multicast", "ff02::1"],
    ["mapped loopback", "::ffff:127.0.0.1"],
    ["mapped loopback", "::ffff:7f00:1"],
    ["mapped private", "::ffff:10.0.0.1"],
    ["mapped link-local", "::ffff:a9fe:a9fe"],
    ["IPv4-compatible", "::127.0.0.1"],
    ["NAT64 of a private one", "64:ff9b::10.0.0.1"],
    ["NAT64 of nothing", "64:ff9b::"],
    ["6to4 of loopback", "2002:7f00:1::"],
    ["Teredo", "2001::1"],
    ["documentation", "2001:db8::1"],
    ["no address at all", "localhost"],
  ])("%s: %s", (_, address) => expect(isPublic(address)).toBe(false));
});

describe("what may be called", () => {
  test.each([
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::1]:PORT/",
    "http://0.0.0.0:PORT/",
  ])("not %s, in any notation", async (url) => {
    const fetch = createOutbound({ allow: [] });
    await refusal(fetch(url.replace("PORT", String(plain.port))));
  });

  test.each(["http://localhost:PORT/", "http://LOCALHOST.:PORT/"])("not %s, a name of this machine", async (url) => {
    await refusal(createOutbound({ allow: [] })(url.replace("PORT", String(plain.port))), "connection_failed");
  });

  test("an internal name gets the same error as a missing one, at the same time", async () => {
    const answer = async (lookup: Parameters<typeof createOutbound>[0]["lookup"], port = plain.port) => {
      const began = performance.now();
      const call = createOutbound({ allow: ["10.9.9.9"], lookup })(`http://intranet.test:${port}/?token=hidden`);
      const error = (await call.catch((fault: unknown) => fault)) as ConnectorError;
      const { code, message, options } = error;
      return { told: { code, message, options }, steps: (performance.now() - began) / 500 };
    };
    const failing =
      (code: string, ms = 0) =>
      async () => {
        await Bun.sleep(ms);
        throw Object.assign(new Error(`getaddrinfo ${code}`), { code });
      };
    const answers = await Promise.all([
      answer(resolver(["10.1.2.3", "fd00::1"]).lookup),
      answer(resolver(["127.0.0.1"]).lookup),
      answer(resolver(["127.0.0.1"]).lookup, 1),
      answer(resolver(["169.254.169.254"]).lookup),
      answer(resolver([]).lookup),
      answer(failing("ENOTFOUND")),
      answer(failing("ENOTFOUND", 200)),
      answer(failing("ENODATA")),
      answer(failing("EAI_AGAIN")),
    ]);
    for (const { told, steps } of answers) {
      expect(told).toEqual({
        code: "connection_failed",
        message: "intranet.test has no address that this service may call.",
        options: { detail: { reason: "NoCallableAddress" } },
      });
      expect(steps).toBeGreaterThan(0.98);
    }
    expect(seen).toEqual([]);
  });

  test.each([["127.0.0.0/8"], ["127.0.0.1"], ["0.0.0.0/0"], ["here.test"], ["HERE.test"]])(
    "what %s allows",
    async (entry) => {
      const { lookup } = resolver(["127.0.0.1"]);
      const fetch = createOutbound({ allow: ["10.0.0.0/8", entry], lookup });
      expect(await (await fetch(`http://here.test:${plain.port}/x`)).text()).toBe("here");
      expect(seen).toEqual([{ host: `here.test:${plain.port}`, path: "/x" }]);
    },
  );

  test("a name's allowed addresses and no other, the next one if nobody listens", async () => {
    const { lookup } = resolver(["10.0.0.1", "127.0.0.2", "127.0.0.1"]);
    const fetch = createOutbound({ allow: ["127.0.0.0/8"], lookup });
    const response = await fetch(`http://several.test:${plain.port}/`, { signal: AbortSignal.timeout(2_000) });
    expect(response.status).toBe(200);
  });
});

test("a name that resolves to a private address the second time gains nothing: the checked address is called", async () => {
  const { asked, lookup } = resolver(["127.0.0.1"], ["127.0.0.2"]);
  const other = Bun.serve({ port: 0, hostname: "127.0.0.2", fetch: () => new Response("inside") });
  const fetch = createOutbound({ allow: ["127.0.0.1"], lookup });
  expect(await (await fetch(`http://rebinding.test:${plain.port}/`)).text()).toBe("here");
  expect(asked).toEqual(["rebinding.test"]);
  await expect(fetch(`http://rebinding.test:${other.port}/`)).rejects.toMatchObject({ code: "connection_failed" });
  await other.stop(true);
});

test("redirects are not followed, whatever the caller says", async () => {
  const fetch = createOutbound({ allow: ["127.0.0.1"] });
  const response = await fetch(`http://127.0.0.1:${plain.port}/moved`, { redirect: "follow" });
  expect(response.status).toBe(307);
  expect(seen.map(({ path }) => path)).toEqual(["/moved"]);
});

test("the caller's headers stay, except Host", async () => {
  const fetch = createOutbound({ allow: ["127.0.0.1"] });
  await fetch(`http://127.0.0.1:${plain.port}/`, { headers: { host: "other.test", "x-a": "b" } });
  expect(seen[0]?.host).toBe(`127.0.0.1:${plain.port}`);
});

test("a hanging resolver does not outlast the signal", async () => {
  const lookup = () => new Promise<never>(() => {});
  const fetch = createOutbound({ allow: [], lookup });
  await expect(fetch("http://slow.test/", { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
    name: "TimeoutError",
  });
});

const openssl = Bun.which("openssl");

test.skipIf(!openssl)("over TLS the certificate is checked for the name, though an address is called", async () => {
  const folder = mkdtempSync(join(tmpdir(), "levqor-tls-"));
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=pinned.test", "-addext", "subjectAltName=DNS:pinned.test"];
  const made = Bun.spawnSync([
    ...[openssl ?? "", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-days", "2", "-out", certificate, "-keyout", key, ...subject],
  ]);
  expect(made.exitCode).toBe(0);
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "outbound_tls_process.ts"), certificate, key], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate },
    stdout: "pipe",
    stderr: "inherit",
  });
  const outcomes = JSON.parse(await new Response(child.stdout).text());
  rmSync(folder, { recursive: true });
  expect(outcomes).toEqual({
    "pinned.test": "called as pinned.test",
    "other.test": "ERR_TLS_CERT_ALTNAME_INVALID",
    "127.0.0.1": "ERR_TLS_CERT_ALTNAME_INVALID",
  });
});

test("a host is listed by its name, or by its address, in whatever spelling", () => {
  const isListed = listedHosts(["10.0.0.0/8", "fd00::/8", "Login.internal"]);
  const listed = ["http://10.1.2.3/", "http://[fd00::1]:8080/", "http://LOGIN.internal./", "https://10.0.0.1"];
  const others = ["http://11.0.0.1/", "http://127.0.0.1/", "http://else.login.internal/", "http://internal/"];
  expect(listed.map(isListed)).toEqual(listed.map(() => true));
  expect(others.map(isListed)).toEqual(others.map(() => false));
});
