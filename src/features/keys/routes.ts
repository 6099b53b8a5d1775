/** API keys: issuing them, what they may do, rotating and revoking them. */

import { keyStream } from "../../../events/key.ts";
import { fromTimeOrNull, instantOf, toTime } from "../../../events/time.ts";
import type { KeyRow } from "../../../projections/mod.ts";
import type { Caller } from "../../access/mod.ts";
import { type Grant, metaOf, missingGrants } from "../../access/mod.ts";
import type { KeyState } from "../../domain/key.ts";
import { beyond } from "../../domain/reach.ts";
import type { ApiParts } from "../../http/api.ts";
import { tags } from "../../http/document/tags.ts";
import { KEY_OVERLAP_DEFAULT_S } from "../../http/limits.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { idParam } from "../../http/request/params.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { decodeJson } from "../../json/mod.ts";
import { createKey, type KeyView, keyStatus, keyView, readKey, revokeKey, rotateKey } from "./commands.ts";
import { keyProblems } from "./problems.ts";
import { IssuedKey, Key, KeyCreateRequest, KeyId, KeyList, KeyRevokeRequest, KeyRotateRequest } from "./schemas.ts";

const ROUTE = "/api/v1/keys";

const keyIdParam = idParam({
  schema: KeyId,
  what: "key",
  invalid: keyProblems.invalid_key_id,
  missing: keyProblems.key_not_found,
});

/** The default for callers. */
const DEFAULT_TIER = "free";

const [EXAMPLE] = Key.examples as [object];
const [ISSUED] = IssuedKey.examples as [object];

const ONCE =
  "The key itself is in this response and nowhere else: the service stores its SHA-256. Repeating the request with the same Idempotency-Key returns the first response again, with `null` in place of the key and the current `last_used_at`, whatever has become of the key since: if you lost the first response, rotate the key.";

