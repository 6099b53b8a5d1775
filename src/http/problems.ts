/** The problems of every call, or of several features' calls. Each feature has its own `problems.ts` in addition. */
import { defineProblems } from "./problem.ts";

export const problems = defineProblems({
  malformed_json: {
    status: 400,
    title: "Malformed JSON",
    help: "The body is not a single JSON text in UTF-8. The detail says what was found, and where.",
  },
  malformed_url: {
    status: 400,
    title: "Malformed URL",
    help: "The path or a query parameter is not valid UTF-8 after percent-decoding. The detail says which one. Encode text as UTF-8 first: é becomes %C3%A9.",
  },
  json_too_deep: {
    status: 400,
    title: "JSON nested too deeply",
    help: "The body nests arrays and objects more than 64 levels deep. Send a flatter document.",
  },
  duplicate_key: {
    status: 400,
    title: "Duplicate key in JSON",
    help: "An object in the body repeats a key. JSON readers disagree on which value counts, so the request is rejected.",
  },
  number_not_representable: {
    status: 400,
    title: "Number not representable",
    help: "The body contains an integer of more than 64 bits, or a decimal that a double cannot hold exactly, so its value would change. errors[] points to it. Or it contains more than 10,240 integers beyond 2^53 - 1. Send such numbers as strings.",
  },
  too_many_numeric_keys: {
    status: 400,
    title: "Too many numeric keys in JSON",
    help: 'The body has more than 10,240 keys that are whole numbers, such as "7", or objects whose keys skip too many of the numbers below 1,000. Start such keys with a letter, or send a list of pairs.',
  },
  incomplete_body: {
    status: 400,
    title: "Incomplete body",
    help: "The connection ended before the whole body arrived. Nothing was recorded; retry the request.",
  },
  invalid_cursor: {
    status: 400,
    title: "Invalid cursor",
    help: "The cursor does not belong to this list, or no event has this stream position yet. Use next_cursor, or the id of an event, exactly as you received it. Positions from another deployment do not work here: leave the position out to start over.",
  },
  invalid_host: {
    status: 400,
    title: "Invalid Host",
    help: "A request must have exactly one Host header, with a name or an address and, if it is not the default, a port. This includes HTTP/1.0 requests.",
  },
  invalid_job_id: {
    status: 400,
    title: "Invalid job id",
    help: "The job id in the path is not a UUID. Use the job_id from the intake response.",
  },
  invalid_org_id: {
    status: 400,
    title: "Invalid organisation id",
    help: "An organisation's id is a UUID, as in org_id of the response that created it.",
  },
  org_not_found: {
    status: 404,
    title: "Organisation not found",
    help: "No organisation that the caller is a member of has this id. GET /api/v1/orgs lists them.",
  },
  role_exceeded: {
    status: 403,
    title: "Role exceeded",
    help: "Nobody can give a role above their own, or take one away, and only owners and admins change an organisation. Ask an owner.",
  },
  invalid_idempotency_key: {
    status: 400,
    title: "Invalid Idempotency-Key",
    help: "The header must hold 1 to 255 visible ASCII characters, with or without double quotes around them.",
  },
  credential_exposed: {
    status: 400,
    title: "Credential exposed",
    help: "The URL or the body contains the same key or token that authenticates the request. It would be logged along the way, or recorded permanently for everyone who can read the record, so nothing was recorded. Send it in its header only, and rotate it if others may have seen it.",
  },
  unauthorized: {
    status: 401,
    title: "Authentication required",
    help: "The call needs a valid key, in the X-Api-Key header or as Authorization: Bearer.",
  },
  workflow_not_allowed: {
    status: 403,
    title: "Workflow not allowed",
    help: "The key is limited to certain workflows, and this is not one of them. Use a key that is allowed to run it.",
  },
  insufficient_scope: {
    status: 403,
    title: "Insufficient scope",
    help: "The key is valid, but lacks the scope that required_scope names. Use a key that has it.",
  },
  terms_not_accepted: {
    status: 403,
    title: "Terms not accepted",
    help: "The terms have a version, in terms_version, that the user has not accepted. Show them GET /api/v1/terms, and send POST /api/v1/terms with that version when they accept it. For a key, the user whose account it belongs to must accept, or an owner of the organisation.",
  },
  session_required: {
    status: 403,
    title: "Session required",
    help: "The call is about a user, and needs a session of theirs rather than a key. With a key in API_KEYS, name the user where the call allows it.",
  },
  account_not_allowed: {
    status: 403,
    title: "Account not allowed",
    help: "The key or session cannot act for the account that Levqor-Account names. A key acts for the account that it belongs to; leave the header out.",
  },
  user_suspended: {
    status: 403,
    title: "User suspended",
    help: "The operator has suspended the user: none of their sessions, tokens and keys is accepted until that is lifted. Ask for help with POST /api/v1/support.",
  },
  step_up_required: {
    status: 403,
    title: "Recent sign-in required",
    help: "The call is sensitive, and the session's user signed in more than ten minutes ago, or at an auth server that does not say when. Sign in again, and repeat the call with the new session. Keys are not asked for this.",
  },
  user_erased: {
    status: 403,
    title: "User erased",
    help: "The user asked to be erased: none of their sessions, tokens and keys is accepted, and nothing can be recorded of them any more. Somebody who comes back gets another id.",
  },
  origin_refused: {
    status: 403,
    title: "Origin not allowed",
    help: "Pages from other origins cannot change anything here, whatever key they send. Without API_KEYS (development) they cannot open a WebSocket either, unless they are served from this machine: otherwise any page you visit could. Add the origin to CORS_ORIGINS, or send the request from a page of this service. With a session's cookie only pages of this service itself can change anything, or open streams: others, and programs, send the session's token as Authorization: Bearer. Programs other than browsers should not send Origin.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    help: "Nothing is served at this path. /docs lists every call.",
  },
  job_not_found: {
    status: 404,
    title: "Job not found",
    help: "No job has this id. A job can be read as soon as the intake response arrives.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    help: "The path exists, but not with this method. The Allow header lists the methods that work.",
  },
  request_timeout: {
    status: 408,
    title: "Request timed out",
    help: "The body did not arrive within 30 seconds. Nothing was recorded, and the connection is closed. Retry over a faster connection.",
  },
  conflict: {
    status: 409,
    title: "Conflict with the current state",
    help: "The request does not fit the current state. Read the state and decide again.",
  },
  subject_erased: {
    status: 409,
    title: "Subject erased",
    help: "The person that the request is about was erased, for good, so nothing about them can be recorded. If they came back as somebody new, use another name for them.",
  },
  version_mismatch: {
    status: 412,
    title: "Version mismatch",
    help: "Somebody else made a change first: the version in If-Match is not the latest. Read the resource again and reapply your change.",
  },
  body_too_large: {
    status: 413,
    title: "Body too large",
    help: "A request body can hold at most 512 KB (524,288 bytes).",
  },
  payload_too_large: {
    status: 413,
    title: "Payload too large",
    help: "A job's payload can hold at most 200 KB (204,800 bytes), counted as the UTF-8 bytes of its JSON without white space. Store large data elsewhere and send its address.",
  },
  uri_too_long: {
    status: 414,
    title: "URL too long",
    help: "The path and query together can hold at most 8 KB (8,192 bytes).",
  },
  host_refused: {
    status: 421,
    title: "Host not allowed",
    help: "Without API_KEYS (development) the service responds only to names of its own machine (localhost, names ending in .localhost, 127.0.0.0/8, [::1]). Otherwise any page you visit could point a name of its own here and read everything. Use one of these names, set PUBLIC_URL to the address you use, or configure API_KEYS.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    help: "The body must be JSON in UTF-8. Send Content-Type: application/json.",
  },
  range_not_satisfiable: {
    status: 416,
    title: "Range not satisfiable",
    help: "The requested range starts after the end of the file. Content-Range gives the size in bytes.",
  },
  invalid_email: {
    status: 422,
    title: "Invalid e-mail address",
    help: "An address has the form name@example.com: without quotation marks and spaces, with a domain of two labels or more, and at most 254 bytes long. Capitals, other scripts and both spellings of an accented letter are accepted, and make no difference.",
  },
  validation_failed: {
    status: 422,
    title: "Validation failed",
    help: "The request does not match its schema. Each entry in errors points to a value and says what is expected.",
  },
  not_recordable: {
    status: 422,
    title: "Cannot be recorded",
    help: "The event log cannot store the request; the detail says why (nested too deeply, or too long). Nothing was recorded, and a retry would fail the same way. Send less, or a flatter document.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency-Key reused",
    help: "This key was already used with a different body. Use a new key for a new request, and reuse a key only with the same body.",
  },
  queue_full: {
    status: 429,
    title: "Queue full",
    help: "Too many jobs are waiting, in total or for one caller (CALLER_SHARE, a tenth by default). Nothing was recorded. Retry after the time in Retry-After.",
  },
  too_many_stored: {
    status: 409,
    title: "Too many stored",
    help: "There can be at most 10,000 schedules, 10,000 pipelines, 10,000 active issued keys and 10,000 workflows with limits, and a tenth of each per caller (CALLER_SHARE). Nothing was recorded. Delete schedules or revoke keys that you no longer need, update an existing pipeline, send a job's steps with the job, or let jobs share a workflow name.",
  },
  precondition_required: {
    status: 428,
    title: "If-Match required",
    help: 'A change must name the version it is based on, so that no work is lost. Send the ETag of the version you read in If-Match, for example "3", or * for any version.',
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    help: "The requests of the last minute exceeded a limit. violated_policies names it, and RateLimit-Policy gives its size. Nothing was done, and rejected requests do not count. Retry after the time in Retry-After.",
  },
  headers_too_large: {
    status: 431,
    title: "Headers too large",
    help: "A request can have at most 100 headers with 16 KB (16,384 bytes) in total. Far beyond that (64 KB with the URL, or 200 lines) the connection is closed with a bare 431.",
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    help: "The service encountered a fault, recorded under the request id. Include that id when you report it.",
  },
  unavailable: {
    status: 503,
    title: "Temporarily unavailable",
    help: "Nothing was recorded. Retry after the time in Retry-After.",
  },
  too_many_streams: {
    status: 503,
    title: "Too many open streams",
    help: "Each process keeps up to MAX_STREAMS event streams open (5,000 by default), and as many WebSockets. One caller can have a tenth of them (CALLER_SHARE). Reconnect after the time in Retry-After and resume where you left off; another process may have room.",
  },
  outcome_unknown: {
    status: 503,
    title: "Outcome unknown",
    help: "The connection to the log broke while the request was being recorded. Retry with the same Idempotency-Key: it is then recorded exactly once. If you sent no key, first read the status of the job_id in this response.",
  },
  deadline_exceeded: {
    status: 503,
    title: "Deadline exceeded",
    help: "The service did not finish within 30 seconds. The change may or may not have been recorded, and may still be. Read the current state, or retry with the same Idempotency-Key, which is recorded only once.",
  },
  read_model_behind: {
    status: 503,
    title: "Read model lagging",
    help: "The read model did not reach Levqor-Min-Position in time. Retry after the time in Retry-After.",
  },
});
