/** Changing one's address: the new one confirms it, and the former one is told. */
import { afterAll, beforeAll, describe, expect, setSystemTime, test } from "bun:test";
import type { ConnectorContext } from "../../../connectors/connector.ts";
import { decode } from "../../../events/mod.ts";
import { userStream } from "../../../events/user.ts";
import {
  changeUser,
  commandUser,
  confirmEmailChange,
  findUser,
  readUser,
  upsertUser,
} from "../../../src/access/users.ts";
import { EMAIL_CHANGE_MS, SIGN_IN_ACTOR } from "../../../src/domain/user.ts";
import { emailChangeWorkflows } from "../../../src/features/users/email_change.ts";
import {
  MAIL_EMAIL_CHANGE,
  MAIL_EMAIL_CHANGED,
  mailEmailChange,
  mailEmailChanged,
} from "../../../src/features/users/reactions.ts";
import { EMAIL_CHANGES } from "../../../src/features/users/routes.ts";
import { createMailer, Outbox } from "../../../src/mail/mod.ts";
import { submit } from "../../../src/reactor/mod.ts";
import type { Harness } from "../../http/harness.ts";
import { reactionSpec } from "../../spec.ts";
import { keepSecret } from "../../support/secrets.ts";
import { operator, type Session, sender, session, startUsers } from "./support.ts";

const FROM = { support: "s@levqor.ai", billing: "b@levqor.ai", "no-reply": "n@levqor.ai", security: "x@levqor.ai" };

let api: Harness;
let send: ReturnType<typeof sender>;
const outbox = new Outbox(() => {});
beforeAll(async () => {
  api = await startUsers();
  send = sender(api);
});
afterAll(() => api.stop());

const address = () => `ada-${crypto.randomUUID()}@example.com`;

interface Person extends Session {
  readonly email: string;
}

async function person(): Promise<Person> {
  const email = address();
  const one = await session({ email, email_verified: true });
  expect((await send("GET", "/me", undefined, one.headers)).body.email).toBe(email);
  return { ...one, email };
}

const ask = (one: Session, email: string) => send("POST", "/me/email", { email }, one.headers);
const confirm = (one: Session, token: string) => send("POST", "/me/email/confirm", { token }, one.headers);

/** Runs the jobs that mail, for a user's newest event or an earlier one. */
async function run(workflow: string, user_id: string, version?: number): Promise<unknown> {
  const { personal_log: log, vault } = api;
  const mailer = createMailer({ delivery: outbox, from: FROM as never, log, vault });
  const found = emailChangeWorkflows({ log, vault, mailer, base_url: "http://api" }).find(
    ({ name }) => name === workflow,
  );
  const newest = (await log.readStream(userStream(user_id))).length;
  return await found?.run({ user_id, version: version ?? newest }, {
    signal: new AbortController().signal,
  } as ConnectorContext);
}

/** The token that a new address is mailed. */
async function mailed(one: Session, email: string): Promise<string> {
  expect((await ask(one, email)).status).toBe(202);
  expect(await run(MAIL_EMAIL_CHANGE, one.user_id)).not.toHaveProperty("skipped");
  const [mail] = outbox.mails();
  expect(mail?.to).toBe(email);
  const token = /http:\/\/api\/auth\/email#(lve_[\w-]{65})/.exec(mail?.text ?? "")?.[1] as string;
  keepSecret(token);
  return token;
}

const historyOf = async (user_id: string) => (await api.personal_log.readStream(userStream(user_id))).map(decode);

