/** What can go wrong with any call, or with several features' calls. A feature has a `problems.ts` of its own beside this. */
import { defineProblems } from "./problem.ts";

export const problems = defineProblems({
  malformed_json: {
    status: 400,
    title: "Malformed JSON",
    help: "The body is not one JSON text in UTF-8. The detail says what was met and where.",
  },
  malformed_url: {
    status: 400,
    title: "Malformed URL",
    help: "The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.",
  },
  json_too_deep: {
    status: 400,
    title: "JSON nested too deeply",
    help: "The body nests arrays and objects deeper than 64 levels. Send a flatter document.",
  },
  duplicate_key: {
    status: 400,
    title: "Duplicate key in JSON",
    help: "An object of the body repeats a key. Readers disagree on which value counts, so none is taken.",
  },
  number_not_representable: {
    status: 400,
    title: "Number cannot be kept unchanged",
    help: "A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.",
  },
  too_many_numeric_keys: {
    status: 400,
    title: "Too many numeric keys in JSON",
    help: 'The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.',
  },
  incomplete_body: {
    status: 400,
    title: "Incomplete body",
    help: "The connection ended before the body did. Nothing was recorded; repeat the request.",
  },
  invalid_cursor: {
    status: 400,
    title: "Invalid cursor",
    help: "A cursor was not given out by this list, or no event has the stream position yet. Use next_cursor, or the id of an event, as it was received. Positions of another deployment mean nothing here: leave the position out to begin anew.",
  },
  invalid_host: {
    status: 400,
    title: "Invalid Host",
    help: "A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.",
  },
  invalid_job_id: {
    status: 400,
    title: "Invalid job id",
    help: "The job id in the path is not a UUID. Use the job_id that the intake answered.",
  },
  invalid_idempotency_key: {
    status: 400,
    title: "Invalid Idempotency-Key",
    help: "The header holds 1 to 255 visible ASCII characters, with or without double quotes around them.",
  },
  credential_exposed: {
    status: 400,
    title: "Key outside its header",
    help: "The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.",
  },
  unauthorized: {
    status: 401,
    title: "API key required",
    help: "The call needs a valid key in the X-Api-Key header, or as Authorization: Bearer.",
  },
  workflow_not_allowed: {
    status: 403,
    title: "Workflow not allowed",
    help: "The key is limited to some workflows, and this is none of them. Use a key that may run it.",
  },
  insufficient_scope: {
    status: 403,
    title: "Scope missing",
    help: "The key is valid and may not do this: required_scope names the scope that it lacks. Use a key that has it.",
  },
  origin_refused: {
    status: 403,
    title: "Origin refused",
    help: "A page of another origin may change nothing here, whatever key it has, and without API_KEYS (development) open no WebSocket, unless it is a page of this machine: any page that you visit could. Name its origin in CORS_ORIGINS, or send the request from a page of this service; programs that are no browser leave Origin out.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    help: "Nothing is served at this path. Every call is listed at /docs.",
  },
  job_not_found: {
    status: 404,
    title: "Job not found",
    help: "No job has this id. A job can be read from the moment its intake was answered.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    help: "The path exists, the method does not. The Allow header lists those that do.",
  },
  request_timeout: {
    status: 408,
    title: "Request took too long to arrive",
    help: "The body was not there within 30 seconds. Nothing was recorded; the connection is closed. Repeat the request over a better one.",
  },
  conflict: {
    status: 409,
    title: "Conflict with the present state",
    help: "What was asked for does not fit the present state. Read it and decide again.",
  },
  version_mismatch: {
    status: 412,
    title: "Another version is the newest",
    help: "Somebody else was faster: the version that If-Match names is not the newest. Read the pipeline, or the schedule, again and decide anew.",
  },
  body_too_large: {
    status: 413,
    title: "Body too large",
    help: "The body of a request holds at most 512 KB (524,288 bytes).",
  },
  payload_too_large: {
    status: 413,
    title: "Payload too large",
    help: "A job's payload holds at most 200 KB (204,800 bytes), counted in UTF-8 bytes of its JSON without white space. Put large data elsewhere and send its address.",
  },
  uri_too_long: {
    status: 414,
    title: "URL too long",
    help: "The path and the query together hold at most 8 KB (8,192 bytes).",
  },
  host_refused: {
    status: 421,
    title: "Host refused",
    help: "Without API_KEYS (development) the service answers for names of its own machine alone (localhost, what ends in .localhost, 127.0.0.0/8, [::1]): any page that you visit could have a name of its own lead here, and read everything. Use such a name, set PUBLIC_URL to the address that you use, or configure API_KEYS.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    help: "The body must be JSON in UTF-8: send Content-Type: application/json.",
  },
  range_not_satisfiable: {
    status: 416,
    title: "Range not satisfiable",
    help: "The range that was asked for begins behind the end of the file. Content-Range says how many bytes there are.",
  },
  validation_failed: {
    status: 422,
    title: "Validation failed",
    help: "The request does not fit its schema. Each entry of errors points at one value and says what is expected there.",
  },
  not_recordable: {
    status: 422,
    title: "Cannot be recorded",
    help: "The event log cannot hold what was sent, and the detail says why: it nests too deeply, or is too long. Nothing was recorded, and a repetition would meet the same. Send less, or a flatter document.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency-Key reused",
    help: "The key was used before with another body. Use a new key for a new job; repeat a key only with the same body.",
  },
  queue_full: {
    status: 429,
    title: "Queue full",
    help: "So many jobs wait, or so many of one caller (CALLER_SHARE, a tenth), that no more are taken in: nothing was recorded. Repeat the request after the time that Retry-After names.",
  },
  too_many_stored: {
    status: 409,
    title: "Too many stored",
    help: "There are at most 10,000 schedules, 10,000 pipelines, 10,000 issued keys that hold and 10,000 workflows with limits, a tenth of each of one caller (CALLER_SHARE). Nothing was recorded. Delete schedules or revoke keys that are not needed; change a pipeline that is there, or send a job's steps with it; let jobs share a workflow's name.",
  },
  precondition_required: {
    status: 428,
    title: "If-Match required",
    help: 'A change names the version that it was made from, so that nobody\'s work is lost: send the ETag of the version that was read as If-Match, for example "3", or * for whichever it is.',
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    help: "More requests came within a minute than the limit lets in; violated_policies names it, RateLimit-Policy says how much it is. Come back after the time that Retry-After names: nothing was done, and what is refused does not count.",
  },
  headers_too_large: {
    status: 431,
    title: "Headers too large",
    help: "A request has at most 100 headers, of 16 KB (16,384 bytes) together. Far above that (64 KB with the URL, or 200 lines) the connection is closed with a bare 431.",
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    help: "The service met a fault. It is on record under the request id; give that id when you report it.",
  },
  unavailable: {
    status: 503,
    title: "Temporarily unavailable",
    help: "Nothing was recorded. Repeat the request after the time that Retry-After names.",
  },
  too_many_streams: {
    status: 503,
    title: "Too many streams open",
    help: "One process keeps up to MAX_STREAMS event streams open (5,000 unless configured otherwise), and as many WebSockets. One caller may have a tenth of them (CALLER_SHARE). Connect again after the time that Retry-After names, and resume where you were; it may well meet another process.",
  },
  outcome_unknown: {
    status: 503,
    title: "Outcome unknown",
    help: "The connection to the log broke while the request was being recorded. Repeat it with the same Idempotency-Key: it is then recorded exactly once. Without a key, read the status of the job_id in this answer first.",
  },
  deadline_exceeded: {
    status: 503,
    title: "Deadline exceeded",
    help: "The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.",
  },
  read_model_behind: {
    status: 503,
    title: "Read model behind",
    help: "The read model did not reach Levqor-Min-Position in time. Repeat the request after the time that Retry-After names.",
  },
});
