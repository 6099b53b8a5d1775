/** Who is calling and what they may do. */
export { type Access, startAccess } from "./access.ts";
export {
  type Caller,
  type Identity,
  isRecent,
  type LockoutReason,
  mayDo,
  metaOf,
  onAccessEnd,
  reachOf,
} from "./caller.ts";
export { type Grant, missingGrants, type Tiers } from "./grant.ts";
export { newKey, newSessionSecret } from "./key_text.ts";
export { idsOfToken, type MailedTokens, mailedToken, tokenPattern } from "./mailed_token.ts";
export { isOperatorScope, type Scope, scopes } from "./scopes.ts";
export { type TokenOptions, tokenVerifier } from "./tokens.ts";