export function keyRoutes({ access, config, log, sql, stored }: ApiParts) {
  const { environment } = access;
  const { tiers } = config;

  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "createKey",
        tag: tags.keys,
        summary: "Create an API key",
        description: `Issues a key that may do what its scopes allow, and no more than the key that issues it: in its scopes, workflows, tier and expiry. It is accepted everywhere at once. ${ONCE}`,
        scope: "keys:write",
        step_up: true,
        idempotent: true,
        body: KeyCreateRequest,
        responses: {
          201: {
            description: "The key. Store it: it is not shown again.",
            schema: IssuedKey,
            example: ISSUED,
          },
        },
        errors: [keyProblems.grant_exceeded, problems.too_many_stored],
      },
      async (call) => {
        const { caller, body: asked } = call;
        const { name, scopes, workflows = null, tier = DEFAULT_TIER } = asked;
        refuseSecret(name, "/name");
        const granted = { name, environment, scopes, workflows, tier, expires_at: canonical(asked.expires_at ?? null) };
        const key_id = call.newId();
        const meta = { ...metaOf(caller), correlation_id: key_id, ...call.cause };
        const made = await stored.add("keys", {
          caller,
          stream_id: call.idempotency_key === null ? null : keyStream(key_id),
          check: () => checkGrant(caller, granted),
          record: () => createKey(log, { key_id, meta, ...granted }),
        });
        return await issued(key_id, call.once(made));
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listKeys",
        tag: tags.keys,
        summary: "List API keys, newest first",
        description:
          "What each may do, who issued it, when it was last used, and whether it is still valid; never the key itself. The keys in API_KEYS are not listed.",
        scope: "keys:read",
        query: PageQuery,
        list: true,
        responses: {
          200: {
            description: "A page of keys.",
            schema: KeyList,
            example: { data: [EXAMPLE], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const { account, workflows } = call.caller;
        const select = (before: number | undefined, take: number) => sql<StoredKey[]>`
          select key_id, name, environment, prefix, scopes, workflows, tier, created_by, created_at, expires_at,
            rotated_at, overlap_ends_at, revoked_at, position, last_used_at
          from levqor_read.keys left join levqor_ops.key_uses using (key_id)
          where account = ${account} ${before === undefined ? sql`` : sql`and position < ${before}`}
            ${workflows === "all" ? sql`` : sql`and workflows::jsonb <@ ${JSON.stringify([...workflows])}::text::jsonb`}
          order by position desc
          limit ${take}`;
        return await call.page("keys", { select, show: toKey });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:key_id`,
        id: "getKey",
        tag: tags.keys,
        summary: "Get an API key",
        description: "Read from the log itself, and never older than an earlier response.",
        scope: "keys:read",
        params: { key_id: keyIdParam },
        responses: { 200: { description: "What it may do.", schema: Key, example: EXAMPLE } },
      },
      async (call) => {
        const { key_id } = call.params;
        await existing(call.caller, key_id);
        return await shown(key_id);
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:key_id/rotate`,
        id: "rotateKey",
        tag: tags.keys,
        summary: "Rotate an API key",
        description: `The key keeps its id, scopes and Idempotency-Keys, and gets a new secret. Earlier secrets remain valid for another overlap_seconds, so that clients can be switched one after another; a key has at most 5 valid secrets at a time. A key cannot rotate one that may do more than itself. ${ONCE}`,
        scope: "keys:write",
        step_up: true,
        idempotent: true,
        params: { key_id: keyIdParam },
        body: KeyRotateRequest,
        body_optional: true,
        responses: {
          200: {
            description: "The key with its new secret. Store it: it is not shown again.",
            schema: IssuedKey,
            example: ISSUED,
          },
        },
        errors: [keyProblems.grant_exceeded, problems.conflict],
      },
      async (call) => {
        const { caller, body: asked } = call;
        const { key_id } = call.params;
        const state = await existing(caller, key_id);
        const wanted = {
          overlap_seconds: asked.overlap_seconds ?? KEY_OVERLAP_DEFAULT_S,
          ...(asked.expires_at !== undefined && { expires_at: canonical(asked.expires_at) }),
        };
        const { environment } = keyView(key_id, state, Date.now());
        const causation_id = call.repeatableId();
        const made = await rotateKey(log, {
          key_id,
          meta: { ...metaOf(caller), correlation_id: key_id, ...call.cause, causation_id },
          environment,
          // Whoever rotates a key knows its secret from then on.
          check: (current) => {
            refuseExpired(wanted.expires_at);
            refuseExcess(caller, { ...keyView(key_id, current, Date.now()), ...wanted });
          },
          ...wanted,
        });
        if (!made.ok && made.reason === "refused") throw new Problem(problems.conflict, made.refusal.message);
        return await issued(key_id, call.once(made));
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:key_id/revoke`,
        id: "revokeKey",
        tag: tags.keys,
        summary: "Revoke an API key",
        description:
          "Ends the key with all its secrets, for good and everywhere within a second, and closes the event streams that it opened. Keys that it issued remain valid. Only keys:write is needed, whatever the revoked key may do, because revoking grants nothing; a key that is limited to some workflows can revoke keys that are limited to the same or fewer. Revoking a revoked key gives the same response.",
        scope: "keys:write",
        params: { key_id: keyIdParam },
        body: KeyRevokeRequest,
        body_optional: true,
        responses: {
          200: {
            description: "The key is revoked.",
            schema: Key,
            example: { ...EXAMPLE, status: "revoked", revoked_at: "2026-01-20T08:00:00.000Z" },
          },
        },
      },
      async (call) => {
        const { caller } = call;
        const key_id = call.params.key_id;
        const { reason } = call.body;
        if (reason !== undefined) refuseSecret(reason, "/reason");
        await existing(caller, key_id);
        const handled = await revokeKey(log, {
          key_id,
          meta: { ...metaOf(caller), correlation_id: key_id, ...call.cause },
          reason,
        });
        if (!handled.ok) throw notFound(key_id);
        call.recorded(handled.position);
        return await shown(key_id);
      },
    ),
  ];

  /** The key as it is now. Throws the problem `key_not_found`. */
  async function shown(key_id: string) {
    const [state, last_used_at] = await Promise.all([readKey(log, key_id), lastUse(key_id)]);
    if (!state) throw notFound(key_id);
    return { ...keyView(key_id, state, Date.now()), last_used_at };
  }

  /** The key as a request left it, and its secret unless the request is repeated. Throws the problem `key_not_found`. */
  async function issued(key_id: string, made: { replayed: boolean; position: number | undefined; secret: string }) {
    const { replayed, position, secret } = made;
    const [state, last_used_at] = await Promise.all([readKey(log, key_id, { until: position }), lastUse(key_id)]);
    if (!state) throw notFound(key_id);
    const at = state.rotated_at ?? state.created_at ?? Date.now();
    return { key: replayed ? null : secret, ...keyView(key_id, state, at), last_used_at };
  }

  async function lastUse(key_id: string): Promise<string | null> {
    const [use] = await sql<{ last_used_at: string }[]>`
      select last_used_at from levqor_ops.key_uses where key_id = ${key_id}`;
    return use?.last_used_at ?? null;
  }

  /** A key within its caller's reach: of their account; for a caller limited to some workflows, keys limited to no others. */
  async function existing(caller: Caller, key_id: string): Promise<KeyState> {
    const state = await readKey(log, key_id);
    const { workflows } = state?.created ?? {};
    const isWithin =
      workflows?.every((workflow) => beyond(caller, { workflow }) === undefined) ?? caller.workflows === "all";
    if (!state || state.account !== caller.account || !isWithin) throw notFound(key_id);
    return state;
  }

  /** Whether a caller may issue such a key now. */
  function checkGrant(caller: Caller, granted: Grant): void {
    if (!Object.hasOwn(tiers, granted.tier)) {
      throw invalid([{ pointer: "/tier", message: `must be one of ${Object.keys(tiers).join(", ")}` }]);
    }
    refuseExpired(granted.expires_at);
    refuseExcess(caller, granted);
  }

  function refuseExcess(caller: Caller, granted: Grant): void {
    const [first, ...others] = missingGrants(caller, granted, tiers);
    if (!first) return;
    const errors = [first, ...others].map(({ member, message }) => ({ pointer: `/${member}`, message }));
    throw new Problem(
      keyProblems.grant_exceeded,
      `A key can grant no more than it has; the one that is used ${first.message}.`,
      {
        errors,
      },
    );
  }
}

/** As in the read model: JSON is text. */
type StoredKey = Omit<KeyRow, "scopes" | "workflows"> & {
  readonly scopes: string;
  readonly workflows: string | null;
  readonly last_used_at: string | null;
};

function toKey({ position: _, scopes, workflows, ...row }: StoredKey): KeyView & { last_used_at: string | null } {
  const now = Date.now();
  const { revoked_at, expires_at, overlap_ends_at } = row;
  const status = keyStatus({
    revoked: revoked_at !== null,
    expires_at: fromTimeOrNull(expires_at),
    now,
  });
  const overlaps = status === "active" && overlap_ends_at !== null && Date.parse(overlap_ends_at) > now;
  return {
    ...row,
    scopes: decodeJson(scopes),
    workflows: workflows === null ? null : decodeJson(workflows),
    status,
    overlap_ends_at: overlaps ? overlap_ends_at : null,
  };
}

function canonical(expires_at: string | null): string | null {
  return expires_at === null ? null : toTime(instantOf(expires_at).epochMilliseconds);
}

/** Throws the problem `validation_failed` if the time, in canonical form, is past. */
function refuseExpired(expires_at: string | null | undefined): void {
  if (expires_at && Date.parse(expires_at) <= Date.now()) {
    throw invalid([{ pointer: "/expires_at", message: "must be in the future" }]);
  }
}

/**
 * Text for people is recorded for good, and visible to all who may read keys. Throws the problem `validation_failed`.
 */
function refuseSecret(text: string, pointer: string): void {
  if (/lvq_(?:live|test)_[0-9A-Za-z]{12}/.test(text)) throw invalid([{ pointer, message: "must not contain a key" }]);
}

function notFound(key_id: string): Problem {
  return new Problem(keyProblems.key_not_found, `No key has the id ${key_id}.`);
}
