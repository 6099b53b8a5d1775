/** The size limits of the API. KB is 1024 bytes. */

/** A request's path and query, as sent. */
export const URL_LIMIT_BYTES = 8 * 1024;
/** A request's headers: their names and values, with 4 bytes of separators each; and how many different ones. */
export const HEADERS_LIMIT_BYTES = 16 * 1024;
export const HEADERS_MAX = 100;
/**
 * Above it, or with 200 header lines, the server itself responds with 431, without a body, and closes the connection.
 * It is more than the limits above allow together, so that a request slightly beyond them gets a reason.
 */
export const HEAD_CUT_OFF_BYTES = 64 * 1024;
/** A request's body. */
export const BODY_LIMIT_BYTES = 512 * 1024;
/** Above it the server itself responds with 413, without a body, and closes the connection. */
export const BODY_CUT_OFF_BYTES = 64 * 1024 * 1024;
/** A job's payload, in UTF-8 bytes of its JSON without white space. */
export const PAYLOAD_LIMIT_BYTES = 200 * 1024;
/** Entries per page of a list. */
export const PAGE_LIMIT_MAX = 100;
export const PAGE_LIMIT_DEFAULT = 20;
/** How long a request may take: until its body has arrived, and until it is answered. */
export const REQUEST_TIMEOUT_S = 30;
/**
 * Silence after which the server closes a connection: between two requests, or while a response is not read. Longer
 * than `REQUEST_TIMEOUT_S`, so that a request that takes too long gets a response. A request's headers have 10 seconds,
 * however they arrive: that is Bun's own limit, and its clock has steps of 4 seconds.
 */
export const IDLE_TIMEOUT_S = 40;
/** How long a query waits for a read model: to be built for the first time, to reach `Levqor-Min-Position`. */
export const READ_MODEL_WAIT_MS = 5_000;
/** Silence on an event stream before a heartbeat is sent; proxies cut idle connections from 30 s. */
export const HEARTBEAT_MS = 15_000;
/** How long a stream's client may read nothing before it is cut off; the server counts in steps of 4 seconds. */
export const SLOW_CONSUMER_S = 30;
/** How many jobs one claim of an external worker may request, and how many workflows it may name. */
export const CLAIM_JOBS_MAX = 100;
export const CLAIM_WORKFLOWS_MAX = 100;
/** How many claims may wait in one process, and for how many different sets of workflows. */
export const CLAIMS_WAITING_MAX = 1_000;
export const CLAIM_SETS_MAX = 100;
/**
 * How many jobs external workers may have claimed, of which one caller may have a share; the operator has no such
 * limit.
 */
export const CLAIMED_MAX = 10_000;
/** How long a claim may wait for a job. */
export const CLAIM_WAIT_MAX_S = 30;
export const CLAIM_WAIT_DEFAULT_S = 20;
/** How long an external worker may keep a job without a heartbeat. */
export const LEASE_MAX_S = 3_600;
export const LEASE_DEFAULT_S = 30;
/** How many large replays of one caller may wait for their turn to be recorded. */
export const LARGE_REPLAYS_WAITING_MAX = 8;
/** How far in the future a job's `run_at` may be. */
export const RUN_AT_MAX_DAYS = 366;
/** How late a run of a schedule may still be fired, in seconds: at most, and by default. */
export const MISFIRE_GRACE_MAX_S = 86_400;
export const MISFIRE_GRACE_DEFAULT_S = 900;
/** How many next runs of a schedule are computed at once; each costs about 50 µs. */
export const NEXT_RUNS_MAX = 100;
export const NEXT_RUNS_DEFAULT = 10;
/** A client's message over a WebSocket, in UTF-8 bytes. */
export const MESSAGE_LIMIT_BYTES = 16 * 1024;
/** Above it the connection is closed with 1009 before the message is read. */
export const MESSAGE_CUT_OFF_BYTES = 64 * 1024;
/** What one caller may send over all WebSockets of a process: at once, and per second after that. */
export const MESSAGE_BURST = 200;
export const MESSAGES_PER_S = 20;
export const MESSAGE_BYTES_BURST = 512 * 1024;
export const MESSAGE_BYTES_PER_S = 64 * 1024;
/** Subscriptions of one WebSocket. */
export const SUBSCRIPTIONS_MAX = 32;
/** A WebSocket whose client is silent for this long is closed; it is pinged every `HEARTBEAT_MS`. */
export const SOCKET_SILENT_S = 60;
/** How long a WebSocket's client that was told to go may take to read what is on its way, in milliseconds. */
export const CLOSING_MS = 10_000;
/** When a closed WebSocket is gone, whatever its client does: Bun checks every 4 seconds. */
export const SOCKET_GONE_MS = 5_000;
/** How long the old secrets of a rotated key are accepted: at most, and by default. */
export const KEY_OVERLAP_MAX_S = 2_592_000;
export const KEY_OVERLAP_DEFAULT_S = 86_400;
/** The maximum number each of schedules, stored pipelines, valid issued keys, and workflows with limits. */
export const STORED_MAX = 10_000;
/** The maximum number of organisations that one user creates: each has its own share of what callers share. */
export const ORGS_OF_ONE_USER_MAX = 5;
/** What is kept in a user's `meta`, in UTF-8 bytes of its JSON without white space. */
export const USER_META_LIMIT_BYTES = 16 * 1024;
/** The maximum number of workflows that a key can be limited to. */
export const KEY_WORKFLOWS_MAX = 100;
/** Days that the uptime report covers. */
export const UPTIME_DAYS = 90;
