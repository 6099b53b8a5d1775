import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { authorOf } from "../../../events/account.ts";
import { DataDirUnusableError } from "../../../src/db/mod.ts";
import { CallbackSecrets, openCallbackSecrets } from "../../../src/jobs/mod.ts";
import { testFolder } from "../../support/postgres.ts";

const root = (text: string) => `whsec_${Buffer.from(text.padEnd(32, ".")).toString("base64")}`;
const secrets = new CallbackSecrets(root("the service's"));
const ADA = { account: "user:ada", url: "https://ada.example/hooks?token=1" };

function signed(by: CallbackSecrets, receiver = ADA, body = '{"type":"job.succeeded"}') {
  const at = new Date();
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": by.sign(receiver, { id: "msg_1", at, body }),
  };
  return (secret: string) => new Webhook(secret).verify(body, headers);
}

describe("a receiver's secret", () => {
  test("verifies what was signed for it, and nothing that was signed for another", () => {
    const verify = signed(secrets);
    expect(verify(secrets.of(ADA).secret)).toEqual({ type: "job.succeeded" });
    for (const other of [
      { ...ADA, account: "user:bob" },
      { ...ADA, account: "operator" },
      { ...ADA, account: "" },
      { ...ADA, url: "http://ada.example/hooks" },
      { ...ADA, url: "https://ada.example:8443/hooks" },
      { ...ADA, url: "https://evil.ada.example/hooks" },
      { ...ADA, url: "https://ada.example.evil.test/hooks" },
      { account: "user:ada\0https://ada.example", url: "https://x.example" },
    ]) {
      expect(() => verify(secrets.of(other).secret)).toThrow("No matching signature");
    }
    expect(() => verify(root("the service's"))).toThrow("No matching signature");
    expect(() => verify(new CallbackSecrets(root("another service's")).of(ADA).secret)).toThrow();
  });

  test("is the same for all URLs of an origin, in any notation", () => {
    const { secret } = secrets.of(ADA);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    for (const url of ["https://ada.example", "HTTPS://ADA.example:443/other#x"]) {
      expect(secrets.of({ ...ADA, url }).secret).toBe(secret);
    }
  });

  test("is replaced without a gap: meanwhile both verify, before and after only one", () => {
    const [old, both, now] = [
      new CallbackSecrets(root("old")),
      new CallbackSecrets(root("old"), root("new")),
      new CallbackSecrets(root("new")),
    ];
    const { secret, next_secret } = both.of(ADA);
    expect([secret, next_secret]).toEqual([old.of(ADA).secret, now.of(ADA).secret]);
    expect([old.of(ADA).next_secret, now.of(ADA).next_secret]).toEqual([null, null]);
    const verifies = (by: CallbackSecrets, each: string) => {
      try {
        return Boolean(signed(by)(each));
      } catch {
        return false;
      }
    };
    const table = [old, both, now].map((by) => [secret, next_secret as string].map((each) => verifies(by, each)));
    expect(table).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });
});

test.each([
  ["key:1a2b3c4d", "operator"],
  ["anonymous", "operator"],
  ["key:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", "key:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"],
  ["user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"],
  ["user:key:1a2b3c4d", "user:key:1a2b3c4d"],
])("the author of what %s does for the operator is %s", (actor, author) => {
  expect(authorOf({ actor })).toBe(author);
  expect(authorOf({ actor, author: "key:1a2b3c4d" })).toBe("operator");
  expect(authorOf({ actor, account: "org:1" })).toBe("org:1");
});

describe("the service's own secret", () => {
  const refusal = (data_dir: string): string => {
    try {
      openCallbackSecrets({ data_dir });
    } catch (error) {
      expect(error).toBeInstanceOf(DataDirUnusableError);
      return (error as Error).message;
    }
    throw new Error("It was opened.");
  };
  const RENEW = "delete it: the next start generates a new secret, and receivers need their new ones.";

  test("is generated once, and stays", () => {
    const data_dir = testFolder();
    const first = openCallbackSecrets({ data_dir }).of(ADA);
    expect(openCallbackSecrets({ data_dir }).of(ADA)).toEqual(first);
    expect(readFileSync(join(data_dir, "webhook-secret"), "utf8")).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
  });

  const sized = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

  test.each([sized(24), sized(64)])("may be restored: %s", (secret) => {
    const data_dir = testFolder();
    writeFileSync(join(data_dir, "webhook-secret"), `${secret}\n`);
    expect(openCallbackSecrets({ data_dir }).of(ADA)).toEqual(new CallbackSecrets(secret).of(ADA));
  });

  test.each(["", "garbage", "whsec_", "whsec_!", "whsec_garbage", sized(23), sized(65)])(
    "is refused if its file contains %p",
    (text) => {
      const data_dir = testFolder();
      const path = join(data_dir, "webhook-secret");
      writeFileSync(path, text);
      expect(refusal(data_dir)).toBe(
        `Cannot sign callbacks: ${path} does not contain a secret, which is whsec_ and the base64 of 24 to 64 bytes. ` +
          `Restore the file from a backup, or ${RENEW}`,
      );
    },
  );

  test("is refused if its file is a link to none, or a folder", () => {
    const [linked, folder] = [testFolder(), testFolder()];
    const path = join(linked, "webhook-secret");
    symlinkSync(join(linked, "gone"), path);
    expect(refusal(linked)).toBe(
      `Cannot read ${path}: it is a symbolic link to a file that does not exist. Restore that file, or ${RENEW}`,
    );
    mkdirSync(join(folder, "webhook-secret"));
    expect(refusal(folder)).toContain("move it away, or set LEVQOR_DATA_DIR to another folder.");
  });
});
