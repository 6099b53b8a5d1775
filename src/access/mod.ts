/** Who is calling and what they may do. */
export { type Access, createAccess } from "./access.ts";
export { type Caller, type Identity, mayDo } from "./caller.ts";
export { type Scope, scopes } from "./scopes.ts";
export { type TokenOptions, tokenVerifier } from "./tokens.ts";