describe("asking for another address", () => {
  test("changes nothing yet, and is followed by a mail there", async () => {
    const one = await person();
    const email = address();
    const { status, body } = await ask(one, email.toUpperCase());
    expect([status, body]).toEqual([202, { status: "accepted" }]);
    expect((await send("GET", "/me", undefined, one.headers)).body).toMatchObject({ email: one.email });
    const requested = (await historyOf(one.user_id)).at(-1);
    expect(requested).toMatchObject({ type: "user.email_change_requested", data: { email } });
    const [stored] = (await api.log.readStream(userStream(one.user_id))).slice(-1);
    expect(stored?.data_json).not.toContain(email);
    const when = reactionSpec(mailEmailChange, userStream(one.user_id));
    when(requested as never).then(
      submit({ workflow: MAIL_EMAIL_CHANGE, payload: { user_id: one.user_id, version: requested?.version } }),
    );
  });

  test("is answered alike if the address is somebody's", async () => {
    const [one, other] = [await person(), await person()];
    const [taken, free] = [await ask(one, other.email), await ask(one, address())];
    expect([taken.status, taken.text]).toEqual([free.status, free.text]);
  });

  test("needs a recent session of the user's own", async () => {
    const old = await session({ iat: Math.floor(Date.now() / 1000) - 1_200 });
    expect((await ask(old, address())).body.error).toBe("step_up_required");
    expect((await send("POST", "/me/email", { email: address() })).body.error).toBe("user_required");
    expect((await send("POST", "/me/email", { email: address() }, {})).status).toBe(401);
  });

  test.each([
    [{ email: "ada" }, "invalid_email"],
    [{}, "validation_failed"],
    [{ email: address(), name: "A" }, "validation_failed"],
  ])("is refused with %j", async (body, error) => {
    const { headers } = await person();
    const answer = await send("POST", "/me/email", body, headers);
    expect([answer.status, answer.body.error]).toEqual([422, error]);
  });

  test("is limited, for a user and for an address", async () => {
    const [one, others] = [await person(), await Promise.all(Array.from({ length: EMAIL_CHANGES.quota }, person))];
    const email = address();
    for (const other of others) expect((await ask(other, email)).status).toBe(202);
    const refused = await ask(one, email);
    expect([refused.status, refused.body.violated_policies]).toEqual([429, ["email-change"]]);
    for (let i = 0; i < EMAIL_CHANGES.quota; i++) expect((await ask(one, address())).status).toBe(202);
    expect((await ask(one, address())).status).toBe(429);
  });

  test("does not go through a change of the profile", async () => {
    const { headers } = await person();
    const { body } = await send("PATCH", "/me", { email: address() }, headers);
    expect(body.errors).toEqual([
      { pointer: "/email", message: expect.stringContaining("POST /api/v1/users/me/email") },
    ]);
  });
});

