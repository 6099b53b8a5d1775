/** Tells who holds a credential. */
import { hash, timingSafeEqual } from "node:crypto";
import type { Identity } from "./caller.ts";
import { type IdentifyToken, looksLikeToken } from "./tokens.ts";

export interface Access {
  /** False in development mode, where no key is configured and everyone may do everything. */
  readonly required: boolean;
  /** Who holds the credential, which is the text of a key or a token; `null`: there is none. Never throws. */
  identify(credential: string | null): Identity | Promise<Identity>;
}

const NONE: Identity = { kind: "none" };
const UNKNOWN: Identity = { kind: "refused", reason: "The key is not known here." };

/** In development mode, whoever comes. */
const ANYONE: Identity = {
  kind: "known",
  caller: { actor: "anonymous", identity: "anonymous", scopes: "all", tier: null, own_only: false },
};

/** The tier of the operator's own keys. */
const OPERATOR_TIER = "enterprise";

export interface AccessOptions {
  readonly keys: readonly string[];
  /** Absent: no tokens are taken. */
  readonly token?: IdentifyToken;
}

/**
 * Lets in whoever holds one of the operator's `keys`, who may do everything, or a token; where neither is taken,
 * everyone.
 */
export function createAccess({ keys, token }: AccessOptions): Access {
  if (keys.length === 0 && !token) return { required: false, identify: () => ANYONE };
  const known = new Map(keys.map((key) => [slot(digestOf(key)), operator(digestOf(key))]));

  return {
    required: true,
    identify(credential) {
      if (credential === null) return NONE;
      const digest = digestOf(credential);
      const found = known.get(slot(digest));
      if (found && timingSafeEqual(found.digest, digest)) return found.identity;
      return token && looksLikeToken(credential) ? token(credential) : UNKNOWN;
    },
  };
}

function operator(digest: Buffer): { digest: Buffer; identity: Identity } {
  const identity = digest.toString("hex");
  const actor = `key:${identity.slice(0, 8)}`;
  return {
    digest,
    identity: { kind: "known", caller: { actor, identity, scopes: "all", tier: OPERATOR_TIER, own_only: false } },
  };
}

function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

/** Under which a digest is found. Who could tell slots apart by time would learn of digests, from which no key follows. */
function slot(digest: Buffer): string {
  return digest.toString("latin1", 0, 8);
}
