/** Who is calling: API keys, compared in constant time. */
import { hash, timingSafeEqual } from "node:crypto";
import { Problem } from "./problems.ts";

export interface Caller {
  /** For events and logs: `key:<first 8 hex digits of the key's SHA-256>`, or `anonymous`. */
  readonly actor: string;
  /** Tells callers apart without being a secret: the key's SHA-256 in hex, or `anonymous`. */
  readonly identity: string;
}

export interface Auth {
  /** False in development mode, where no key is configured and every call is taken. */
  readonly required: boolean;
  /**
   * The caller, who must hold a key where keys are configured: that of the header, or `key` where a client cannot set
   * it. Throws the problem `unauthorized`.
   */
  require(request: Request, key?: string): Caller;
}

const ANONYMOUS: Caller = { actor: "anonymous", identity: "anonymous" };

/** Checks `X-Api-Key` against `keys`; with none, everyone may call. */
export function createAuth(keys: readonly string[]): Auth {
  if (keys.length === 0) return { required: false, require: () => ANONYMOUS };
  const known = keys.map((key) => {
    const digest = sha256(key);
    const identity = digest.toString("hex");
    return { digest, caller: { actor: `key:${identity.slice(0, 8)}`, identity } };
  });

  return {
    required: true,
    require(request, key) {
      const given = request.headers.get("x-api-key") ?? key;
      if (given === undefined) throw unauthorized("The X-Api-Key header is missing.");
      const digest = sha256(given);
      // Every key is compared, whichever fits: the time taken tells nothing of the keys.
      let found: Caller | undefined;
      for (const { digest: expected, caller } of known) if (timingSafeEqual(expected, digest)) found = caller;
      if (!found) throw unauthorized("The key in X-Api-Key is not known here.");
      return found;
    },
  };
}

function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

function unauthorized(detail: string): Problem {
  return new Problem("unauthorized", detail, { headers: { "www-authenticate": 'ApiKey realm="levqor"' } });
}
