/** Tells who holds a credential. */
import { hash, timingSafeEqual } from "node:crypto";
import type { Identity } from "./caller.ts";

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

/** Lets in whoever holds one of the operator's `keys`, who may do everything; with no keys, everyone. */
export function createAccess({ keys }: { readonly keys: readonly string[] }): Access {
  if (keys.length === 0) return { required: false, identify: () => ANYONE };
  const known = new Map(keys.map((key) => [slot(digestOf(key)), operator(digestOf(key))]));

  return {
    required: true,
    identify(credential) {
      if (credential === null) return NONE;
      const digest = digestOf(credential);
      const found = known.get(slot(digest));
      return found && timingSafeEqual(found.digest, digest) ? found.identity : UNKNOWN;
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
