/** What can go wrong with users. No detail quotes what a caller sent: it may be personal. */
import { defineProblems } from "../../http/problem.ts";

export const userProblems = defineProblems({
  user_not_found: {
    status: 404,
    title: "User not found",
    help: "The caller can see no user with this id or address: in the operator's account all users, in a user's own account the user alone.",
  },
  email_taken: {
    status: 409,
    title: "Address taken",
    help: "The e-mail address is another user's. GET /api/v1/users?email= finds them.",
  },
  email_link_expired: {
    status: 410,
    title: "Link expired",
    help: "The link to confirm an address is not valid: it is older than an hour, it was used, a newer one was asked for since, or it belongs to another user. Ask for another with POST /api/v1/users/me/email.",
  },
  unknown_locale: {
    status: 422,
    title: "Unknown locale",
    help: "A locale is a BCP 47 tag whose language, script and region exist, such as en-GB or zh-Hant-TW.",
  },
  unknown_currency: {
    status: 422,
    title: "Unknown currency",
    help: "A currency is a code of ISO 4217 in capitals, such as EUR.",
  },
  meta_too_large: {
    status: 422,
    title: "Metadata too large",
    help: "What is kept in a user's meta is at most 16 KB of JSON. Keep what is larger elsewhere, and its address here.",
  },
  invalid_erasure_id: {
    status: 400,
    title: "Invalid erasure id",
    help: "An erasure's id is a UUID, as in erasure_id of the response to the request for it.",
  },
  erasure_not_found: {
    status: 404,
    title: "Erasure not found",
    help: "No erasure has this id. It is in the response to the request for the erasure, and nowhere else.",
  },
  owns_organisations: {
    status: 409,
    title: "Owns organisations",
    help: "The user is the only owner of an organisation that has other members. Hand it over first, with POST /api/v1/orgs/{org_id}/hand-over.",
  },
  operator_required: {
    status: 403,
    title: "Operator required",
    help: "Only the operator's keys, and keys issued in the operator's account, can do this. Users change what is known of them with PATCH /api/v1/users/me.",
  },
  user_required: {
    status: 403,
    title: "User required",
    help: "The call is about the user in whose account it is made: use a user's session, or a key of the user's account. Keys in API_KEYS can name the user in Levqor-Account, as user:<user_id>.",
  },
});