describe("the link", () => {
  test("makes the address the user's, once, and the former one free", async () => {
    const one = await person();
    const email = address();
    const token = await mailed(one, email);
    const answers = await Promise.all(Array.from({ length: 8 }, () => confirm(one, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(410)]);
    const { user } = answers.find(({ status }) => status === 200)?.body ?? {};
    expect(user).toMatchObject({ email, email_verified_at: expect.any(String) });
    const parts = { log: api.personal_log, vault: api.vault };
    expect(await findUser(parts, email)).toBe(one.user_id);
    expect(await findUser(parts, one.email)).toBeUndefined();
    expect((await send("POST", "/upsert", { email: one.email })).status).toBe(201);
  });

  test("is followed by a notice to the former address", async () => {
    const one = await person();
    await confirm(one, await mailed(one, address()));
    const [updated] = (await historyOf(one.user_id)).slice(-2);
    const when = reactionSpec(mailEmailChanged, userStream(one.user_id));
    const { version } = updated as { version: number };
    when(updated as never).then(submit({ workflow: MAIL_EMAIL_CHANGED, payload: { user_id: one.user_id, version } }));
    await run(MAIL_EMAIL_CHANGED, one.user_id, version);
    expect(outbox.mails()[0]).toMatchObject({ to: one.email, subject: "Your address was changed" });
    // Other changes, and those by an operator, are followed by none.
    when({ type: "user.updated", data: { name: "Ada" }, meta: updated?.meta as object }).then();
    when({ type: "user.updated", data: { email: "a@example.com" }, meta: { ...updated?.meta, actor: "key:1" } }).then();
  });

  test("works for the user who asked alone, while it is the newest, for an hour", async () => {
    const [one, other] = [await person(), await person()];
    const first = await mailed(one, address());
    expect((await confirm(other, first)).body.error).toBe("email_link_expired");
    expect((await send("POST", "/me/email/confirm", { token: first }, {})).status).toBe(401);
    const second = await mailed(one, address());
    expect((await confirm(one, first)).body.error).toBe("email_link_expired");
    expect((await confirm(one, `${second.slice(0, -2)}xx`)).body.error).toBe("email_link_expired");
    expect((await confirm(one, "lve_x")).status).toBe(422);
    setSystemTime(new Date(Date.now() + EMAIL_CHANGE_MS));
    try {
      const late = await session({}, one.user_id);
      expect((await confirm(late, second)).body.error).toBe("email_link_expired");
    } finally {
      setSystemTime();
    }
    expect((await confirm(one, second)).status).toBe(200);
  });

  test("does not take an address from anybody", async () => {
    const [one, other] = [await person(), await person()];
    const token = await mailed(one, other.email);
    expect((await confirm(one, token)).body.error).toBe("email_taken");
    expect((await send("GET", "/me", undefined, one.headers)).body.email).toBe(one.email);
    expect((await send("GET", "/me", undefined, other.headers)).body.email).toBe(other.email);
  });

  test("takes an address from whoever is on record only because somebody typed it into a form", async () => {
    const one = await person();
    const email = address();
    const parts = { log: api.personal_log, vault: api.vault };
    const typed = await upsertUser(parts, { profile: { email }, meta: { actor: SIGN_IN_ACTOR } });
    const token = await mailed(one, email);
    expect((await confirm(one, token)).body.user).toMatchObject({ email });
    expect(await findUser(parts, email)).toBe(one.user_id);
    const { user_id } = typed as { user_id: string };
    expect(await readUser(api.personal_log, user_id)).toMatchObject({ profile: { email: null }, is_unclaimed: true });
  });

  test("of two users who want one address, one gets it", async () => {
    const [one, other] = [await person(), await person()];
    const email = address();
    const tokens = [await mailed(one, email), await mailed(other, email)] as const;
    const answers = await Promise.all([confirm(one, tokens[0]), confirm(other, tokens[1])]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("leaves the user to be found by the address that they have, whatever happens at once", async () => {
    const parts = { log: api.personal_log, vault: api.vault };
    for (let round = 0; round < 10; round++) {
      const { user_id, email: former, account: actor } = await person();
      const email = address();
      const asked = (change_id: string) =>
        commandUser(parts.log, {
          user_id,
          command: { type: "request_email_change", change_id, email },
          meta: { actor },
        });
      const used = (change_id: string) =>
        confirmEmailChange(parts, { user_id, change_id, now: Date.now(), meta: { actor } });
      const changed = (to: string) => changeUser(parts, { user_id, profile: { email: to }, meta: { actor: "key:1" } });
      const [first, second] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
      await asked(first);
      await Promise.all([used(first), asked(second).then(() => used(second))]);
      expect(await findUser(parts, email)).toBe(user_id);
      await Promise.all([former, email, former, email].map(changed));
      const now = (await readUser(parts.log, user_id))?.profile.email as string;
      expect(await findUser(parts, now)).toBe(user_id);
    }
  });

  test("is not mailed if another was asked for since, it was used, or the user is erased", async () => {
    const one = await person();
    await ask(one, address());
    const { version } = (await historyOf(one.user_id)).at(-1) as { version: number };
    await confirm(one, await mailed(one, address()));
    expect(await run(MAIL_EMAIL_CHANGE, one.user_id, version)).toEqual({ skipped: "not_needed" });
    await ask(one, address());
    await api.vault.destroy(one.account, ["profile"]);
    expect(await run(MAIL_EMAIL_CHANGE, one.user_id)).toEqual({ skipped: "not_needed" });
  });
});

test("an operator's change of an address makes it unverified", async () => {
  const one = await person();
  expect((await send("GET", "/me", undefined, one.headers)).body.email_verified_at).toEqual(expect.any(String));
  const { body } = await send("PATCH", `/${one.user_id}`, { email: address() }, operator);
  expect(body.user.email_verified_at).toBeNull();
});
