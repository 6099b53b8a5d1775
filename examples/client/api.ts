/** What the API takes and answers, for openapi-fetch. Made by scripts/openapi.ts: do not edit. */

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Name and version
         * @description Says which service this is and which version and build of it is running.
         */
        get: operations["getRoot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness
         * @description Answers as soon as the process takes requests, whatever the state of what it depends on: for that, see /api/v1/ops/health.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{error}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a problem means
         * @description Describes a code that error answers carry: their `type` points here.
         */
        get: operations["getProblem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/public/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Public figures
         * @description Every figure is computed from the event log; the schema says how.
         */
        get: operations["getPublicMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/marketing/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Headlines, selling points and figures
         * @description For pages that present the service. The texts come from public/marketing and hold no numbers; the figures are those of GET /public/metrics, computed from the event log.
         */
        get: operations["getMarketingSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics for Prometheus
         * @description What this process measures of itself, in Prometheus' text format. Figures of the whole service (the queue, read models, schedules) are at most 5 seconds old, however often they are asked for. With METRICS_PORT the same is served at a port of its own, without a key. Needs the scope `metrics:read`.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/intake": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Submit a job
         * @description Records the job and answers once it is durable. The job waits in the queue until a worker takes it. Send an Idempotency-Key to be able to repeat the request safely. Needs the scope `jobs:write`.
         */
        post: operations["submitJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where a job stands
         * @description Computed from the job's own events at the moment of the question: never older than any answer given before. Needs the scope `jobs:read`.
         */
        get: operations["getJobStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List jobs, newest first
         * @description Read from a read model that follows the log, as a rule within milliseconds. To see a write of your own for certain, send its Levqor-Position as Levqor-Min-Position. Needs the scope `jobs:read`.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a job
         * @description As the list shows it, with what came of it; never older than any answer given before. What it was submitted with is in its first event. Needs the scope `jobs:read`.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A job's history
         * @description Everything that ever happened to the job, in order, as it was recorded. Needs the scope `jobs:read`.
         */
        get: operations["listJobEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a job
         * @description Ends the job at once, whatever it waits for. If it is running, its attempt is told to stop, which takes effect within a second or so; whatever its worker answers after this call is refused, and the job is cancelled even where its worker is dead. What the attempt has done outside is not undone. A job that is cancelled already is answered alike; one that has ended otherwise is a 409. Needs the scope `jobs:write`.
         */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a job again
         * @description Submits a new job with the same body, for a job that has ended, however it did: all of it is done again, external effects included. The new job names its origin, in its status, in the list (filter by origin_job_id) and in its history. Send a payload to run it with another input; from_step to run a job of several steps from that step on, reusing what is on record of the steps before it, so that nothing of theirs is done again (an approval among them was given for that payload, and is not reused for another); and an Idempotency-Key to be able to repeat the request safely. Needs the scope `jobs:write`.
         */
        post: operations["replayJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel many jobs
         * @description Cancels every job that waits or runs and fulfils the filter, as a call for each would. Answers with lines of JSON while it works: first how many jobs fulfil the filter, then how far it is, last `finished`. With `dry_run` it only counts them, in one line. Jobs that are submitted after the call are left alone, and so are those that the key does not reach. Closing the connection breaks it off, between two jobs; so does a fault, which is told in the last line. Send an Idempotency-Key to be able to take it up again: a repetition goes on with what is left, does nothing twice, and answers at once with what it came to where it was finished. Needs the scope `jobs:write`.
         */
        post: operations["cancelJobs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run many jobs again
         * @description Runs every job again that has ended and fulfils the filter: the failed ones, unless it names another status. Each becomes a new job, as by a call for each. While as many jobs wait as may, it waits too, and says so. Answers with lines of JSON while it works: first how many jobs fulfil the filter, then how far it is, last `finished`. With `dry_run` it only counts them, in one line. Jobs that are submitted after the call are left alone, and so are those that the key does not reach. Closing the connection breaks it off, between two jobs; so does a fault, which is told in the last line. Send an Idempotency-Key to be able to take it up again: a repetition goes on with what is left, does nothing twice, and answers at once with what it came to where it was finished. Needs the scope `jobs:write`.
         */
        post: operations["replayJobs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/callbacks/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the secret that callbacks to a receiver are signed with
         * @description Gives the secret for checking the callbacks of the caller's own jobs at one receiver, as libraries for Standard Webhooks take it. Each account has another secret for each origin that it names in a callback_url: what is signed for one is worth nothing at the next. It is the same at every call, also after the caller's key was rotated, until the operator replaces WEBHOOK_SECRET; while that goes on there is a next_secret, and callbacks carry a signature of each. The secret of a job that a schedule submits is that of the schedule's author; of a replay, that of the origin's submitter, unless it has a payload of its own. The operator's keys share one account. Needs the scope `jobs:write`.
         */
        get: operations["getCallbackSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/callbacks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The log of a job's callback
         * @description Every attempt to tell the job's callback_url of its end, and every redelivery that was asked for, in order. An attempt is one POST of at most 15 seconds, with the headers and the signature of Standard Webhooks; redirects are not followed, and 2xx means delivered. Attempts follow the job's end at once, then 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h after the one before, each up to a fifth later by chance, or when the answer's Retry-After says, at most a day later. 410, and an address that is not public, end them. The webhook-id is the same at every attempt. Empty until the first attempt, and for a job without callback_url. Needs the scope `jobs:read`.
         */
        get: operations["listJobCallbacks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/callbacks/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a job's callback again
         * @description Records that the callback is to be made again, at once and with all its attempts, whatever became of it before: with the same webhook-id and body. An attempt that is under way at this moment counts as its first. The job must have ended and have a callback_url, and at most 100 redeliveries may be asked for; otherwise the answer is 409. Needs the scope `jobs:write`.
         */
        post: operations["redeliverJobCallback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List stored pipelines, newest first
         * @description Read from a read model that follows the log. To see a write of your own for certain, send its Levqor-Position as Levqor-Min-Position. Needs the scope `pipelines:read`.
         */
        get: operations["listPipelines"];
        put?: never;
        /**
         * Store a pipeline
         * @description Records the pipeline's first version. Jobs whose workflow is its name run its steps from now on. Steps are checked: ids, the order in which they refer to each other, and every expression. The answer's ETag is the version. Needs the scope `pipelines:write`.
         */
        post: operations["createPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A pipeline's newest version
         * @description Read from the log itself: never older than any answer given before. Needs the scope `pipelines:read`.
         */
        get: operations["getPipeline"];
        /**
         * Make a pipeline's next version
         * @description Records a new version, made from the one that If-Match names. Jobs that have started keep the version they started with; all others run the new one. A key that is limited to some workflows replaces no version whose steps use others. What is already the newest version is not recorded again. Needs the scope `pipelines:write`.
         */
        put: operations["updatePipeline"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{name}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One version of a pipeline
         * @description Every version stays readable: jobs that started with it run it to their end. Needs the scope `pipelines:read`.
         */
        get: operations["getPipelineVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/steps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where each step of a job stands
         * @description Computed from the job's own events, in the order in which the steps run, with the outputs of those that have ended. Empty for a job of one connector, or of an external worker. A job that has not started yet shows the steps of its pipeline's newest version. Needs the scope `jobs:read`.
         */
        get: operations["listJobSteps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve or reject a step that waits for it
         * @description An approval lets the job go on at once; a rejection fails it with `approval_rejected`. Who decided is on record, and later steps can read it. Of several decisions the first counts: the others are answered with 409 `already_decided`, and with that decision, so that nothing they say is lost unnoticed. The same decision may be sent again by the same caller, with the same comment or none. A step with `not_by_submitter` is not approved by whoever submitted the job, nor with a key that they issued: 403 `self_approval_refused`. A step that does not wait for approval is a 409 `conflict`. Needs the scope `jobs:approve`.
         */
        post: operations["approveJobStep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List schedules, newest first
         * @description Without those that were deleted. Read from a read model, as the list of jobs: to see a write of your own for certain, send its Levqor-Position as Levqor-Min-Position. Needs the scope `schedules:read`.
         */
        get: operations["listSchedules"];
        put?: never;
        /**
         * Create a schedule
         * @description From now on the job is submitted at every instant that the cron expression names, once each, however many replicas run, as a rule within some 10 ms. The job's id is derived from the schedule and the instant. An instant for which nothing was there in time is fired as soon as something is, up to misfire_grace_seconds late; what is later is recorded as misfired. Needs the scope `schedules:write`.
         */
        post: operations["createSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a schedule
         * @description Never older than any answer given before. Needs the scope `schedules:read`.
         */
        get: operations["getSchedule"];
        /**
         * Change a schedule
         * @description Replaces what was asked for at the creation, all of it, from the version that If-Match names: firings since then do not count, other changes do. From now on it is the new job at the new instants; an instant that is due already is still fired. A paused schedule stays paused. What is the same as before is not recorded again. Needs the scope `schedules:write`.
         */
        put: operations["updateSchedule"];
        post?: never;
        /**
         * Delete a schedule
         * @description For good. Jobs that it submitted are not touched; its history can still be read. An instant that is due and was not fired yet is recorded as misfired. Needs the scope `schedules:write`.
         */
        delete: operations["deleteSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a schedule now
         * @description Submits its job at once, beside its instants, which stay as they are; a paused schedule runs too. Send an Idempotency-Key to be able to repeat the request safely. Needs the scope `schedules:write`.
         */
        post: operations["runSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}/next": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * When a schedule runs next
         * @description Its next instants, from the one that it is to fire next on: fewer than asked for where the year 9999 ends before, none while it is paused. Needs the scope `schedules:read`.
         */
        get: operations["listNextRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A schedule's history
         * @description Everything that ever happened to the schedule, in order: also each firing with its instant and job, and each misfire. It can still be read when the schedule was deleted. Needs the scope `schedules:read`.
         */
        get: operations["listScheduleEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a schedule
         * @description It fires no more until it is resumed. An instant that is due and was not fired yet is recorded as misfired. A paused schedule stays paused. Needs the scope `schedules:write`.
         */
        post: operations["pauseSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a schedule
         * @description It fires again, from the first instant that is still to come: nothing that fell into the pause is made up for. An active schedule stays as it is. Needs the scope `schedules:write`.
         */
        post: operations["resumeSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Claim jobs for an external worker
         * @description Gives up to `max_jobs` jobs of the named workflows to the worker, or waits up to `wait_seconds` for one: it is answered as soon as there is one, with none when the time is over. High priority goes before normal before low, but none waits for ever; jobs wait for their `run_at` and for the pauses between attempts as with the service's own workers. A claim holds for `lease_seconds`; heartbeats renew it. When it lapses, the attempt counts as lost and the job is given to another worker. The jobs of one answer take about 8 MB of JSON at most. A client that goes away while it waits is given none. One caller holds at most 1,000 jobs claimed (a tenth of 10,000, CALLER_SHARE), the keys in API_KEYS any number; where it holds as many, the answer is 429. Needs the scope `workers:write`.
         */
        post: operations["claimJobs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a claimed job
         * @description Renews the lease from now on. Send one at about a third of the lease, so that two may be lost; one that follows another within a quarter of the lease renews nothing and is answered as that was. A claim belongs to the key or user that made it: nobody else answers for it. Refused with 409 where the attempt is not the caller's, or no longer: `attempt_superseded` says who holds the job now, `job_cancelled` and `job_finished` that it has ended. The worker then stops; nothing was recorded. A heartbeat after the job's attempt_timeout_seconds ends the attempt: `attempt_timeout`. Needs the scope `workers:write`.
         */
        post: operations["heartbeatAttempt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that a claimed job has succeeded
         * @description Ends the job with a result: as large as fits into the body, which has at most 512 KB. A claim belongs to the key or user that made it: nobody else answers for it. Refused with 409 where the attempt is not the caller's, or no longer: `attempt_superseded` says who holds the job now, `job_cancelled` and `job_finished` that it has ended. The worker then stops; nothing was recorded. To say the same again does no harm: it is answered as the first time. Needs the scope `workers:write`.
         */
        post: operations["completeAttempt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/fail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that a claimed job's attempt has failed
         * @description Ends the attempt with an error. If another may succeed and one is left, the job is queued again and due after a pause (as its `backoff` says); else it has failed. A claim belongs to the key or user that made it: nobody else answers for it. Refused with 409 where the attempt is not the caller's, or no longer: `attempt_superseded` says who holds the job now, `job_cancelled` and `job_finished` that it has ended. The worker then stops; nothing was recorded. To say the same again does no harm: it is answered as the first time. Needs the scope `workers:write`.
         */
        post: operations["failAttempt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hand a claimed job back
         * @description For a worker that stops: the job is given to another at once, and the attempt does not count, unless the job was handed back 100 times: then it counts as lost. A claim belongs to the key or user that made it: nobody else answers for it. Refused with 409 where the attempt is not the caller's, or no longer: `attempt_superseded` says who holds the job now, `job_cancelled` and `job_finished` that it has ended. The worker then stops; nothing was recorded. To say the same again does no harm: it is answered as the first time. Needs the scope `workers:write`. Takes 600 requests a minute of a caller.
         */
        post: operations["releaseAttempt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the events of all jobs
         * @description Server-sent events from now on, or from the position that `after` names (0: from the first event ever). Each event's id is its position in the log; a client that reconnects with Last-Event-ID misses nothing and sees nothing twice. A comment is sent in every 15 seconds of silence. Where the service ends the stream, its last event is `closed`, without an id, and says why: a client that reads nothing for 30 seconds is cut off as `slow_consumer`. Needs the scope `jobs:read`.
         */
        get: operations["streamJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the events of one job
         * @description Server-sent events of one job from its first event on, or after the position that `after` names, and then as they happen. Resuming, heartbeats and slow clients: as for all jobs. The stream stays open after the job has ended. Needs the scope `jobs:read`.
         */
        get: operations["streamJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the limits of all workflows
         * @description Every workflow for which limits were ever settled, in the order in which that was first done. Read from a read model that follows the log, as a rule within milliseconds. Needs the scope `workflows:read`.
         */
        get: operations["listWorkflowLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{workflow}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many jobs of a workflow may run
         * @description What is settled for the workflow, and where nothing is, what holds by default: no limit for the whole workflow, and one job at once for each concurrency key. Needs the scope `workflows:read`.
         */
        get: operations["getWorkflowLimits"];
        /**
         * Settle how many jobs of a workflow may run
         * @description Puts these limits in the place of those before; what is left out is not limited, or as it is by default. Workers heed it within a moment. Jobs that run go on: a lowered limit lets no more start until enough have ended. Repeating the request changes nothing. Needs the scope `workflows:write`.
         */
        put: operations["setWorkflowLimits"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow several jobs over one WebSocket
         * @description Speaks JSON: the client sends `SocketRequest` messages of at most 16 KB and gets `SocketMessage` messages. Up to 32 subscriptions, each of one job or of all, each resumable from any position with no gap and no repeat. Browsers, which can set no header, offer the protocols `levqor.v1` and `levqor.key.` with the key in base64url. A bad message is answered with an `error` and ends nothing. One caller may send 200 messages or 512 KB at once, and after that 20 messages and 64 KB a second, over all its connections, ping frames and pong frames that answer none of the service's pings among them: beyond that the connection is closed with 1008. What has not left 5 seconds after a close is cut off, and counts among the caller's connections until then. A client that reads nothing for 30 seconds is cut off with the close code 4408; 1001 says that the service stops. It is pinged every 15 seconds, and closed after 60 without a sign of life. Needs the scope `jobs:read`.
         */
        get: operations["openJobSocket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List issued keys, newest first
         * @description What each may do, who issued it, when it was used last, and whether it is still taken; never the key itself. The keys of API_KEYS are not among them. Needs the scope `keys:read`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Issue an API key
         * @description Issues a key that may do what its scopes say, and no more than the key that issues it: in its scopes, workflows, tier and time. It is taken everywhere at once. The key itself is in this answer and nowhere else: the service keeps its SHA-256. A repetition with the same Idempotency-Key is answered with all but the key, which is `null` then: if the first answer was lost, rotate the key. Needs the scope `keys:write`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An issued key
         * @description Read from the log itself: never older than any answer given before. Needs the scope `keys:read`.
         */
        get: operations["getKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{key_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a key a new secret
         * @description The key stays what it is, with its id, its scopes and its Idempotency-Keys, and gets a new secret. Those before it are taken for overlap_seconds more, so that what uses them can be changed in turn; at most 5 at a time. A key that may do more than the one that is used cannot be rotated with it. The key itself is in this answer and nowhere else: the service keeps its SHA-256. A repetition with the same Idempotency-Key is answered with all but the key, which is `null` then: if the first answer was lost, rotate the key. Needs the scope `keys:write`.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{key_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a key
         * @description Ends the key with all its secrets, for good and everywhere within a second; event streams that it opened are ended too. Keys that it issued are not. It takes keys:write alone, whatever the key may do: revoking only ever takes away; a key that is limited to some workflows revokes those that are limited to no others. One that is revoked already is answered alike. Needs the scope `keys:write`.
         */
        post: operations["revokeKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ops/projections/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a read model that an event stopped
         * @description A read model whose fold cannot take an event stops there, alone, and says so in GET /api/v1/ops/health. Once the fold is mended, this lets it go on with that event, in whichever process runs it. With `skip`, the position of that event, it goes on past it for good: rebuilds pass over it, too. Either is on record, with who decided so and why. Where the event stops it again, it says so again. One that no event stops is left as it is: `stopped_at` is null. Needs the scope `ops:write`.
         */
        post: operations["resumeProjection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ops/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The state of every part
         * @description Database, bus, read models, schedules and queue. `ok` is whether all of them are well. The status is 503 only when the database cannot be reached: everything else is caught up with by itself, and intake goes on meanwhile. Needs the scope `ops:read`.
         */
        get: operations["getOpsHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List incidents, newest first
         * @description All that operators ever told of, for everyone. The status page shows those of the last 90 days.
         */
        get: operations["listIncidents"];
        put?: never;
        /**
         * Tell of an incident
         * @description Shows on the status page and in GET /ops/uptime from now on, for everyone. Outages are seen without it: this is for what operators know beside them, and for what is planned. Needs the scope `ops:write`.
         */
        post: operations["openIncident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{incident_id}/updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell more of an incident
         * @description Adds a message, and says how bad it is now where that has changed. Needs the scope `ops:write`.
         */
        post: operations["updateIncident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{incident_id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell that an incident is over
         * @description Ends it, with a last message. What is over stays over: tell of a new incident where it comes back. Needs the scope `ops:write`.
         */
        post: operations["resolveIncident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ops/uptime": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Uptime by day, outages and incidents
         * @description For status pages; `/status` shows the same to people. Each process records a sign of life twice a minute: a minute without one of any process counts as down. Of the last 90 days, or since the first start. Incidents are what operators told beside it, with POST /api/v1/incidents.
         */
        get: operations["getUptime"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/_dev/complete/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a job by hand
         * @description Lets a queued or running job succeed with the given result. Answers 404 in production. Needs the scope `jobs:write`.
         */
        post: operations["completeJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @example {
         *       "step": "approve",
         *       "approved": true,
         *       "comment": "Go ahead."
         *     }
         */
        ApproveRequest: {
            /**
             * @description As the pipeline names it.
             * @example approve
             */
            step: string;
            /** @description false: rejected; the job fails. */
            approved: boolean;
            /** @description Later steps can read it. */
            comment?: string;
        };
        AttemptEnded: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description Where the job stands. The last three are final.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            /**
             * Format: date-time
             * @description When the next attempt is due, after one that failed.
             */
            retry_at?: string;
        };
        /**
         * @example {
         *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
         *       "attempt": 1,
         *       "error": {
         *         "code": "language_unknown",
         *         "message": "No dictionary for Klingon.",
         *         "retryable": false
         *       }
         *     }
         */
        AttemptFailed: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description As the claim answered it.
             * @example 1
             */
            attempt: number;
            error: {
                /**
                 * @description Stable, to branch on.
                 * @example language_unknown
                 */
                code: string;
                /**
                 * @description One sentence for a person. No secret: it is on record, and whoever knows the job's id reads it.
                 * @example No dictionary for Klingon.
                 */
                message: string;
                /** @description What else helps; any JSON. */
                detail?: unknown;
                /**
                 * @description Whether another attempt may succeed. Where it may and one is left, it follows after a pause.
                 * @default true
                 */
                retryable?: boolean;
                /**
                 * @description The pause is at least so long, a day at most.
                 * @example 60
                 */
                retry_after_seconds?: number;
            };
        };
        /**
         * @example {
         *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
         *       "attempt": 1,
         *       "lease_seconds": 30
         *     }
         */
        AttemptHeartbeat: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description As the claim answered it.
             * @example 1
             */
            attempt: number;
            /** @description How long the lease holds from now on; as long as it was claimed for where absent. */
            lease_seconds?: number;
        };
        AttemptHeld: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            attempt: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            lease_expires_at: string;
        };
        /**
         * @example {
         *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
         *       "attempt": 1
         *     }
         */
        AttemptReleased: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description As the claim answered it.
             * @example 1
             */
            attempt: number;
        };
        /**
         * @example {
         *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
         *       "attempt": 1,
         *       "result": {
         *         "text": "Good day"
         *       }
         *     }
         */
        AttemptSucceeded: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description As the claim answered it.
             * @example 1
             */
            attempt: number;
            /**
             * @description Any JSON; null where absent.
             * @example {
             *       "text": "Good day"
             *     }
             */
            result?: unknown;
        };
        /**
         * @example {
         *       "filter": {
         *         "workflow": "http",
         *         "created_before": "2026-01-15T00:00:00Z"
         *       },
         *       "reason": "Sent by mistake."
         *     }
         */
        BulkCancelRequest: {
            /**
             * @description Jobs that fulfil every condition that is named; one at least must be.
             * @example {
             *       "workflow": "http",
             *       "created_after": "2026-01-15T00:00:00Z"
             *     }
             */
            filter: {
                /**
                 * @description Both where absent.
                 * @enum {string}
                 */
                status?: "queued" | "running";
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow?: string;
                /**
                 * @description The code of the error that the job failed with, or its last attempt while it waits for the next.
                 * @example unexpected_status
                 */
                error_code?: string;
                /**
                 * Format: uuid
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                origin_job_id?: string;
                /**
                 * Format: date-time
                 * @description Jobs submitted at this time or later (RFC 3339).
                 * @example 2026-01-15T00:00:00Z
                 */
                created_after?: string;
                /**
                 * Format: date-time
                 * @description Jobs submitted before this time (RFC 3339).
                 * @example 2026-01-16T00:00:00Z
                 */
                created_before?: string;
            };
            /**
             * @description For the job's history.
             * @example The customer withdrew the order.
             */
            reason?: string;
            /**
             * @description Only count the jobs.
             * @default false
             */
            dry_run?: boolean;
        };
        /** @description A line of the answer to a bulk operation. */
        BulkLine: {
            /**
             * @description `counted`: the answer to a dry run. `waiting`: as many jobs wait as may. `interrupted`: a fault, or the service stops; repeat the request with its Idempotency-Key to go on.
             * @enum {string}
             */
            type: "counted" | "started" | "progress" | "waiting" | "finished" | "interrupted";
            /**
             * Format: uuid
             * @description Names the operation in the log.
             */
            operation_id?: string;
            /** @description Jobs that fulfil the filter. */
            matched?: number;
            /** @description Jobs that were cancelled, or new jobs that were made. */
            changed?: number;
            /** @description Jobs that had ended meanwhile, or that the same operation ran again before it was broken off. */
            unchanged?: number;
            /** @description Jobs with which nothing could be done for a fault of their own. */
            failed?: number;
            /** @description The code of a problem. */
            error?: string;
            detail?: string;
        };
        /**
         * @example {
         *       "filter": {
         *         "error_code": "unexpected_status"
         *       },
         *       "dry_run": true
         *     }
         */
        BulkReplayRequest: {
            /**
             * @description Jobs that fulfil every condition that is named; one at least must be.
             * @example {
             *       "workflow": "http",
             *       "created_after": "2026-01-15T00:00:00Z"
             *     }
             */
            filter: {
                /**
                 * @description `failed` where absent: jobs that succeeded or were cancelled are run again only where this says so.
                 * @enum {string}
                 */
                status?: "failed" | "cancelled" | "succeeded";
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow?: string;
                /**
                 * @description The code of the error that the job failed with, or its last attempt while it waits for the next.
                 * @example unexpected_status
                 */
                error_code?: string;
                /**
                 * Format: uuid
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                origin_job_id?: string;
                /**
                 * Format: date-time
                 * @description Jobs submitted at this time or later (RFC 3339).
                 * @example 2026-01-15T00:00:00Z
                 */
                created_after?: string;
                /**
                 * Format: date-time
                 * @description Jobs submitted before this time (RFC 3339).
                 * @example 2026-01-16T00:00:00Z
                 */
                created_before?: string;
            };
            /**
             * @description Only count the jobs.
             * @default false
             */
            dry_run?: boolean;
        };
        CallbackEntry: {
            /** @description The place in the job's own history. */
            version: number;
            /**
             * @description `requested`: a redelivery was asked for. The others: what came of an attempt; `failed` means given up.
             * @enum {string}
             */
            outcome: "requested" | "retrying" | "delivered" | "failed";
            /** @description From 1; from 1 again after a redelivery was asked for. */
            attempt: number | null;
            /** @description The webhook-id that was sent: the same at every attempt. */
            webhook_id: string | null;
            /** @description Of the answer; null where none came. */
            status_code: number | null;
            /** @description Why the attempt failed: `unexpected_status`, `receiver_gone` (410), `timeout`, `connection_failed`, `malformed_answer`, `address_refused`, `callback_secret_missing`. */
            error: components["schemas"]["JobError"] | null;
            /** @description When the next attempt is due. */
            next_attempt_at: string | null;
            /**
             * @description Who made the attempt or asked for the redelivery.
             * @example key:1a2b3c4d
             */
            actor: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            recorded_at: string;
        };
        CallbackLog: {
            data: components["schemas"]["CallbackEntry"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        CallbackRequested: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /** @constant */
            callback: "pending";
        };
        CallbackSecret: {
            /**
             * @description Whose callbacks it is for.
             * @example operator
             */
            account: string;
            /**
             * @description The origin that it is for.
             * @example https://example.com
             */
            receiver: string;
            /** @description `whsec_` and base64, as libraries for Standard Webhooks take it. */
            secret: string;
            /** @description The one that follows it, while the operator replaces secrets: give it to your receiver as well, or instead. Null otherwise. */
            next_secret: string | null;
        };
        /**
         * @example {
         *       "reason": "The customer withdrew the order."
         *     }
         */
        CancelRequest: {
            /**
             * @description For the job's history.
             * @example The customer withdrew the order.
             */
            reason?: string;
        };
        ClaimedJobs: {
            /** @description Those that are now the worker's; none where the time was over. */
            jobs: {
                /**
                 * Format: uuid
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow: string;
                /**
                 * @description As it was submitted.
                 * @example {
                 *       "text": "Guten Tag"
                 *     }
                 */
                payload: {
                    [key: string]: unknown;
                };
                /**
                 * @description How urgent it is; `normal` where absent.
                 * @enum {string}
                 */
                priority: "low" | "normal" | "high";
                /** @description Which claim this is: every answer names it. */
                attempt: number;
                /** @description How many may fail or lose their worker. */
                max_attempts: number;
                /**
                 * @description The same at every attempt: pass it on to services that take one.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                idempotency_key: string;
                lease_seconds: number;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 * @example 2026-01-15T09:30:00.123456Z
                 */
                lease_expires_at: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 * @example 2026-01-15T09:30:00.123456Z
                 */
                created_at: string;
                /** @description To go on with the trace of the job's submission (W3C Trace Context). */
                traceparent?: string;
            }[];
        };
        /**
         * @example {
         *       "result": {
         *         "done": true
         *       }
         *     }
         */
        CompleteRequest: {
            /**
             * @description The result that the job is to have.
             * @example {
             *       "done": true
             *     }
             */
            result: {
                [key: string]: unknown;
            };
        };
        Completed: {
            /** @constant */
            ok: true;
        };
        EventMeta: {
            actor: string;
            account?: string;
            on_behalf_of?: string[];
            correlation_id: string;
            causation_id?: string;
            request_id?: string;
            traceparent?: string;
        };
        Health: {
            /** @constant */
            ok: true;
            /**
             * @description Seconds since 1970, UTC.
             * @example 1768469400
             */
            ts: number;
        };
        Incident: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9
             */
            incident_id: string;
            /**
             * @description What does not work, in a few words.
             * @example Jobs start late
             */
            title: string;
            /**
             * @description Whether it is over.
             * @enum {string}
             */
            status: "open" | "resolved";
            /**
             * @description `maintenance`: it is planned. `minor`: some notice. `major`: many do. `critical`: nothing works.
             * @enum {string}
             */
            impact: "maintenance" | "minor" | "major" | "critical";
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            opened_at: string;
            /** @description `null` while it lasts. */
            resolved_at: string | null;
            /** @description What was told of it, in order. */
            messages: {
                /**
                 * @description What it told.
                 * @enum {string}
                 */
                status: "opened" | "updated" | "resolved";
                /**
                 * @description What is known, for those who use the service: everyone can read it.
                 * @example Jobs wait for up to a minute before they start. None is lost.
                 */
                message: string;
                /**
                 * @description `maintenance`: it is planned. `minor`: some notice. `major`: many do. `critical`: nothing works.
                 * @enum {string}
                 */
                impact: "maintenance" | "minor" | "major" | "critical";
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 * @example 2026-01-15T09:30:00.123456Z
                 */
                at: string;
            }[];
        };
        IncidentChanged: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9
             */
            incident_id: string;
            /**
             * @description Where it stands now.
             * @enum {string}
             */
            status: "open" | "resolved";
        };
        IncidentList: {
            data: components["schemas"]["Incident"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "title": "Jobs start late",
         *       "impact": "minor",
         *       "message": "Jobs wait for up to a minute before they start. None is lost."
         *     }
         */
        IncidentOpen: {
            /**
             * @description What does not work, in a few words.
             * @example Jobs start late
             */
            title: string;
            /**
             * @description `maintenance`: it is planned. `minor`: some notice. `major`: many do. `critical`: nothing works.
             * @enum {string}
             */
            impact: "maintenance" | "minor" | "major" | "critical";
            /**
             * @description What is known, for those who use the service: everyone can read it.
             * @example Jobs wait for up to a minute before they start. None is lost.
             */
            message: string;
        };
        /**
         * @example {
         *       "message": "Jobs have started at once for an hour."
         *     }
         */
        IncidentResolve: {
            /**
             * @description What is known, for those who use the service: everyone can read it.
             * @example Jobs wait for up to a minute before they start. None is lost.
             */
            message: string;
        };
        /**
         * @example {
         *       "message": "A database was moved. Jobs start at once again; we keep watching.",
         *       "impact": "minor"
         *     }
         */
        IncidentUpdate: {
            /**
             * @description What is known, for those who use the service: everyone can read it.
             * @example Jobs wait for up to a minute before they start. None is lost.
             */
            message: string;
            /**
             * @description `maintenance`: it is planned. `minor`: some notice. `major`: many do. `critical`: nothing works.
             * @enum {string}
             */
            impact?: "maintenance" | "minor" | "major" | "critical";
        };
        IntakeAccepted: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /** @constant */
            status: "queued";
        };
        /**
         * @description A job to run.
         * @example {
         *       "workflow": "http",
         *       "payload": {
         *         "method": "GET",
         *         "url": "https://example.com/"
         *       },
         *       "priority": "normal"
         *     }
         */
        IntakeRequest: {
            /**
             * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
             * @example http
             */
            workflow: string;
            /**
             * @description The input of the workflow; at most 200 KB of JSON.
             * @example {
             *       "method": "GET",
             *       "url": "https://example.com/"
             *     }
             */
            payload: {
                [key: string]: unknown;
            };
            /**
             * Format: uri
             * @description An http or https address, without credentials, that is told of the job's end by a signed POST (Standard Webhooks), repeated until it is delivered or given up. It must lead to a public address, unless the service's configuration allows others: an address that does not is refused here, a name that does not when it is called.
             * @example https://example.com/hooks/levqor
             */
            callback_url?: string;
            /**
             * @description How urgent it is; `normal` where absent.
             * @enum {string}
             */
            priority?: "low" | "normal" | "high";
            /**
             * @description How many attempts may fail or lose their worker before the job fails; 1: it is never run twice. Where absent, the connector's own limit, else 5.
             * @example 3
             */
            max_attempts?: number;
            /** @description The pauses between attempts; each is shortened by chance, by half at most, and lasts at least as long as the external service's Retry-After asks for (up to a day). Where absent, the connector's own pauses, else 1 s, 2 s, 4 s … 300 s. */
            backoff?: {
                /**
                 * @description Before the second attempt.
                 * @example 1
                 */
                initial_seconds?: number;
                /**
                 * @description How much longer each pause is.
                 * @example 2
                 */
                factor?: number;
                /**
                 * @description No pause is longer.
                 * @example 300
                 */
                max_seconds?: number;
            };
            /**
             * Format: date-time
             * @description Not before this time (RFC 3339 with an offset), up to 366 days ahead. The past means now.
             * @example 2026-02-01T06:00:00+01:00
             */
            run_at?: string;
            /**
             * @description How long one attempt may take, a day at most; then it has failed with `attempt_timeout`, and another may follow. 3600 where absent.
             * @example 120
             */
            attempt_timeout_seconds?: number;
            /**
             * @description How long the job may take with all its attempts and pauses, from when it may first run, 30 days at most; then it has failed with `job_timeout`. No limit where absent.
             * @example 3600
             */
            timeout_seconds?: number;
            /**
             * @description Jobs of one workflow with the same key share its limits. A user's keys count among that user's jobs alone; those of API keys are shared.
             * @example customer-42
             */
            concurrency_key?: string;
            /** @description What to run, in this order, in place of what the workflow's name stands for; the same as in a stored pipeline, of format 1. */
            steps?: components["schemas"]["Step"][];
        };
        /**
         * @example {
         *       "key": "lvq_live_4fK9dRz2Qw7Lm0Xb5Ty8Hc3Vn6JsPaQEXAMPLE",
         *       "key_id": "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35",
         *       "name": "Billing service",
         *       "environment": "live",
         *       "prefix": "lvq_live_4fK9",
         *       "scopes": [
         *         "jobs:read",
         *         "jobs:write"
         *       ],
         *       "workflows": [
         *         "http"
         *       ],
         *       "tier": "pro",
         *       "status": "active",
         *       "created_by": "key:9f86d081",
         *       "created_at": "2026-01-15T09:30:00.123Z",
         *       "expires_at": "2027-01-15T00:00:00.000Z",
         *       "rotated_at": null,
         *       "overlap_ends_at": null,
         *       "revoked_at": null,
         *       "last_used_at": null
         *     }
         */
        IssuedKey: {
            /** @description The secret, to be sent as X-Api-Key: its last 6 characters check the others. `null` where the answer is a repetition. */
            key: string | null;
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35
             */
            key_id: string;
            /**
             * @description What it is for, for people.
             * @example Billing service
             */
            name: string;
            /**
             * @description Where it is taken: `live` in production, `test` elsewhere.
             * @enum {string}
             */
            environment: "live" | "test";
            /**
             * @description How its newest secret begins.
             * @example lvq_live_4fK9
             */
            prefix: string;
            /**
             * @description What its holder may do.
             * @example [
             *       "jobs:read",
             *       "jobs:write"
             *     ]
             */
            scopes: string[];
            /**
             * @description The workflows that there are for its holder: jobs that run another, by its name or in a step of their own, their schedules and other pipelines do not exist for them; `null`: all.
             * @example [
             *       "http"
             *     ]
             */
            workflows: string[] | null;
            /**
             * @description Of rate limits: one of those that the service has (RATE_TIERS); `free`, `pro` and `enterprise` at first.
             * @example pro
             */
            tier: string;
            /**
             * @description Whether it is taken.
             * @enum {string}
             */
            status: "active" | "expired" | "revoked";
            /**
             * @description Who issued it, as events name them.
             * @example key:9f86d081
             */
            created_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * @description From then on it is not taken (RFC 3339, up to 9999-12-31T23:59:59.999Z); `null`: it does not expire.
             * @example 2027-01-15T00:00:00.000Z
             */
            expires_at: string | null;
            /** @description When it got its newest secret; `null`: it has its first. */
            rotated_at: string | null;
            /** @description Until when a secret from before the last rotation is taken; `null`: none is. */
            overlap_ends_at: string | null;
            /** @description `null`: it is not. */
            revoked_at: string | null;
            /** @description To a minute; `null`: never. */
            last_used_at: string | null;
        };
        Job: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
             * @example http
             */
            workflow: string;
            /**
             * @description Where the job stands. The last three are final.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            /**
             * @description How urgent it is; `normal` where absent.
             * @enum {string}
             */
            priority: "low" | "normal" | "high";
            concurrency_key: string | null;
            /** @description The job that this one runs again. */
            origin_job_id: string | null;
            /** @description Of the latest claim; 0 before the first. */
            attempt: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            updated_at: string;
            started_at: string | null;
            finished_at: string | null;
            /**
             * @description Why the job failed, or why its last attempt did while it waits for the next; null otherwise.
             * @example unexpected_status
             */
            error_code: string | null;
            waiting_for?: components["schemas"]["WaitingFor"];
            /** @description What the workflow gave back; null until the job has succeeded. */
            result: unknown;
            /** @description Why the job failed; null otherwise. */
            error: components["schemas"]["JobError"] | null;
            /**
             * @description What whoever cancelled the job gave as the reason.
             * @example The customer withdrew the order.
             */
            cancel_reason?: string;
        };
        JobApproval: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description As the pipeline names it.
             * @example approve
             */
            step: string;
            approved: boolean;
        };
        JobCancelled: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /** @constant */
            status: "cancelled";
        };
        /**
         * @description What a job's callback_url is told.
         * @example {
         *       "type": "job.succeeded",
         *       "timestamp": "2026-01-15T09:30:00.123456Z",
         *       "data": {
         *         "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
         *         "status": "succeeded",
         *         "workflow": "http",
         *         "result": {
         *           "status": 200,
         *           "headers": {},
         *           "body": "…"
         *         },
         *         "error": null
         *       }
         *     }
         */
        JobEnded: {
            /**
             * @description How it ended.
             * @enum {string}
             */
            type: "job.succeeded" | "job.failed" | "job.cancelled";
            /**
             * Format: date-time
             * @description When it ended.
             * @example 2026-01-15T09:30:00.123456Z
             */
            timestamp: string;
            data: {
                /**
                 * Format: uuid
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
                /**
                 * @description Final.
                 * @enum {string}
                 */
                status: "succeeded" | "failed" | "cancelled";
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow: string;
                /** @description What the workflow gave back; null until the job has succeeded. */
                result: unknown;
                /** @description Why the job failed; null otherwise. */
                error: components["schemas"]["JobError"] | null;
            };
        };
        JobError: {
            code: string;
            message: string;
            detail?: unknown;
        };
        JobEvent: {
            /**
             * @description A place in the whole log: 1, 2, 3 … in the order of commits.
             * @example 1042
             */
            position: number;
            /** @description The place in the job's own history: 1, 2, 3 … */
            version: number;
            /** @example job.submitted */
            type: string;
            /** @description What happened; its shape depends on the type. */
            data: unknown;
            meta: components["schemas"]["EventMeta"];
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            recorded_at: string;
        };
        JobEventList: {
            data: components["schemas"]["JobEvent"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        JobList: {
            data: components["schemas"]["JobSummary"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        JobReplayed: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /** @constant */
            status: "queued";
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            origin_job_id: string;
        };
        /**
         * @example {
         *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
         *       "status": "succeeded",
         *       "created_at": 1768469400,
         *       "result": {
         *         "status": 200,
         *         "headers": {},
         *         "body": "…"
         *       },
         *       "error": null
         *     }
         */
        JobStatus: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description Where the job stands. The last three are final.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            /**
             * @description When the job was taken in, in Unix seconds. (The list and all else have RFC 3339 times.)
             * @example 1768469400
             */
            created_at: number;
            /** @description What the workflow gave back; null until the job has succeeded. */
            result: unknown;
            /** @description Why the job failed; null otherwise. */
            error: components["schemas"]["JobError"] | null;
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            origin_job_id?: string;
            /**
             * @description What whoever cancelled the job gave as the reason.
             * @example The customer withdrew the order.
             */
            cancel_reason?: string;
            last_error?: components["schemas"]["JobError"];
            waiting_for?: components["schemas"]["WaitingFor"];
        };
        JobSteps: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description Where the job stands. The last three are final.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            /** @description The stored pipeline that it runs, and the version; null for a job that brought its own steps. */
            pipeline: {
                /**
                 * @description 1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.
                 * @example welcome-users
                 */
                name: string;
                version: number;
            } | null;
            data: {
                /**
                 * @description As the pipeline names it.
                 * @example approve
                 */
                id: string;
                /**
                 * @description What the step does.
                 * @enum {string}
                 */
                kind: "uses" | "sleep" | "wait_for_approval";
                /**
                 * @description `pending`: not reached yet. `interrupted`: its worker was lost or handed it back, and it runs again; or the job ended before it. `retrying`: it failed and runs again at `due_at`. `waiting`: it sleeps or wants an approval, until `due_at`.
                 * @enum {string}
                 */
                status: "pending" | "running" | "interrupted" | "retrying" | "waiting" | "succeeded" | "skipped" | "failed";
                /** @description How often its connector was started; 1 for a for_each. */
                attempts: number;
                started_at: string | null;
                ended_at: string | null;
                due_at: string | null;
                /** @description What is to be approved. */
                message: string | null;
                /** @description How the items of a for_each stand. */
                items: {
                    total: number;
                    succeeded: number;
                    failed: number;
                    running: number;
                    retrying: number;
                } | null;
                /** @description What it gave, once it has ended; null before, and where it was skipped. */
                output: unknown;
                /** @description Why it, or one of its items, failed last. */
                error: components["schemas"]["JobError"] | null;
            }[];
        };
        JobSummary: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /**
             * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
             * @example http
             */
            workflow: string;
            /**
             * @description Where the job stands. The last three are final.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            /**
             * @description How urgent it is; `normal` where absent.
             * @enum {string}
             */
            priority: "low" | "normal" | "high";
            concurrency_key: string | null;
            /** @description The job that this one runs again. */
            origin_job_id: string | null;
            /** @description Of the latest claim; 0 before the first. */
            attempt: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            updated_at: string;
            started_at: string | null;
            finished_at: string | null;
            /**
             * @description Why the job failed, or why its last attempt did while it waits for the next; null otherwise.
             * @example unexpected_status
             */
            error_code: string | null;
            waiting_for?: components["schemas"]["WaitingFor"];
        };
        /**
         * @example {
         *       "key_id": "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35",
         *       "name": "Billing service",
         *       "environment": "live",
         *       "prefix": "lvq_live_4fK9",
         *       "scopes": [
         *         "jobs:read",
         *         "jobs:write"
         *       ],
         *       "workflows": [
         *         "http"
         *       ],
         *       "tier": "pro",
         *       "status": "active",
         *       "created_by": "key:9f86d081",
         *       "created_at": "2026-01-15T09:30:00.123Z",
         *       "expires_at": "2027-01-15T00:00:00.000Z",
         *       "rotated_at": null,
         *       "overlap_ends_at": null,
         *       "revoked_at": null,
         *       "last_used_at": null
         *     }
         */
        Key: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35
             */
            key_id: string;
            /**
             * @description What it is for, for people.
             * @example Billing service
             */
            name: string;
            /**
             * @description Where it is taken: `live` in production, `test` elsewhere.
             * @enum {string}
             */
            environment: "live" | "test";
            /**
             * @description How its newest secret begins.
             * @example lvq_live_4fK9
             */
            prefix: string;
            /**
             * @description What its holder may do.
             * @example [
             *       "jobs:read",
             *       "jobs:write"
             *     ]
             */
            scopes: string[];
            /**
             * @description The workflows that there are for its holder: jobs that run another, by its name or in a step of their own, their schedules and other pipelines do not exist for them; `null`: all.
             * @example [
             *       "http"
             *     ]
             */
            workflows: string[] | null;
            /**
             * @description Of rate limits: one of those that the service has (RATE_TIERS); `free`, `pro` and `enterprise` at first.
             * @example pro
             */
            tier: string;
            /**
             * @description Whether it is taken.
             * @enum {string}
             */
            status: "active" | "expired" | "revoked";
            /**
             * @description Who issued it, as events name them.
             * @example key:9f86d081
             */
            created_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * @description From then on it is not taken (RFC 3339, up to 9999-12-31T23:59:59.999Z); `null`: it does not expire.
             * @example 2027-01-15T00:00:00.000Z
             */
            expires_at: string | null;
            /** @description When it got its newest secret; `null`: it has its first. */
            rotated_at: string | null;
            /** @description Until when a secret from before the last rotation is taken; `null`: none is. */
            overlap_ends_at: string | null;
            /** @description `null`: it is not. */
            revoked_at: string | null;
            /** @description To a minute; `null`: never. */
            last_used_at: string | null;
        };
        /**
         * @example {
         *       "name": "Billing service",
         *       "scopes": [
         *         "jobs:read",
         *         "jobs:write"
         *       ],
         *       "workflows": [
         *         "http"
         *       ],
         *       "tier": "pro",
         *       "expires_at": "2027-01-15T00:00:00.000Z"
         *     }
         */
        KeyCreateRequest: {
            /**
             * @description What it is for, for people.
             * @example Billing service
             */
            name: string;
            /**
             * @description What its holder may do.
             * @example [
             *       "jobs:read",
             *       "jobs:write"
             *     ]
             */
            scopes: ("jobs:read" | "jobs:write" | "jobs:approve" | "pipelines:read" | "pipelines:write" | "schedules:read" | "schedules:write" | "workflows:read" | "workflows:write" | "workers:write" | "ops:read" | "ops:write" | "metrics:read" | "keys:read" | "keys:write")[];
            /**
             * @description The workflows that there are for its holder: jobs that run another, by its name or in a step of their own, their schedules and other pipelines do not exist for them; `null`: all.
             * @example [
             *       "http"
             *     ]
             */
            workflows?: string[] | null;
            /**
             * @description Of rate limits: one of those that the service has (RATE_TIERS); `free`, `pro` and `enterprise` at first.
             * @example pro
             */
            tier?: string;
            /**
             * @description From then on it is not taken (RFC 3339, up to 9999-12-31T23:59:59.999Z); `null`: it does not expire.
             * @example 2027-01-15T00:00:00.000Z
             */
            expires_at?: string | null;
        };
        KeyList: {
            data: components["schemas"]["Key"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "reason": "Found in a public repository."
         *     }
         */
        KeyRevokeRequest: {
            /**
             * @description For the record.
             * @example Found in a public repository.
             */
            reason?: string;
        };
        /**
         * @example {
         *       "overlap_seconds": 3600
         *     }
         */
        KeyRotateRequest: {
            /**
             * @description How long its secrets until now are still taken: a day by default, 30 days at most; 0 ends them at once.
             * @default 86400
             */
            overlap_seconds?: number;
            /**
             * @description From then on it is not taken (RFC 3339, up to 9999-12-31T23:59:59.999Z); `null`: it does not expire.
             * @example 2027-01-15T00:00:00.000Z
             */
            expires_at?: string | null;
        };
        MarketingSummary: {
            /** @description What the service is, in a few words. */
            headlines: {
                /**
                 * @description Stays the same when the text changes.
                 * @example accounted_for
                 */
                id: string;
                /** @description A few words. */
                title: string;
                /**
                 * @description A sentence or two.
                 * @example The rest is made from the log again.
                 */
                text?: string;
            }[];
            /** @description What a visitor may do next. */
            calls_to_action: {
                /**
                 * @description Stays the same when the text changes.
                 * @example accounted_for
                 */
                id: string;
                /** @description A button's words. */
                label: string;
                /** @description A path of this service, or an https address. */
                href: string;
            }[];
            /** @description What one gets. */
            selling_points: {
                /**
                 * @description Stays the same when the text changes.
                 * @example accounted_for
                 */
                id: string;
                /** @description A few words. */
                title: string;
                /**
                 * @description A sentence or two.
                 * @example The rest is made from the log again.
                 */
                text: string;
            }[];
            figures: components["schemas"]["PublicMetrics"];
        };
        /** @description The state of every part; null where it cannot be learned. */
        OpsHealth: {
            /** @description Whether every part is well. */
            ok: boolean;
            /**
             * @description Seconds since 1970, UTC.
             * @example 1768469400
             */
            ts: number;
            log: {
                head: number | null;
            };
            database: {
                ok: boolean;
                /** @description Of the queries behind this answer. */
                latency_ms: number | null;
            };
            bus: {
                ok: boolean;
                /**
                 * @description How events are spread.
                 * @enum {string}
                 */
                kind: "in_process" | "jetstream";
                connected: boolean;
                /**
                 * @description A place in the whole log: 1, 2, 3 … in the order of commits.
                 * @example 1042
                 */
                position: number;
                /** @description Events recorded that are not on the bus yet. */
                lag: number | null;
            };
            /** @description The read models; null where the database cannot be reached. */
            projections: {
                /** @description False where an event stopped it, or no process can run it. */
                ok: boolean;
                /** @example jobs */
                name: string;
                version: number;
                /**
                 * @description What the process that answers does with it; `standby`: another one runs it.
                 * @enum {string}
                 */
                state: "running" | "building" | "poisoned" | "standby" | "stopped";
                /** @description Whether queries see this version. */
                live: boolean;
                /**
                 * @description A place in the whole log: 1, 2, 3 … in the order of commits.
                 * @example 1042
                 */
                position: number;
                /** @description Events behind the log's head. */
                lag: number;
                /** @description The event that stopped it. */
                stopped_at: number | null;
                /** @description What lets it go on; null: nothing stops it. */
                how_to_mend: string | null;
            }[] | null;
            /** @description Recurring schedules. */
            schedules: {
                /** @description False where one is due and nothing fires it. */
                ok: boolean;
                /** @description The instance that fires schedules. */
                leader: string | null;
                active: number;
                /** @description How long the first one that is due has been. */
                lag_seconds: number;
            } | null;
            /** @description Jobs that have not ended. */
            queue: {
                queued: number;
                /** @description At so many, intake answers 429 queue_full. */
                max_queued: number;
                running: number;
            } | null;
        };
        /**
         * @example {
         *       "name": "welcome-users",
         *       "version": 1,
         *       "format": 1,
         *       "description": "Welcomes new users, once somebody has agreed.",
         *       "steps": [
         *         {
         *           "id": "fetch",
         *           "uses": "http",
         *           "with": {
         *             "url": "https://example.com/users?since={{ payload.since }}"
         *           }
         *         },
         *         {
         *           "id": "approve",
         *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
         *           "wait_for_approval": {
         *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
         *           }
         *         },
         *         {
         *           "id": "welcome",
         *           "for_each": {
         *             "items": "{{ steps.fetch.output.body.users }}",
         *             "max_parallel": 4
         *           },
         *           "uses": "http",
         *           "with": {
         *             "method": "POST",
         *             "url": "https://example.com/mails",
         *             "body": {
         *               "to": "{{ item.email }}"
         *             }
         *           },
         *           "retry": {
         *             "max_attempts": 3
         *           }
         *         }
         *       ],
         *       "created_at": "2026-01-15T09:30:00.123456Z",
         *       "updated_at": "2026-01-15T09:30:00.123456Z"
         *     }
         */
        Pipeline: {
            /**
             * @description 1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.
             * @example welcome-users
             */
            name: string;
            /**
             * @description 1, 2, 3 …
             * @example 1
             */
            version: number;
            /**
             * @description Of this description.
             * @constant
             */
            format: 1;
            description?: string;
            /** @description Run in this order. */
            steps: components["schemas"]["Step"][];
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When this version was recorded.
             * @example 2026-01-15T09:30:00.123456Z
             */
            updated_at: string;
        };
        /**
         * @example {
         *       "name": "welcome-users",
         *       "format": 1,
         *       "description": "Welcomes new users, once somebody has agreed.",
         *       "steps": [
         *         {
         *           "id": "fetch",
         *           "uses": "http",
         *           "with": {
         *             "url": "https://example.com/users?since={{ payload.since }}"
         *           }
         *         },
         *         {
         *           "id": "approve",
         *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
         *           "wait_for_approval": {
         *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
         *           }
         *         },
         *         {
         *           "id": "welcome",
         *           "for_each": {
         *             "items": "{{ steps.fetch.output.body.users }}",
         *             "max_parallel": 4
         *           },
         *           "uses": "http",
         *           "with": {
         *             "method": "POST",
         *             "url": "https://example.com/mails",
         *             "body": {
         *               "to": "{{ item.email }}"
         *             }
         *           },
         *           "retry": {
         *             "max_attempts": 3
         *           }
         *         }
         *       ]
         *     }
         */
        PipelineCreate: {
            /**
             * @description 1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.
             * @example welcome-users
             */
            name: string;
            /**
             * @description Of this description.
             * @constant
             */
            format: 1;
            description?: string;
            /** @description Run in this order. */
            steps: components["schemas"]["Step"][];
        };
        PipelineList: {
            data: components["schemas"]["PipelineSummary"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        PipelineSummary: {
            /**
             * @description 1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.
             * @example welcome-users
             */
            name: string;
            /**
             * @description The newest.
             * @example 1
             */
            version: number;
            description: string | null;
            /** @description How many steps the newest version has. */
            steps: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            updated_at: string;
        };
        /**
         * @example {
         *       "format": 1,
         *       "description": "Welcomes new users, once somebody has agreed.",
         *       "steps": [
         *         {
         *           "id": "fetch",
         *           "uses": "http",
         *           "with": {
         *             "url": "https://example.com/users?since={{ payload.since }}"
         *           }
         *         },
         *         {
         *           "id": "approve",
         *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
         *           "wait_for_approval": {
         *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
         *           }
         *         },
         *         {
         *           "id": "welcome",
         *           "for_each": {
         *             "items": "{{ steps.fetch.output.body.users }}",
         *             "max_parallel": 4
         *           },
         *           "uses": "http",
         *           "with": {
         *             "method": "POST",
         *             "url": "https://example.com/mails",
         *             "body": {
         *               "to": "{{ item.email }}"
         *             }
         *           },
         *           "retry": {
         *             "max_attempts": 3
         *           }
         *         }
         *       ]
         *     }
         */
        PipelineUpdate: {
            /**
             * @description As in the path, where it is given: nothing is renamed.
             * @example welcome-users
             */
            name?: string;
            /**
             * @description Of this description.
             * @constant
             */
            format: 1;
            description?: string;
            /** @description Run in this order. */
            steps: components["schemas"]["Step"][];
        };
        /** @description A problem document (RFC 9457). Some codes have further members. */
        Problem: {
            /**
             * Format: uri-reference
             * @description Where the problem is described.
             * @example /problems/validation_failed
             */
            type: string;
            /** @description The same at every occurrence. */
            title: string;
            status: number;
            /** @description What was wrong this time, for a person. */
            detail: string;
            /**
             * Format: uri-reference
             * @description The path that was asked for.
             */
            instance: string;
            /**
             * @description A stable code to branch on.
             * @enum {string}
             */
            error: "already_decided" | "attempt_superseded" | "attempt_timeout" | "body_too_large" | "conflict" | "credential_exposed" | "deadline_exceeded" | "duplicate_key" | "grant_exceeded" | "headers_too_large" | "host_refused" | "idempotency_key_reused" | "incident_not_found" | "incomplete_body" | "insufficient_scope" | "internal_error" | "invalid_cursor" | "invalid_host" | "invalid_idempotency_key" | "invalid_incident_id" | "invalid_job_id" | "invalid_key_id" | "invalid_schedule_id" | "job_cancelled" | "job_finished" | "job_not_found" | "json_too_deep" | "key_not_found" | "malformed_json" | "malformed_url" | "message_too_large" | "method_not_allowed" | "not_found" | "not_recordable" | "number_not_representable" | "origin_refused" | "outcome_unknown" | "payload_too_large" | "pipeline_exists" | "pipeline_not_found" | "precondition_required" | "projection_not_found" | "projection_not_stopped" | "queue_full" | "range_not_satisfiable" | "rate_limited" | "read_model_behind" | "request_timeout" | "schedule_not_found" | "self_approval_refused" | "subscription_exists" | "subscription_not_found" | "too_many_claimed" | "too_many_claims" | "too_many_numeric_keys" | "too_many_stored" | "too_many_streams" | "too_many_subscriptions" | "unauthorized" | "unavailable" | "unsupported_media_type" | "upgrade_required" | "uri_too_long" | "validation_failed" | "version_mismatch" | "workflow_built_in" | "workflow_not_allowed";
            /** @description As in X-Request-Id. */
            request_id: string;
            /** @description Each value that does not fit, the first 20. */
            errors?: {
                /** @description JSON pointer (RFC 6901) into the body, or the name of a parameter or header. Of more than 200 characters the first 200, and an ellipsis. */
                pointer: string;
                message: string;
            }[];
            /**
             * Format: uuid
             * @description The job in question, where the request did not name it.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id?: string;
            /** @description The attempt that a worker answered for. */
            attempt?: number;
            /**
             * @description Where the job of the worker's answer stands.
             * @enum {string}
             */
            job_status?: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            /** @description What was decided about the step that the request would decide. */
            decision?: {
                approved: boolean;
                /** @description As events name them; null: nobody, and the step went on when its time was over. */
                by: string | null;
                comment: string | null;
            };
            /** @description Who has the job of the worker's answer now; null: nobody. */
            holder?: {
                /** @example translator-8 */
                worker: string;
                attempt: number;
                lease_expires_at: string | null;
            } | null;
        };
        ProblemDescription: {
            /** @example job_not_found */
            error: string;
            status: number;
            title: string;
            /** @description What it means and how to mend it. */
            help: string;
        };
        /**
         * @example {
         *       "skip": 1042,
         *       "reason": "Its time cannot be."
         *     }
         */
        ProjectionResume: {
            /**
             * @description The position of the event that stops it: it is passed over for good. Needs a `reason`.
             * @example 1042
             */
            skip?: number;
            /**
             * @description For the record.
             * @example Its time cannot be.
             */
            reason?: string;
        };
        ProjectionResumed: {
            /**
             * @description A read model, as GET /api/v1/ops/health names it.
             * @example jobs
             */
            name: string;
            version: number;
            /** @description The position of the event that had stopped it; null: none had. */
            stopped_at: number | null;
            /** @description Whether that event is passed over for good. */
            skipped: boolean;
        };
        PublicMetrics: {
            /**
             * @description Percent of the whole minutes since the later of the first start ever recorded and 7 days ago in which at least one instance recorded a start or a heartbeat. 100 in the very first minute.
             * @example 99.98
             */
            uptime_rolling_7d: number;
            /**
             * @description Jobs submitted since 00:00 UTC: the job.submitted events of the day.
             * @example 4711
             */
            jobs_today: number;
            /**
             * @description Percent of all events ever recorded that name who acted and the action they belong to (actor and correlation id).
             * @example 100
             */
            audit_coverage: number;
            /**
             * @description When the last event that these figures contain was recorded, in Unix seconds; null while there is none.
             * @example 1768469400
             */
            last_updated: number | null;
        };
        /**
         * @example {
         *       "payload": {
         *         "method": "GET",
         *         "url": "https://example.com/"
         *       }
         *     }
         */
        ReplayRequest: {
            /**
             * @description In place of the origin's payload; at most 200 KB of JSON.
             * @example {
             *       "method": "GET",
             *       "url": "https://example.com/"
             *     }
             */
            payload?: {
                [key: string]: unknown;
            };
            /**
             * @description Runs this step and those after it; the recorded outputs of those before it are taken over. They must have ended well. A stored pipeline is run at the version of the origin. Where absent, all is run, a stored pipeline at its newest version.
             * @example welcome
             */
            from_step?: string;
        };
        Root: {
            /** @constant */
            ok: true;
            /** @constant */
            service: "levqor-backend";
            /** @example 0.1.0 */
            version: string;
            /**
             * @description The commit or build that is running.
             * @example dev
             */
            build: string;
        };
        Schedule: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
             */
            schedule_id: string;
            /**
             * @description For people; need not be unique.
             * @example Morning report
             */
            name: string;
            /**
             * @description Minute, hour, day of the month, month, day of the week; or six fields with the second first; or a nickname such as `@daily`. Lists, ranges, steps, names (`MON-FRI`, `JAN`), `L`, `W` and `#` are understood. Where both days are restricted, either is enough, or both must fit where the day of the week begins with `+`. It is kept with one space between fields. Refused where no time comes within 100 years.
             * @example 0 9 * * MON-FRI
             */
            cron: string;
            /**
             * @description An IANA name, in whatever case. Where its clock changes, times that are named (numbers, lists, ranges) happen once: at the moment after a gap that they fall into, and at the first of two. Intervals (`*`, steps) go with the clock.
             * @default UTC
             * @example Europe/Berlin
             */
            time_zone: string;
            /**
             * @description How late an instant may be fired, when nothing was there to fire it in time: each one up to so late is fired at once, in order; older ones are recorded as misfired. Below the interval of the expression, at most the latest is made up for.
             * @default 900
             */
            misfire_grace_seconds: number;
            /**
             * @description Whether it fires.
             * @enum {string}
             */
            status: "active" | "paused";
            /**
             * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
             * @example http
             */
            workflow: string;
            /** @description The next instant; null while it is paused. In the past where it is about to be fired. */
            next_run_at: string | null;
            /** @description The latest instant that was fired. */
            last_run_at: string | null;
            /** @description The job of the latest instant. */
            last_job_id: string | null;
            /** @description Instants fired so far. */
            runs: number;
            /** @description Instants that were due and not fired; of a longer time without any firing, the first 100 count. */
            misfires: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            updated_at: string;
            /**
             * @description What each instant submits: as an intake takes it, but for run_at.
             * @example {
             *       "workflow": "http",
             *       "payload": {
             *         "method": "GET",
             *         "url": "https://example.com/"
             *       },
             *       "priority": "normal"
             *     }
             */
            job: {
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow: string;
                /**
                 * @description The input of the workflow; at most 200 KB of JSON.
                 * @example {
                 *       "method": "GET",
                 *       "url": "https://example.com/"
                 *     }
                 */
                payload: {
                    [key: string]: unknown;
                };
                /**
                 * Format: uri
                 * @description An http or https address, without credentials, that is told of the job's end by a signed POST (Standard Webhooks), repeated until it is delivered or given up. It must lead to a public address, unless the service's configuration allows others: an address that does not is refused here, a name that does not when it is called.
                 * @example https://example.com/hooks/levqor
                 */
                callback_url?: string;
                /**
                 * @description How urgent it is; `normal` where absent.
                 * @enum {string}
                 */
                priority?: "low" | "normal" | "high";
                /**
                 * @description How many attempts may fail or lose their worker before the job fails; 1: it is never run twice. Where absent, the connector's own limit, else 5.
                 * @example 3
                 */
                max_attempts?: number;
                /** @description The pauses between attempts; each is shortened by chance, by half at most, and lasts at least as long as the external service's Retry-After asks for (up to a day). Where absent, the connector's own pauses, else 1 s, 2 s, 4 s … 300 s. */
                backoff?: {
                    /**
                     * @description Before the second attempt.
                     * @example 1
                     */
                    initial_seconds?: number;
                    /**
                     * @description How much longer each pause is.
                     * @example 2
                     */
                    factor?: number;
                    /**
                     * @description No pause is longer.
                     * @example 300
                     */
                    max_seconds?: number;
                };
                /**
                 * @description How long one attempt may take, a day at most; then it has failed with `attempt_timeout`, and another may follow. 3600 where absent.
                 * @example 120
                 */
                attempt_timeout_seconds?: number;
                /**
                 * @description How long the job may take with all its attempts and pauses, from when it may first run, 30 days at most; then it has failed with `job_timeout`. No limit where absent.
                 * @example 3600
                 */
                timeout_seconds?: number;
                /**
                 * @description Jobs of one workflow with the same key share its limits. A user's keys count among that user's jobs alone; those of API keys are shared.
                 * @example customer-42
                 */
                concurrency_key?: string;
                /** @description What to run, in this order, in place of what the workflow's name stands for; the same as in a stored pipeline, of format 1. */
                steps?: components["schemas"]["Step"][];
            };
        };
        ScheduleDeleted: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
             */
            schedule_id: string;
            /** @constant */
            status: "deleted";
        };
        ScheduleEvent: {
            /**
             * @description A place in the whole log: 1, 2, 3 … in the order of commits.
             * @example 1042
             */
            position: number;
            /** @description The place in the schedule's own history: 1, 2, 3 … */
            version: number;
            /** @example schedule.fired */
            type: string;
            /** @description What happened; its shape depends on the type. */
            data: unknown;
            meta: components["schemas"]["EventMeta"];
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            recorded_at: string;
        };
        ScheduleEventList: {
            data: components["schemas"]["ScheduleEvent"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        ScheduleList: {
            data: components["schemas"]["ScheduleSummary"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        ScheduleRan: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            /** @constant */
            status: "queued";
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
             */
            schedule_id: string;
        };
        /**
         * @description A job to submit again and again: at every instant, exactly what an intake takes.
         * @example {
         *       "name": "Morning report",
         *       "cron": "0 9 * * MON-FRI",
         *       "time_zone": "Europe/Berlin",
         *       "job": {
         *         "workflow": "http",
         *         "payload": {
         *           "method": "GET",
         *           "url": "https://example.com/"
         *         }
         *       }
         *     }
         */
        ScheduleRequest: {
            /**
             * @description For people; need not be unique.
             * @example Morning report
             */
            name: string;
            /**
             * @description Minute, hour, day of the month, month, day of the week; or six fields with the second first; or a nickname such as `@daily`. Lists, ranges, steps, names (`MON-FRI`, `JAN`), `L`, `W` and `#` are understood. Where both days are restricted, either is enough, or both must fit where the day of the week begins with `+`. It is kept with one space between fields. Refused where no time comes within 100 years.
             * @example 0 9 * * MON-FRI
             */
            cron: string;
            /**
             * @description An IANA name, in whatever case. Where its clock changes, times that are named (numbers, lists, ranges) happen once: at the moment after a gap that they fall into, and at the first of two. Intervals (`*`, steps) go with the clock.
             * @default UTC
             * @example Europe/Berlin
             */
            time_zone?: string;
            /**
             * @description How late an instant may be fired, when nothing was there to fire it in time: each one up to so late is fired at once, in order; older ones are recorded as misfired. Below the interval of the expression, at most the latest is made up for.
             * @default 900
             */
            misfire_grace_seconds?: number;
            /**
             * @description What each instant submits: as an intake takes it, but for run_at.
             * @example {
             *       "workflow": "http",
             *       "payload": {
             *         "method": "GET",
             *         "url": "https://example.com/"
             *       },
             *       "priority": "normal"
             *     }
             */
            job: {
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow: string;
                /**
                 * @description The input of the workflow; at most 200 KB of JSON.
                 * @example {
                 *       "method": "GET",
                 *       "url": "https://example.com/"
                 *     }
                 */
                payload: {
                    [key: string]: unknown;
                };
                /**
                 * Format: uri
                 * @description An http or https address, without credentials, that is told of the job's end by a signed POST (Standard Webhooks), repeated until it is delivered or given up. It must lead to a public address, unless the service's configuration allows others: an address that does not is refused here, a name that does not when it is called.
                 * @example https://example.com/hooks/levqor
                 */
                callback_url?: string;
                /**
                 * @description How urgent it is; `normal` where absent.
                 * @enum {string}
                 */
                priority?: "low" | "normal" | "high";
                /**
                 * @description How many attempts may fail or lose their worker before the job fails; 1: it is never run twice. Where absent, the connector's own limit, else 5.
                 * @example 3
                 */
                max_attempts?: number;
                /** @description The pauses between attempts; each is shortened by chance, by half at most, and lasts at least as long as the external service's Retry-After asks for (up to a day). Where absent, the connector's own pauses, else 1 s, 2 s, 4 s … 300 s. */
                backoff?: {
                    /**
                     * @description Before the second attempt.
                     * @example 1
                     */
                    initial_seconds?: number;
                    /**
                     * @description How much longer each pause is.
                     * @example 2
                     */
                    factor?: number;
                    /**
                     * @description No pause is longer.
                     * @example 300
                     */
                    max_seconds?: number;
                };
                /**
                 * @description How long one attempt may take, a day at most; then it has failed with `attempt_timeout`, and another may follow. 3600 where absent.
                 * @example 120
                 */
                attempt_timeout_seconds?: number;
                /**
                 * @description How long the job may take with all its attempts and pauses, from when it may first run, 30 days at most; then it has failed with `job_timeout`. No limit where absent.
                 * @example 3600
                 */
                timeout_seconds?: number;
                /**
                 * @description Jobs of one workflow with the same key share its limits. A user's keys count among that user's jobs alone; those of API keys are shared.
                 * @example customer-42
                 */
                concurrency_key?: string;
                /** @description What to run, in this order, in place of what the workflow's name stands for; the same as in a stored pipeline, of format 1. */
                steps?: components["schemas"]["Step"][];
            };
        };
        ScheduleRuns: {
            /** @description The next instants; fewer than asked for where the year 9999 ends before, none while the schedule is paused. */
            data: string[];
        };
        ScheduleState: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
             */
            schedule_id: string;
            /**
             * @description Whether it fires.
             * @enum {string}
             */
            status: "active" | "paused";
            /** @description The next instant; null while it is paused. In the past where it is about to be fired. */
            next_run_at: string | null;
        };
        ScheduleSummary: {
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
             */
            schedule_id: string;
            /**
             * @description For people; need not be unique.
             * @example Morning report
             */
            name: string;
            /**
             * @description Minute, hour, day of the month, month, day of the week; or six fields with the second first; or a nickname such as `@daily`. Lists, ranges, steps, names (`MON-FRI`, `JAN`), `L`, `W` and `#` are understood. Where both days are restricted, either is enough, or both must fit where the day of the week begins with `+`. It is kept with one space between fields. Refused where no time comes within 100 years.
             * @example 0 9 * * MON-FRI
             */
            cron: string;
            /**
             * @description An IANA name, in whatever case. Where its clock changes, times that are named (numbers, lists, ranges) happen once: at the moment after a gap that they fall into, and at the first of two. Intervals (`*`, steps) go with the clock.
             * @default UTC
             * @example Europe/Berlin
             */
            time_zone: string;
            /**
             * @description How late an instant may be fired, when nothing was there to fire it in time: each one up to so late is fired at once, in order; older ones are recorded as misfired. Below the interval of the expression, at most the latest is made up for.
             * @default 900
             */
            misfire_grace_seconds: number;
            /**
             * @description Whether it fires.
             * @enum {string}
             */
            status: "active" | "paused";
            /**
             * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
             * @example http
             */
            workflow: string;
            /** @description The next instant; null while it is paused. In the past where it is about to be fired. */
            next_run_at: string | null;
            /** @description The latest instant that was fired. */
            last_run_at: string | null;
            /** @description The job of the latest instant. */
            last_job_id: string | null;
            /** @description Instants fired so far. */
            runs: number;
            /** @description Instants that were due and not fired; of a longer time without any firing, the first 100 count. */
            misfires: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            updated_at: string;
        };
        /** @description A message to a client over a WebSocket. */
        SocketMessage: {
            /** @constant */
            type: "subscribed";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id: string;
            /** @description The subscription begins after this position. */
            after: number;
        } | {
            /** @constant */
            type: "event";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id: string;
            event: components["schemas"]["StreamedEvent"];
        } | {
            /** @constant */
            type: "unsubscribed";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id: string;
        } | {
            /** @constant */
            type: "pong";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id?: string;
        } | {
            /** @constant */
            type: "error";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id?: string;
            problem: components["schemas"]["Problem"];
        } | {
            /** @constant */
            type: "closed";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id?: string;
            /**
             * @description A stable code to branch on.
             * @enum {string}
             */
            reason: "slow_consumer" | "silent" | "too_many_messages" | "stopping" | "unauthorized" | "fault";
            /** @description The same for a person. */
            detail: string;
        };
        /** @description A message from a client over a WebSocket. */
        SocketRequest: {
            /** @constant */
            type: "subscribe";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id?: string;
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id?: string;
            /**
             * @description Of all jobs. Either this or `job_id`.
             * @constant
             */
            all?: true;
            /**
             * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
             * @example http
             */
            workflow?: string;
            /** @description Events of these types alone. */
            types?: ("job.submitted" | "job.started" | "job.heartbeat" | "job.released" | "job.retry_scheduled" | "job.succeeded" | "job.failed" | "job.cancelled" | "job.replayed_from" | "job.step_reused" | "job.pipeline_pinned" | "job.step_started" | "job.step_succeeded" | "job.step_failed" | "job.step_skipped" | "job.suspended" | "job.approval_given" | "job.callback_attempted" | "job.callback_delivered" | "job.callback_failed" | "job.callback_requested")[];
            /** @description Events after this position of the log. By default, one job's from its first, all jobs' from now on. */
            after?: number;
        } | {
            /** @constant */
            type: "unsubscribe";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id: string;
        } | {
            /** @constant */
            type: "ping";
            /**
             * @description The client's name for the subscription, unique on its connection; where absent, the service makes one.
             * @example mine
             */
            id?: string;
        };
        /** @description Exactly one of `uses`, `sleep` and `wait_for_approval` says what the step does. */
        Step: {
            /**
             * @description 1 to 64 lower-case letters, digits and `_`, beginning with a letter; each once in a pipeline.
             * @example fetch
             */
            id: string;
            /**
             * @description The connector to run.
             * @example http
             */
            uses?: string;
            /**
             * @description The connector's input. Any text in it may hold expressions.
             * @example {
             *       "url": "https://example.com/users/{{ url_encode(payload.id) }}"
             *     }
             */
            with?: {
                [key: string]: unknown;
            };
            /**
             * @description The step is skipped unless this one expression is true.
             * @example {{ steps.fetch.output.status == 200 }}
             */
            if?: string;
            /** @description How often the connector is tried where its failure may pass, and how long to wait in between: as `max_attempts` and `backoff` of a job. Absent: as the connector has it, or the service. */
            retry?: {
                max_attempts?: number;
                backoff?: {
                    initial_seconds?: number;
                    factor?: number;
                    max_seconds?: number;
                };
            };
            /** @description For one try; the job's attempt_timeout_seconds by default. */
            timeout_seconds?: number;
            /** @description Runs the step once for each item; its output is the list of outputs. The steps of one job are run 10,000 times in all, each item and each repetition counted; then it fails with `too_many_step_runs`. */
            for_each?: {
                /**
                 * @description One expression that gives a list of at most 1000 items; in `with`, `item` is the item and `index` its place from 0.
                 * @example {{ steps.fetch.output.body.users }}
                 */
                items: string;
                /**
                 * @description Items that run at the same time; fewer where the inputs of those that run would take more than 4,000,000 characters together, one at least.
                 * @default 1
                 */
                max_parallel?: number;
            };
            /** @description Waits, without a worker: exactly one of `seconds` and `until`. */
            sleep?: {
                /** @description From the moment that the step is reached. */
                seconds?: number;
                /**
                 * @description A time in RFC 3339 with an offset, which is checked at once, or an expression that gives one, which fails the step where it does not; at most 365 days ahead. The past means now.
                 * @example {{ payload.send_at }}
                 */
                until?: string;
            };
            /** @description Waits, without a worker, until somebody approves or rejects: a rejection fails the job. */
            wait_for_approval?: {
                /**
                 * @description What is to be approved, for a person.
                 * @example Send {{ size(payload.users) }} mails?
                 */
                message: string;
                /**
                 * @description A week by default.
                 * @default 604800
                 */
                timeout_seconds?: number;
                /**
                 * @description What an approval that nobody gave in time means; `continue`: it is taken as given.
                 * @default fail
                 * @enum {string}
                 */
                on_timeout?: "fail" | "continue";
                /**
                 * @description Whether somebody else than the job's submitter must approve. Whoever submitted what it runs again, or defined the schedule that submitted it, counts as its submitter, and so does whoever acts for them: with a key that they issued, for example.
                 * @default false
                 */
                not_by_submitter?: boolean;
            };
        };
        /** @description The JSON in the data field of each event of a stream. */
        StreamedEvent: {
            /**
             * @description A place in the whole log: 1, 2, 3 … in the order of commits.
             * @example 1042
             */
            position: number;
            /** @example job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70 */
            stream_id: string;
            /**
             * Format: uuid
             * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
             * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
             */
            job_id: string;
            version: number;
            /** @example job.started */
            type: string;
            data: unknown;
            meta: components["schemas"]["EventMeta"];
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            recorded_at: string;
        };
        Uptime: {
            /**
             * @description The worst impact of an incident that is open; `operational` without one.
             * @enum {string}
             */
            status: "operational" | "maintenance" | "minor" | "major" | "critical";
            /** @description The first start on record. */
            since: string | null;
            /**
             * @description Of all the days below; `null` before the first whole minute.
             * @example 99.98
             */
            uptime_percent: number | null;
            /** @description From the first start on, at most 90, oldest first; today is the last. */
            days: {
                /**
                 * Format: date
                 * @description UTC.
                 * @example 2026-01-15
                 */
                date: string;
                uptime_percent: number | null;
                minutes_up: number;
                minutes_down: number;
                /** @description Those that were open on this day. */
                incidents: string[];
            }[];
            /** @description Whole minutes in a row without a sign of life, newest first; at most 100. */
            outages: {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 * @example 2026-01-15T09:30:00.123456Z
                 */
                from: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 * @example 2026-01-15T09:30:00.123456Z
                 */
                to: string;
                minutes: number;
                /** @description Whether it lasts. */
                ongoing: boolean;
            }[];
            /** @description Those that were open on any of these days, newest first; at most 100. */
            incidents: components["schemas"]["Incident"][];
            /**
             * @description Seconds since 1970, UTC.
             * @example 1768469400
             */
            ts: number;
        };
        /** @description Why the job has not started; only while it is queued. */
        WaitingFor: {
            /**
             * @description `worker`: for a free one that runs the workflow. `caller`: for the same where jobs of the same caller run already: workers share their slots between callers, so it may be for one of those to end. `run_at`: for the time it names. `retry`: for the pause before the next attempt to end. `sleep`: for the end of a step that sleeps. `approval`: for somebody to approve a step. `concurrency`, `concurrency_key`: for one of the jobs that take up the limit of the workflow or of the key. `rate`: for the time at which the next job of its key may start.
             * @enum {string}
             */
            reason: "worker" | "caller" | "run_at" | "retry" | "sleep" | "approval" | "concurrency" | "concurrency_key" | "rate";
            /** @example Waits for a free worker. */
            detail: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-01-15T09:30:00.123456Z
             */
            until?: string;
        };
        /**
         * @description Which jobs an external worker wants.
         * @example {
         *       "worker": "translator-7",
         *       "workflows": [
         *         "translate"
         *       ],
         *       "max_jobs": 10,
         *       "wait_seconds": 20,
         *       "lease_seconds": 30
         *     }
         */
        WorkerClaim: {
            /**
             * @description What the worker calls itself; it is shown to people. Several may have the same name.
             * @example translator-7
             */
            worker: string;
            /**
             * @description Jobs of these workflows are wanted; none that the service runs itself.
             * @example [
             *       "translate"
             *     ]
             */
            workflows: string[];
            /**
             * @description At most so many are given.
             * @default 1
             */
            max_jobs?: number;
            /**
             * @description Where no job is ready, the answer waits so long for one. 0 asks for what is ready now.
             * @default 20
             */
            wait_seconds?: number;
            /**
             * @description Without a heartbeat within this time the job is given to another worker.
             * @default 30
             */
            lease_seconds?: number;
        };
        WorkflowLimits: {
            /**
             * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
             * @example http
             */
            workflow: string;
            /** @description Jobs of the workflow that may run at once; null: as many as workers take. */
            concurrency: number | null;
            /** @description Jobs with the same concurrency_key that may run at once. */
            concurrency_per_key: number;
            /** @description Attempts at jobs with the same concurrency_key that may start in a time; null: any number. */
            rate_per_key: {
                limit: number;
                per_seconds: number;
                burst: number;
            } | null;
            /** @description null: nothing was ever settled. */
            updated_at: string | null;
        };
        WorkflowLimitsList: {
            data: components["schemas"]["WorkflowLimits"][];
            /** @description Whether another page follows. */
            has_more: boolean;
            /** @description Asks for the next page; null on the last. */
            next_cursor: string | null;
        };
        /**
         * @description How many jobs of a workflow may run. What is left out is not limited, or as it is by default.
         * @example {
         *       "concurrency": 20,
         *       "concurrency_per_key": 1,
         *       "rate_per_key": {
         *         "limit": 10,
         *         "per_seconds": 60
         *       }
         *     }
         */
        WorkflowLimitsRequest: {
            /**
             * @description Jobs of the workflow that may run at once.
             * @example 20
             */
            concurrency?: number;
            /**
             * @description Jobs with the same concurrency_key that may run at once; 1 where absent.
             * @example 1
             */
            concurrency_per_key?: number;
            /** @description Attempts at jobs with the same concurrency_key that may start in a time, evenly spaced (GCRA): in any per_seconds there are never more than limit, or limit + burst - 1. */
            rate_per_key?: {
                /** @example 10 */
                limit: number;
                /** @example 60 */
                per_seconds: number;
                /**
                 * @description How many may start at once after a pause; 1 where absent.
                 * @example 1
                 */
                burst?: number;
            };
        };
    };
    responses: {
        /**
         * @description `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `origin_refused`: A page of another origin may change nothing here, whatever key it has, and without API_KEYS (development) open no WebSocket, unless it is a page of this machine: any page that you visit could. Name its origin in CORS_ORIGINS, or send the request from a page of this service; programs that are no browser leave Origin out. */
        "403.origin_refused": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `uri_too_long`: The path and the query together hold at most 8 KB (8,192 bytes). */
        "414.uri_too_long": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `host_refused`: Without API_KEYS (development) the service answers for names of its own machine alone (localhost, what ends in .localhost, 127.0.0.0/8, [::1]): any page that you visit could have a name of its own lead here, and read everything. Use such a name, set PUBLIC_URL to the address that you use, or configure API_KEYS. */
        "421.host_refused": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `rate_limited`: More requests came within a minute than the limit lets in; violated_policies names it, RateLimit-Policy says how much it is. Come back after the time that Retry-After names: nothing was done, and what is refused does not count. */
        "429.rate_limited": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `headers_too_large`: A request has at most 100 headers, of 16 KB (16,384 bytes) together. Far above that (64 KB with the URL, or 200 lines) the connection is closed with a bare 431. */
        "431.headers_too_large": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal_error`: The service met a fault. It is on record under the request id; give that id when you report it. */
        "500.internal_error": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once. */
        "503.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_found`: Nothing is served at this path. Every call is listed at /docs. */
        "404.not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `validation_failed`: The request does not fit its schema. Each entry of errors points at one value and says what is expected there. */
        "422.validation_failed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `unavailable`: Nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `read_model_behind`: The read model did not reach Levqor-Min-Position in time. Repeat the request after the time that Retry-After names.
         *
         *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
         */
        "503.unavailable.read_model_behind.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthorized`: The call needs a valid key in the X-Api-Key header, or as Authorization: Bearer. */
        "401.unauthorized": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `insufficient_scope`: The key is valid and may not do this: required_scope names the scope that it lacks. Use a key that has it.
         *
         *     `origin_refused`: A page of another origin may change nothing here, whatever key it has, and without API_KEYS (development) open no WebSocket, unless it is a page of this machine: any page that you visit could. Name its origin in CORS_ORIGINS, or send the request from a page of this service; programs that are no browser leave Origin out.
         */
        "403.insufficient_scope.origin_refused": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `invalid_idempotency_key`: The header holds 1 to 255 visible ASCII characters, with or without double quotes around them.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `insufficient_scope`: The key is valid and may not do this: required_scope names the scope that it lacks. Use a key that has it.
         *
         *     `workflow_not_allowed`: The key is limited to some workflows, and this is none of them. Use a key that may run it.
         *
         *     `origin_refused`: A page of another origin may change nothing here, whatever key it has, and without API_KEYS (development) open no WebSocket, unless it is a page of this machine: any page that you visit could. Name its origin in CORS_ORIGINS, or send the request from a page of this service; programs that are no browser leave Origin out.
         */
        "403.insufficient_scope.workflow_not_allowed.origin_refused": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request_timeout`: The body was not there within 30 seconds. Nothing was recorded; the connection is closed. Repeat the request over a better one. */
        "408.request_timeout": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `body_too_large`: The body of a request holds at most 512 KB (524,288 bytes).
         *
         *     `payload_too_large`: A job's payload holds at most 200 KB (204,800 bytes), counted in UTF-8 bytes of its JSON without white space. Put large data elsewhere and send its address.
         */
        "413.body_too_large.payload_too_large": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported_media_type`: The body must be JSON in UTF-8: send Content-Type: application/json. */
        "415.unsupported_media_type": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `not_recordable`: The event log cannot hold what was sent, and the detail says why: it nests too deeply, or is too long. Nothing was recorded, and a repetition would meet the same. Send less, or a flatter document.
         *
         *     `validation_failed`: The request does not fit its schema. Each entry of errors points at one value and says what is expected there.
         *
         *     `idempotency_key_reused`: The key was used before with another body. Use a new key for a new job; repeat a key only with the same body.
         */
        "422.not_recordable.validation_failed.idempotency_key_reused": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `queue_full`: So many jobs wait, or so many of one caller (CALLER_SHARE, a tenth), that no more are taken in: nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `rate_limited`: More requests came within a minute than the limit lets in; violated_policies names it, RateLimit-Policy says how much it is. Come back after the time that Retry-After names: nothing was done, and what is refused does not count.
         */
        "429.queue_full.rate_limited": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `outcome_unknown`: The connection to the log broke while the request was being recorded. Repeat it with the same Idempotency-Key: it is then recorded exactly once. Without a key, read the status of the job_id in this answer first.
         *
         *     `unavailable`: Nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
         */
        "503.outcome_unknown.unavailable.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_job_id`: The job id in the path is not a UUID. Use the job_id that the intake answered.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_job_id.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `job_not_found`: No job has this id. A job can be read from the moment its intake was answered. */
        "404.job_not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `unavailable`: Nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
         */
        "503.unavailable.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_cursor`: A cursor was not given out by this list, or no event has the stream position yet. Use next_cursor, or the id of an event, as it was received. Positions of another deployment mean nothing here: leave the position out to begin anew.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_cursor.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `read_model_behind`: The read model did not reach Levqor-Min-Position in time. Repeat the request after the time that Retry-After names.
         *
         *     `unavailable`: Nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
         */
        "503.read_model_behind.unavailable.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_job_id`: The job id in the path is not a UUID. Use the job_id that the intake answered.
         *
         *     `invalid_cursor`: A cursor was not given out by this list, or no event has the stream position yet. Use next_cursor, or the id of an event, as it was received. Positions of another deployment mean nothing here: leave the position out to begin anew.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_job_id.invalid_cursor.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `invalid_job_id`: The job id in the path is not a UUID. Use the job_id that the intake answered.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_job_id.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conflict`: What was asked for does not fit the present state. Read it and decide again. */
        "409.conflict": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `body_too_large`: The body of a request holds at most 512 KB (524,288 bytes). */
        "413.body_too_large": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `not_recordable`: The event log cannot hold what was sent, and the detail says why: it nests too deeply, or is too long. Nothing was recorded, and a repetition would meet the same. Send less, or a flatter document.
         *
         *     `validation_failed`: The request does not fit its schema. Each entry of errors points at one value and says what is expected there.
         */
        "422.not_recordable.validation_failed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `invalid_job_id`: The job id in the path is not a UUID. Use the job_id that the intake answered.
         *
         *     `invalid_idempotency_key`: The header holds 1 to 255 visible ASCII characters, with or without double quotes around them.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_job_id.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `outcome_unknown`: The connection to the log broke while the request was being recorded. Repeat it with the same Idempotency-Key: it is then recorded exactly once. Without a key, read the status of the job_id in this answer first.
         *
         *     `unavailable`: Nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `read_model_behind`: The read model did not reach Levqor-Min-Position in time. Repeat the request after the time that Retry-After names.
         *
         *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
         */
        "503.outcome_unknown.unavailable.read_model_behind.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `pipeline_exists`: The name is taken by another pipeline or by a connector. Choose another name, or make a new version with PUT.
         *
         *     `too_many_stored`: There are at most 10,000 schedules, 10,000 pipelines, 10,000 issued keys that hold and 10,000 workflows with limits, a tenth of each of one caller (CALLER_SHARE). Nothing was recorded. Delete schedules or revoke keys that are not needed; change a pipeline that is there, or send a job's steps with it; let jobs share a workflow's name.
         */
        "409.pipeline_exists.too_many_stored": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `pipeline_not_found`: No pipeline has this name, or none of its versions has this number. GET /api/v1/pipelines lists those that there are. */
        "404.pipeline_not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `version_mismatch`: Somebody else was faster: the version that If-Match names is not the newest. Read the pipeline, or the schedule, again and decide anew. */
        "412.version_mismatch": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `precondition_required`: A change names the version that it was made from, so that nobody's work is lost: send the ETag of the version that was read as If-Match, for example "3", or * for whichever it is. */
        "428.precondition_required": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `insufficient_scope`: The key is valid and may not do this: required_scope names the scope that it lacks. Use a key that has it.
         *
         *     `self_approval_refused`: The step says not_by_submitter, and the caller submitted the job, or acts for whoever did: with a key that they issued or rotated, or that issued or rotated theirs. Have somebody else approve it.
         *
         *     `origin_refused`: A page of another origin may change nothing here, whatever key it has, and without API_KEYS (development) open no WebSocket, unless it is a page of this machine: any page that you visit could. Name its origin in CORS_ORIGINS, or send the request from a page of this service; programs that are no browser leave Origin out.
         */
        "403.insufficient_scope.self_approval_refused.origin_refused": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `already_decided`: Somebody has approved or rejected the step before: `decision` says who, and what. Nothing of this request was recorded, its comment neither.
         *
         *     `conflict`: What was asked for does not fit the present state. Read it and decide again.
         */
        "409.already_decided.conflict": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `too_many_stored`: There are at most 10,000 schedules, 10,000 pipelines, 10,000 issued keys that hold and 10,000 workflows with limits, a tenth of each of one caller (CALLER_SHARE). Nothing was recorded. Delete schedules or revoke keys that are not needed; change a pipeline that is there, or send a job's steps with it; let jobs share a workflow's name. */
        "409.too_many_stored": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_schedule_id`: The schedule id in the path is not a UUID. Use the schedule_id that the creation answered.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_schedule_id.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `schedule_not_found`: No schedule has this id, or it was deleted. Of a deleted one the events can still be read. */
        "404.schedule_not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `invalid_schedule_id`: The schedule id in the path is not a UUID. Use the schedule_id that the creation answered.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_schedule_id.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_schedule_id`: The schedule id in the path is not a UUID. Use the schedule_id that the creation answered.
         *
         *     `invalid_idempotency_key`: The header holds 1 to 255 visible ASCII characters, with or without double quotes around them.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_schedule_id.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_schedule_id`: The schedule id in the path is not a UUID. Use the schedule_id that the creation answered.
         *
         *     `invalid_cursor`: A cursor was not given out by this list, or no event has the stream position yet. Use next_cursor, or the id of an event, as it was received. Positions of another deployment mean nothing here: leave the position out to begin anew.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_schedule_id.invalid_cursor.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `not_recordable`: The event log cannot hold what was sent, and the detail says why: it nests too deeply, or is too long. Nothing was recorded, and a repetition would meet the same. Send less, or a flatter document.
         *
         *     `validation_failed`: The request does not fit its schema. Each entry of errors points at one value and says what is expected there.
         *
         *     `workflow_built_in`: The service's own workers run this workflow, so external workers cannot claim its jobs. Give external ones another name.
         */
        "422.not_recordable.validation_failed.workflow_built_in": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `too_many_claimed`: One caller holds at most 1,000 jobs claimed (a tenth of 10,000, CALLER_SHARE); the keys in API_KEYS hold any number. Answer for some first (complete, fail, release), or wait until leases lapse, and claim again after the time that Retry-After names.
         *
         *     `rate_limited`: More requests came within a minute than the limit lets in; violated_policies names it, RateLimit-Policy says how much it is. Come back after the time that Retry-After names: nothing was done, and what is refused does not count.
         */
        "429.too_many_claimed.rate_limited": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `outcome_unknown`: The connection to the log broke while the request was being recorded. Repeat it with the same Idempotency-Key: it is then recorded exactly once. Without a key, read the status of the job_id in this answer first.
         *
         *     `unavailable`: Nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `too_many_claims`: One process lets 1,000 claims wait at a time, for up to 100 different sets of workflows; a tenth of both for one caller (CALLER_SHARE). Repeat the claim after the time that Retry-After names; it may well meet another process.
         *
         *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
         */
        "503.outcome_unknown.unavailable.too_many_claims.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `attempt_superseded`: The attempt is not the caller's, or no longer: another claimed it, its lease lapsed, or it has ended. A claim belongs to the key or user that made it, whatever the worker calls itself. `job_status` and `holder` say where the job stands and who has it now, to whoever claimed that attempt or may read jobs. Stop working on it; nothing of this answer was recorded.
         *
         *     `job_cancelled`: Somebody cancelled the job while the worker was at it. Stop working on it; nothing of this answer was recorded.
         *
         *     `job_finished`: The job has ended in another way, for example because its time was up. Stop working on it; nothing of this answer was recorded.
         *
         *     `attempt_timeout`: The attempt has run for longer than the job's attempt_timeout_seconds, and was ended with this heartbeat; another may follow. Stop working on it.
         */
        "409.attempt_superseded.job_cancelled.job_finished.attempt_timeout": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `attempt_superseded`: The attempt is not the caller's, or no longer: another claimed it, its lease lapsed, or it has ended. A claim belongs to the key or user that made it, whatever the worker calls itself. `job_status` and `holder` say where the job stands and who has it now, to whoever claimed that attempt or may read jobs. Stop working on it; nothing of this answer was recorded.
         *
         *     `job_cancelled`: Somebody cancelled the job while the worker was at it. Stop working on it; nothing of this answer was recorded.
         *
         *     `job_finished`: The job has ended in another way, for example because its time was up. Stop working on it; nothing of this answer was recorded.
         */
        "409.attempt_superseded.job_cancelled.job_finished": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `unavailable`: Nothing was recorded. Repeat the request after the time that Retry-After names.
         *
         *     `too_many_streams`: One process keeps up to MAX_STREAMS event streams open (5,000 unless configured otherwise), and as many WebSockets. One caller may have a tenth of them (CALLER_SHARE). Connect again after the time that Retry-After names, and resume where you were; it may well meet another process.
         *
         *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
         */
        "503.unavailable.too_many_streams.deadline_exceeded": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `invalid_cursor`: A cursor was not given out by this list, or no event has the stream position yet. Use next_cursor, or the id of an event, as it was received. Positions of another deployment mean nothing here: leave the position out to begin anew.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.invalid_cursor.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `job_not_found`: No job has this id. A job can be read from the moment its intake was answered.
         *
         *     `subscription_not_found`: This connection has no subscription with this id. It may have ended by itself: then a message said so.
         */
        "404.job_not_found.subscription_not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `subscription_exists`: This connection has a subscription with this id already. Choose another id, or leave it out. */
        "409.subscription_exists": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `message_too_large`: A client's message over a WebSocket holds at most 16 KB (16,384 bytes). */
        "413.message_too_large": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `upgrade_required`: This path is a WebSocket: connect to it with a WebSocket client (RFC 6455, version 13). */
        "426.upgrade_required": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `too_many_subscriptions`: One connection holds at most 32 subscriptions. End one, follow all jobs with one subscription, or open another connection.
         *
         *     `rate_limited`: More requests came within a minute than the limit lets in; violated_policies names it, RateLimit-Policy says how much it is. Come back after the time that Retry-After names: nothing was done, and what is refused does not count.
         */
        "429.too_many_subscriptions.rate_limited": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `insufficient_scope`: The key is valid and may not do this: required_scope names the scope that it lacks. Use a key that has it.
         *
         *     `grant_exceeded`: A key can give no more than the key that issues or rotates it has: each entry of errors names what exceeds it. Give less, or use a key that may do as much.
         *
         *     `origin_refused`: A page of another origin may change nothing here, whatever key it has, and without API_KEYS (development) open no WebSocket, unless it is a page of this machine: any page that you visit could. Name its origin in CORS_ORIGINS, or send the request from a page of this service; programs that are no browser leave Origin out.
         */
        "403.insufficient_scope.grant_exceeded.origin_refused": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_key_id`: The key id in the path is not a UUID. Use the key_id that the creation answered: the key itself belongs in no path.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.invalid_key_id.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `key_not_found`: No issued key has this id. GET /api/v1/keys lists those that there are. */
        "404.key_not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `invalid_key_id`: The key id in the path is not a UUID. Use the key_id that the creation answered: the key itself belongs in no path.
         *
         *     `invalid_idempotency_key`: The header holds 1 to 255 visible ASCII characters, with or without double quotes around them.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_key_id.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `invalid_key_id`: The key id in the path is not a UUID. Use the key_id that the creation answered: the key itself belongs in no path.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_key_id.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `projection_not_found`: No read model has this name. GET /api/v1/ops/health lists those that there are. */
        "404.projection_not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `projection_not_stopped`: The event to be skipped is not the one that stops the read model: stopped_at says which one does, if any. Nothing was done. */
        "409.projection_not_stopped": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `malformed_json`: The body is not one JSON text in UTF-8. The detail says what was met and where.
         *
         *     `json_too_deep`: The body nests arrays and objects deeper than 64 levels. Send a flatter document.
         *
         *     `duplicate_key`: An object of the body repeats a key. Readers disagree on which value counts, so none is taken.
         *
         *     `number_not_representable`: A number of the body is an integer of more than 64 bits, or a decimal that no double has exactly: it would change on its way. errors[] points to it. Or there are more than 10,240 integers beyond 2^53 - 1. Send them as strings.
         *
         *     `too_many_numeric_keys`: The body has more than 10,240 keys that are whole numbers, as "7" is, or objects whose keys leave out too many of the numbers below 1,000. Begin such keys with a letter, or send a list of pairs.
         *
         *     `incomplete_body`: The connection ended before the body did. Nothing was recorded; repeat the request.
         *
         *     `invalid_incident_id`: The incident id in the path is not a UUID. Use the incident_id that the opening answered.
         *
         *     `malformed_url`: The path or a query parameter is not UTF-8 when it is percent-decoded. The detail says which. Encode its text in UTF-8 first: é is %C3%A9.
         *
         *     `invalid_host`: A request names one host: a name or an address, and a port where it is not the usual one. HTTP/1.0 requests must name it, too.
         *
         *     `credential_exposed`: The URL or the body holds the very key or token that the request is made with. It would be logged on its way, or be on record for good, for everyone who may read it: nothing was recorded. Send it in its header alone, and rotate it if it may have been seen.
         */
        "400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_incident_id.malformed_url.invalid_host.credential_exposed": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `incident_not_found`: No incident has this id. GET /api/v1/incidents lists those that there are. */
        "404.incident_not_found": {
            headers: {
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /**
         * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
         * @example order-4711
         */
        "Idempotency-Key": string;
        /**
         * @description The ETag of the version that the change was made from, for example `"3"`, or `*`.
         * @example "3"
         */
        "If-Match": string;
        /**
         * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
         * @example "3"
         */
        "If-None-Match": string;
        /**
         * @description The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.
         * @example 1042
         */
        "Levqor-Min-Position": number;
        /**
         * @description The id of the last event received: the stream goes on after it. Browsers send it by themselves.
         * @example 1042
         */
        "Last-Event-ID": number;
        /**
         * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
         * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
         */
        "X-Request-Id": string;
    };
    requestBodies: never;
    headers: {
        /**
         * @description Names what was answered. Send it as If-None-Match to be told when it changes, and as If-Match with a change where the call takes that.
         * @example "3"
         */
        ETag: string;
        /**
         * @description `true` where the answer is that of an earlier request with the same Idempotency-Key.
         * @example true
         */
        "Idempotency-Replayed": "true";
        /**
         * @description Where the log recorded it. Send it as Levqor-Min-Position to read your own write.
         * @example 1042
         */
        "Levqor-Position": number;
        /**
         * @description How many requests (`r`) the nearest limit would still let in, and in how many seconds (`t`) it is whole again if no more come; after a refusal, when the next is let in. Structured fields, as draft-ietf-httpapi-ratelimit-headers has them. Absent where nothing limits the caller.
         * @example "pro";r=598;t=64
         */
        RateLimit: string;
        /**
         * @description The limits that hold: `q` requests in `w` seconds, a sliding window.
         * @example "pro";q=600;w=60
         */
        "RateLimit-Policy": string;
        /**
         * @description After how many seconds to repeat the request.
         * @example 1
         */
        "Retry-After": number;
        /**
         * @description How to say who is calling; with 403, the scope that is missing.
         * @example ApiKey realm="levqor", Bearer realm="levqor"
         */
        "WWW-Authenticate": string;
        /**
         * @description As RateLimit-Policy's `q`, of the nearest limit.
         * @example 600
         */
        "X-RateLimit-Limit": number;
        /**
         * @description As RateLimit's `r`.
         * @example 598
         */
        "X-RateLimit-Remaining": number;
        /**
         * @description As RateLimit's `t`, as a time in Unix seconds.
         * @example 1768469464
         */
        "X-RateLimit-Reset": number;
        /**
         * @description The request's own, where it had a sane one; else one that was made. Name it when you report a fault.
         * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
         */
        "X-Request-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getRoot: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The service is there. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "service": "levqor-backend",
                     *       "version": "0.1.0",
                     *       "build": "dev"
                     *     }
                     */
                    "application/json": components["schemas"]["Root"];
                };
            };
            400: components["responses"]["400.invalid_host.credential_exposed"];
            403: components["responses"]["403.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.deadline_exceeded"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is alive. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "ts": 1768469400
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["400.invalid_host.credential_exposed"];
            403: components["responses"]["403.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.deadline_exceeded"];
        };
    };
    getProblem: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A problem's code.
                 * @example job_not_found
                 */
                error: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The problem's meaning. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": "job_not_found",
                     *       "status": 404,
                     *       "title": "Job not found",
                     *       "help": "No job has this id. A job can be read from the moment its intake was answered."
                     *     }
                     */
                    "application/json": components["schemas"]["ProblemDescription"];
                };
            };
            400: components["responses"]["400.malformed_url.invalid_host.credential_exposed"];
            403: components["responses"]["403.origin_refused"];
            404: components["responses"]["404.not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.deadline_exceeded"];
        };
    };
    getPublicMetrics: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "uptime_rolling_7d": 99.98,
                     *       "jobs_today": 4711,
                     *       "audit_coverage": 100,
                     *       "last_updated": 1768469400
                     *     }
                     */
                    "application/json": components["schemas"]["PublicMetrics"];
                };
            };
            400: components["responses"]["400.invalid_host.credential_exposed"];
            403: components["responses"]["403.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.read_model_behind.deadline_exceeded"];
        };
    };
    getMarketingSummary: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the service says of itself. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "headlines": [
                     *         {
                     *           "id": "accounted_for",
                     *           "title": "Every job done, or accounted for"
                     *         }
                     *       ],
                     *       "calls_to_action": [
                     *         {
                     *           "id": "first_job",
                     *           "label": "Run your first job",
                     *           "href": "/public/docs/getting-started"
                     *         }
                     *       ],
                     *       "selling_points": [
                     *         {
                     *           "id": "durable",
                     *           "title": "Accepted means durable",
                     *           "text": "The answer comes after the commit, never before."
                     *         }
                     *       ],
                     *       "figures": {
                     *         "uptime_rolling_7d": 99.98,
                     *         "jobs_today": 4711,
                     *         "audit_coverage": 100,
                     *         "last_updated": 1768469400
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MarketingSummary"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.malformed_url.invalid_host.credential_exposed"];
            403: components["responses"]["403.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.read_model_behind.deadline_exceeded"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example # TYPE levqor_queue_jobs gauge
                     *     levqor_queue_jobs{status="queued"} 3
                     */
                    "text/plain": string;
                };
            };
            400: components["responses"]["400.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.deadline_exceeded"];
        };
    };
    submitJob: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IntakeRequest"];
            };
        };
        responses: {
            /** @description The job is on record. */
            202: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "queued"
                     *     }
                     */
                    "application/json": components["schemas"]["IntakeAccepted"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            413: components["responses"]["413.body_too_large.payload_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.queue_full.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    getJobStatus: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job's state. It has an ETag once the job has ended. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "succeeded",
                     *       "created_at": 1768469400,
                     *       "result": {
                     *         "status": 200,
                     *         "headers": {},
                     *         "body": "…"
                     *       },
                     *       "error": null
                     *     }
                     */
                    "application/json": components["schemas"]["JobStatus"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.invalid_job_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
                /** @description Where the job stands. The last three are final. */
                status?: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow?: string;
                /**
                 * @description The code of the error that the job failed with, or its last attempt while it waits for the next.
                 * @example unexpected_status
                 */
                error_code?: string;
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                origin_job_id?: string;
                /**
                 * @description Jobs submitted at this time or later (RFC 3339).
                 * @example 2026-01-15T00:00:00Z
                 */
                created_after?: string;
                /**
                 * @description Jobs submitted before this time (RFC 3339).
                 * @example 2026-01-16T00:00:00Z
                 */
                created_before?: string;
            };
            header?: {
                /**
                 * @description The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.
                 * @example 1042
                 */
                "Levqor-Min-Position"?: components["parameters"]["Levqor-Min-Position"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of jobs. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *           "workflow": "http",
                     *           "status": "succeeded",
                     *           "priority": "normal",
                     *           "concurrency_key": null,
                     *           "origin_job_id": null,
                     *           "attempt": 1,
                     *           "created_at": "2026-01-15T09:30:00.123456Z",
                     *           "updated_at": "2026-01-15T09:30:00.345678Z",
                     *           "started_at": "2026-01-15T09:30:00.130201Z",
                     *           "finished_at": "2026-01-15T09:30:00.345678Z",
                     *           "error_code": null
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["JobList"];
                };
            };
            400: components["responses"]["400.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.read_model_behind.unavailable.deadline_exceeded"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. It has an ETag once the job has ended. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "workflow": "http",
                     *       "status": "succeeded",
                     *       "priority": "normal",
                     *       "concurrency_key": null,
                     *       "origin_job_id": null,
                     *       "attempt": 1,
                     *       "created_at": "2026-01-15T09:30:00.123456Z",
                     *       "updated_at": "2026-01-15T09:30:00.345678Z",
                     *       "started_at": "2026-01-15T09:30:00.130201Z",
                     *       "finished_at": "2026-01-15T09:30:00.345678Z",
                     *       "error_code": null,
                     *       "result": {
                     *         "status": 200,
                     *         "headers": {},
                     *         "body": "…"
                     *       },
                     *       "error": null
                     *     }
                     */
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.invalid_job_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.read_model_behind.deadline_exceeded"];
        };
    };
    listJobEvents: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events, oldest first. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "position": 1040,
                     *           "version": 1,
                     *           "type": "job.submitted",
                     *           "data": {
                     *             "workflow": "http",
                     *             "payload": {
                     *               "method": "GET",
                     *               "url": "https://example.com/"
                     *             }
                     *           },
                     *           "meta": {
                     *             "actor": "anonymous",
                     *             "correlation_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"
                     *           },
                     *           "recorded_at": "2026-01-15T09:30:00.123456Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["JobEventList"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.invalid_job_id.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "The customer withdrew the order."
                 *     }
                 */
                "application/json": components["schemas"]["CancelRequest"];
            };
        };
        responses: {
            /** @description The job is cancelled. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "cancelled"
                     *     }
                     */
                    "application/json": components["schemas"]["JobCancelled"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_job_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.conflict"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    replayJob: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "payload": {
                 *         "method": "GET",
                 *         "url": "https://example.com/"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            /** @description The new job is on record. */
            202: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f4-9b1d-7c52-8e3f-5a7b9c1d3e5f",
                     *       "status": "queued",
                     *       "origin_job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"
                     *     }
                     */
                    "application/json": components["schemas"]["JobReplayed"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_job_id.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.conflict"];
            413: components["responses"]["413.body_too_large.payload_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.queue_full.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    cancelJobs: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "filter": {
                 *         "workflow": "http",
                 *         "created_before": "2026-01-15T00:00:00Z"
                 *       },
                 *       "reason": "Sent by mistake."
                 *     }
                 */
                "application/json": components["schemas"]["BulkCancelRequest"];
            };
        };
        responses: {
            /** @description How far it is, line by line: each as in the schema BulkLine. */
            200: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {"type":"started","operation_id":"0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b","matched":240,"changed":0,"unchanged":0,"failed":0}
                     *     {"type":"progress","operation_id":"0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b","matched":240,"changed":99,"unchanged":1,"failed":0}
                     *     {"type":"finished","operation_id":"0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b","matched":240,"changed":238,"unchanged":2,"failed":0}
                     */
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.read_model_behind.deadline_exceeded"];
        };
    };
    replayJobs: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "filter": {
                 *         "error_code": "unexpected_status"
                 *       },
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["BulkReplayRequest"];
            };
        };
        responses: {
            /** @description How far it is, line by line: each as in the schema BulkLine. */
            200: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {"type":"started","operation_id":"0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b","matched":240,"changed":0,"unchanged":0,"failed":0}
                     *     {"type":"progress","operation_id":"0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b","matched":240,"changed":99,"unchanged":1,"failed":0}
                     *     {"type":"finished","operation_id":"0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b","matched":240,"changed":238,"unchanged":2,"failed":0}
                     */
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.read_model_behind.deadline_exceeded"];
        };
    };
    getCallbackSecret: {
        parameters: {
            query: {
                /**
                 * @description A callback_url, or any URL of its origin: scheme, host and port.
                 * @example https://example.com
                 */
                receiver: string;
            };
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret. Keep it as you keep a key. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "account": "operator",
                     *       "receiver": "https://example.com",
                     *       "secret": "whsec_ZXhhbXBsZSBvZiBhIHNlY3JldCwgMzIgYnl0ZXMuLi4=",
                     *       "next_secret": null
                     *     }
                     */
                    "application/json": components["schemas"]["CallbackSecret"];
                };
            };
            400: components["responses"]["400.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.deadline_exceeded"];
        };
    };
    listJobCallbacks: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
            };
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the log, oldest first. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "version": 4,
                     *           "outcome": "retrying",
                     *           "attempt": 1,
                     *           "webhook_id": "msg_0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *           "status_code": 503,
                     *           "error": {
                     *             "code": "unexpected_status",
                     *             "message": "The receiver answered 503; 2xx means delivered."
                     *           },
                     *           "next_attempt_at": "2026-01-15T09:30:05.412Z",
                     *           "actor": "worker:0197a1ef-2b1c-7d4e-8f5a-6b7c8d9e0f1a",
                     *           "recorded_at": "2026-01-15T09:30:00.345678Z"
                     *         },
                     *         {
                     *           "version": 5,
                     *           "outcome": "delivered",
                     *           "attempt": 2,
                     *           "webhook_id": "msg_0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *           "status_code": 204,
                     *           "error": null,
                     *           "next_attempt_at": null,
                     *           "actor": "worker:0197a1ef-2b1c-7d4e-8f5a-6b7c8d9e0f1a",
                     *           "recorded_at": "2026-01-15T09:30:05.901234Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["CallbackLog"];
                };
            };
            400: components["responses"]["400.invalid_job_id.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    redeliverJobCallback: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The redelivery is on record. */
            202: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "callback": "pending"
                     *     }
                     */
                    "application/json": components["schemas"]["CallbackRequested"];
                };
            };
            400: components["responses"]["400.invalid_job_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            409: components["responses"]["409.conflict"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    listPipelines: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.
                 * @example 1042
                 */
                "Levqor-Min-Position"?: components["parameters"]["Levqor-Min-Position"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of pipelines. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "name": "welcome-users",
                     *           "version": 1,
                     *           "description": "Welcomes new users, once somebody has agreed.",
                     *           "steps": 3,
                     *           "created_at": "2026-01-15T09:30:00.123456Z",
                     *           "updated_at": "2026-01-15T09:30:00.123456Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["PipelineList"];
                };
            };
            400: components["responses"]["400.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.read_model_behind.unavailable.deadline_exceeded"];
        };
    };
    createPipeline: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "welcome-users",
                 *       "format": 1,
                 *       "description": "Welcomes new users, once somebody has agreed.",
                 *       "steps": [
                 *         {
                 *           "id": "fetch",
                 *           "uses": "http",
                 *           "with": {
                 *             "url": "https://example.com/users?since={{ payload.since }}"
                 *           }
                 *         },
                 *         {
                 *           "id": "approve",
                 *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
                 *           "wait_for_approval": {
                 *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
                 *           }
                 *         },
                 *         {
                 *           "id": "welcome",
                 *           "for_each": {
                 *             "items": "{{ steps.fetch.output.body.users }}",
                 *             "max_parallel": 4
                 *           },
                 *           "uses": "http",
                 *           "with": {
                 *             "method": "POST",
                 *             "url": "https://example.com/mails",
                 *             "body": {
                 *               "to": "{{ item.email }}"
                 *             }
                 *           },
                 *           "retry": {
                 *             "max_attempts": 3
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["PipelineCreate"];
            };
        };
        responses: {
            /** @description The pipeline is on record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "welcome-users",
                     *       "version": 1,
                     *       "format": 1,
                     *       "description": "Welcomes new users, once somebody has agreed.",
                     *       "steps": [
                     *         {
                     *           "id": "fetch",
                     *           "uses": "http",
                     *           "with": {
                     *             "url": "https://example.com/users?since={{ payload.since }}"
                     *           }
                     *         },
                     *         {
                     *           "id": "approve",
                     *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
                     *           "wait_for_approval": {
                     *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
                     *           }
                     *         },
                     *         {
                     *           "id": "welcome",
                     *           "for_each": {
                     *             "items": "{{ steps.fetch.output.body.users }}",
                     *             "max_parallel": 4
                     *           },
                     *           "uses": "http",
                     *           "with": {
                     *             "method": "POST",
                     *             "url": "https://example.com/mails",
                     *             "body": {
                     *               "to": "{{ item.email }}"
                     *             }
                     *           },
                     *           "retry": {
                     *             "max_attempts": 3
                     *           }
                     *         }
                     *       ],
                     *       "created_at": "2026-01-15T09:30:00.123456Z",
                     *       "updated_at": "2026-01-15T09:30:00.123456Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.pipeline_exists.too_many_stored"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    getPipeline: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description 1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.
                 * @example welcome-users
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest version. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "welcome-users",
                     *       "version": 1,
                     *       "format": 1,
                     *       "description": "Welcomes new users, once somebody has agreed.",
                     *       "steps": [
                     *         {
                     *           "id": "fetch",
                     *           "uses": "http",
                     *           "with": {
                     *             "url": "https://example.com/users?since={{ payload.since }}"
                     *           }
                     *         },
                     *         {
                     *           "id": "approve",
                     *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
                     *           "wait_for_approval": {
                     *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
                     *           }
                     *         },
                     *         {
                     *           "id": "welcome",
                     *           "for_each": {
                     *             "items": "{{ steps.fetch.output.body.users }}",
                     *             "max_parallel": 4
                     *           },
                     *           "uses": "http",
                     *           "with": {
                     *             "method": "POST",
                     *             "url": "https://example.com/mails",
                     *             "body": {
                     *               "to": "{{ item.email }}"
                     *             }
                     *           },
                     *           "retry": {
                     *             "max_attempts": 3
                     *           }
                     *         }
                     *       ],
                     *       "created_at": "2026-01-15T09:30:00.123456Z",
                     *       "updated_at": "2026-01-15T09:30:00.123456Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.pipeline_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    updatePipeline: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The ETag of the version that the change was made from, for example `"3"`, or `*`.
                 * @example "3"
                 */
                "If-Match": components["parameters"]["If-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description 1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.
                 * @example welcome-users
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "format": 1,
                 *       "description": "Welcomes new users, once somebody has agreed.",
                 *       "steps": [
                 *         {
                 *           "id": "fetch",
                 *           "uses": "http",
                 *           "with": {
                 *             "url": "https://example.com/users?since={{ payload.since }}"
                 *           }
                 *         },
                 *         {
                 *           "id": "approve",
                 *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
                 *           "wait_for_approval": {
                 *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
                 *           }
                 *         },
                 *         {
                 *           "id": "welcome",
                 *           "for_each": {
                 *             "items": "{{ steps.fetch.output.body.users }}",
                 *             "max_parallel": 4
                 *           },
                 *           "uses": "http",
                 *           "with": {
                 *             "method": "POST",
                 *             "url": "https://example.com/mails",
                 *             "body": {
                 *               "to": "{{ item.email }}"
                 *             }
                 *           },
                 *           "retry": {
                 *             "max_attempts": 3
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["PipelineUpdate"];
            };
        };
        responses: {
            /** @description The version that is now the newest. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "welcome-users",
                     *       "version": 1,
                     *       "format": 1,
                     *       "description": "Welcomes new users, once somebody has agreed.",
                     *       "steps": [
                     *         {
                     *           "id": "fetch",
                     *           "uses": "http",
                     *           "with": {
                     *             "url": "https://example.com/users?since={{ payload.since }}"
                     *           }
                     *         },
                     *         {
                     *           "id": "approve",
                     *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
                     *           "wait_for_approval": {
                     *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
                     *           }
                     *         },
                     *         {
                     *           "id": "welcome",
                     *           "for_each": {
                     *             "items": "{{ steps.fetch.output.body.users }}",
                     *             "max_parallel": 4
                     *           },
                     *           "uses": "http",
                     *           "with": {
                     *             "method": "POST",
                     *             "url": "https://example.com/mails",
                     *             "body": {
                     *               "to": "{{ item.email }}"
                     *             }
                     *           },
                     *           "retry": {
                     *             "max_attempts": 3
                     *           }
                     *         }
                     *       ],
                     *       "created_at": "2026-01-15T09:30:00.123456Z",
                     *       "updated_at": "2026-01-15T09:30:00.123456Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            404: components["responses"]["404.pipeline_not_found"];
            408: components["responses"]["408.request_timeout"];
            412: components["responses"]["412.version_mismatch"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            428: components["responses"]["428.precondition_required"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    getPipelineVersion: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description 1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.
                 * @example welcome-users
                 */
                name: string;
                /**
                 * @description 1, 2, 3 …
                 * @example 1
                 */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description That version. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "welcome-users",
                     *       "version": 1,
                     *       "format": 1,
                     *       "description": "Welcomes new users, once somebody has agreed.",
                     *       "steps": [
                     *         {
                     *           "id": "fetch",
                     *           "uses": "http",
                     *           "with": {
                     *             "url": "https://example.com/users?since={{ payload.since }}"
                     *           }
                     *         },
                     *         {
                     *           "id": "approve",
                     *           "if": "{{ size(steps.fetch.output.body.users) > 100 }}",
                     *           "wait_for_approval": {
                     *             "message": "Write to {{ size(steps.fetch.output.body.users) }} users?"
                     *           }
                     *         },
                     *         {
                     *           "id": "welcome",
                     *           "for_each": {
                     *             "items": "{{ steps.fetch.output.body.users }}",
                     *             "max_parallel": 4
                     *           },
                     *           "uses": "http",
                     *           "with": {
                     *             "method": "POST",
                     *             "url": "https://example.com/mails",
                     *             "body": {
                     *               "to": "{{ item.email }}"
                     *             }
                     *           },
                     *           "retry": {
                     *             "max_attempts": 3
                     *           }
                     *         }
                     *       ],
                     *       "created_at": "2026-01-15T09:30:00.123456Z",
                     *       "updated_at": "2026-01-15T09:30:00.123456Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.pipeline_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    listJobSteps: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The steps. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "queued",
                     *       "pipeline": {
                     *         "name": "welcome-users",
                     *         "version": 1
                     *       },
                     *       "data": [
                     *         {
                     *           "id": "fetch",
                     *           "kind": "uses",
                     *           "status": "succeeded",
                     *           "attempts": 1,
                     *           "started_at": "2026-01-15T09:30:00.130201Z",
                     *           "ended_at": "2026-01-15T09:30:00.330201Z",
                     *           "due_at": null,
                     *           "message": null,
                     *           "items": null,
                     *           "output": {
                     *             "status": 200,
                     *             "headers": {},
                     *             "body": {
                     *               "users": []
                     *             }
                     *           },
                     *           "error": null
                     *         },
                     *         {
                     *           "id": "approve",
                     *           "kind": "wait_for_approval",
                     *           "status": "waiting",
                     *           "attempts": 0,
                     *           "started_at": "2026-01-15T09:30:00.330201Z",
                     *           "ended_at": null,
                     *           "due_at": "2026-01-22T09:30:00.331Z",
                     *           "message": "Write to 250 users?",
                     *           "items": null,
                     *           "output": null,
                     *           "error": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["JobSteps"];
                };
            };
            400: components["responses"]["400.invalid_job_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    approveJobStep: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "step": "approve",
                 *       "approved": true,
                 *       "comment": "Go ahead."
                 *     }
                 */
                "application/json": components["schemas"]["ApproveRequest"];
            };
        };
        responses: {
            /** @description The decision is on record. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "step": "approve",
                     *       "approved": true
                     *     }
                     */
                    "application/json": components["schemas"]["JobApproval"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_job_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.self_approval_refused.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.already_decided.conflict"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    listSchedules: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
                /** @description Whether it fires. */
                status?: "active" | "paused";
            };
            header?: {
                /**
                 * @description The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.
                 * @example 1042
                 */
                "Levqor-Min-Position"?: components["parameters"]["Levqor-Min-Position"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of schedules. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
                     *           "name": "Morning report",
                     *           "cron": "0 9 * * MON-FRI",
                     *           "time_zone": "Europe/Berlin",
                     *           "misfire_grace_seconds": 900,
                     *           "status": "active",
                     *           "workflow": "http",
                     *           "next_run_at": "2026-01-16T08:00:00Z",
                     *           "last_run_at": "2026-01-15T08:00:00Z",
                     *           "last_job_id": "5f0b8c7e-3a52-8d1c-9b64-0c2f6e7a9d13",
                     *           "runs": 12,
                     *           "misfires": 0,
                     *           "created_at": "2025-12-30T10:12:00.123456Z",
                     *           "updated_at": "2026-01-15T08:00:00.004321Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleList"];
                };
            };
            400: components["responses"]["400.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.read_model_behind.unavailable.deadline_exceeded"];
        };
    };
    createSchedule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Morning report",
                 *       "cron": "0 9 * * MON-FRI",
                 *       "time_zone": "Europe/Berlin",
                 *       "job": {
                 *         "workflow": "http",
                 *         "payload": {
                 *           "method": "GET",
                 *           "url": "https://example.com/"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ScheduleRequest"];
            };
        };
        responses: {
            /** @description The schedule is on record. */
            201: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
                     *       "status": "active",
                     *       "next_run_at": "2026-01-16T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleState"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.too_many_stored"];
            413: components["responses"]["413.body_too_large.payload_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    getSchedule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
                     *       "name": "Morning report",
                     *       "cron": "0 9 * * MON-FRI",
                     *       "time_zone": "Europe/Berlin",
                     *       "misfire_grace_seconds": 900,
                     *       "status": "active",
                     *       "workflow": "http",
                     *       "next_run_at": "2026-01-16T08:00:00Z",
                     *       "last_run_at": "2026-01-15T08:00:00Z",
                     *       "last_job_id": "5f0b8c7e-3a52-8d1c-9b64-0c2f6e7a9d13",
                     *       "runs": 12,
                     *       "misfires": 0,
                     *       "created_at": "2025-12-30T10:12:00.123456Z",
                     *       "updated_at": "2026-01-15T08:00:00.004321Z",
                     *       "job": {
                     *         "workflow": "http",
                     *         "payload": {
                     *           "method": "GET",
                     *           "url": "https://example.com/"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.invalid_schedule_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.read_model_behind.deadline_exceeded"];
        };
    };
    updateSchedule: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The ETag of the version that the change was made from, for example `"3"`, or `*`.
                 * @example "3"
                 */
                "If-Match": components["parameters"]["If-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Morning report",
                 *       "cron": "0 9 * * MON-FRI",
                 *       "time_zone": "Europe/Berlin",
                 *       "job": {
                 *         "workflow": "http",
                 *         "payload": {
                 *           "method": "GET",
                 *           "url": "https://example.com/"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ScheduleRequest"];
            };
        };
        responses: {
            /** @description The schedule is changed. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
                     *       "status": "active",
                     *       "next_run_at": "2026-01-16T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleState"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_schedule_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            408: components["responses"]["408.request_timeout"];
            412: components["responses"]["412.version_mismatch"];
            413: components["responses"]["413.body_too_large.payload_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            428: components["responses"]["428.precondition_required"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    deleteSchedule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule is deleted. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
                     *       "status": "deleted"
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleDeleted"];
                };
            };
            400: components["responses"]["400.invalid_schedule_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    runSchedule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job is on record. */
            202: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "queued",
                     *       "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21"
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleRan"];
                };
            };
            400: components["responses"]["400.invalid_schedule_id.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.queue_full.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    listNextRuns: {
        parameters: {
            query?: {
                /** @description How many instants to name. */
                count?: number;
            };
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The next instants. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         "2026-01-16T08:00:00.000Z",
                     *         "2026-01-19T08:00:00.000Z"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleRuns"];
                };
            };
            400: components["responses"]["400.invalid_schedule_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    listScheduleEvents: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events, oldest first. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "position": 2077,
                     *           "version": 13,
                     *           "type": "schedule.fired",
                     *           "data": {
                     *             "instant": "2026-01-15T08:00:00.000Z",
                     *             "job_id": "5f0b8c7e-3a52-8d1c-9b64-0c2f6e7a9d13",
                     *             "next_run_at": "2026-01-16T08:00:00.000Z"
                     *           },
                     *           "meta": {
                     *             "actor": "system:scheduler",
                     *             "correlation_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21"
                     *           },
                     *           "recorded_at": "2026-01-15T08:00:00.004321Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleEventList"];
                };
            };
            /** @description It is what If-None-Match names. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.invalid_schedule_id.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    pauseSchedule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule is paused. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
                     *       "status": "paused",
                     *       "next_run_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleState"];
                };
            };
            400: components["responses"]["400.invalid_schedule_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    resumeSchedule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule is active. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schedule_id": "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
                     *       "status": "active",
                     *       "next_run_at": "2026-01-16T08:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ScheduleState"];
                };
            };
            400: components["responses"]["400.invalid_schedule_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.schedule_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    claimJobs: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "worker": "translator-7",
                 *       "workflows": [
                 *         "translate"
                 *       ],
                 *       "max_jobs": 10,
                 *       "wait_seconds": 20,
                 *       "lease_seconds": 30
                 *     }
                 */
                "application/json": components["schemas"]["WorkerClaim"];
            };
        };
        responses: {
            /** @description The jobs that are now the worker's, perhaps none. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "jobs": [
                     *         {
                     *           "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *           "workflow": "translate",
                     *           "payload": {
                     *             "text": "Guten Tag"
                     *           },
                     *           "priority": "normal",
                     *           "attempt": 1,
                     *           "max_attempts": 5,
                     *           "idempotency_key": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *           "lease_seconds": 30,
                     *           "lease_expires_at": "2026-01-15T09:30:30.123Z",
                     *           "created_at": "2026-01-15T09:29:59.998877Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ClaimedJobs"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.workflow_built_in"];
            429: components["responses"]["429.too_many_claimed.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.too_many_claims.deadline_exceeded"];
        };
    };
    heartbeatAttempt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                 *       "attempt": 1,
                 *       "lease_seconds": 30
                 *     }
                 */
                "application/json": components["schemas"]["AttemptHeartbeat"];
            };
        };
        responses: {
            /** @description The job is still the worker's. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "attempt": 1,
                     *       "lease_expires_at": "2026-01-15T09:30:40.567Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AttemptHeld"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.attempt_superseded.job_cancelled.job_finished.attempt_timeout"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    completeAttempt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                 *       "attempt": 1,
                 *       "result": {
                 *         "text": "Good day"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AttemptSucceeded"];
            };
        };
        responses: {
            /** @description The job has succeeded. */
            200: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "succeeded"
                     *     }
                     */
                    "application/json": components["schemas"]["AttemptEnded"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.attempt_superseded.job_cancelled.job_finished"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    failAttempt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                 *       "attempt": 1,
                 *       "error": {
                 *         "code": "language_unknown",
                 *         "message": "No dictionary for Klingon.",
                 *         "retryable": false
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AttemptFailed"];
            };
        };
        responses: {
            /** @description The failure is on record. */
            200: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "queued",
                     *       "retry_at": "2026-01-15T09:30:02.345Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AttemptEnded"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.attempt_superseded.job_cancelled.job_finished"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    releaseAttempt: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                 *       "attempt": 1
                 *     }
                 */
                "application/json": components["schemas"]["AttemptReleased"];
            };
        };
        responses: {
            /** @description The job waits in the queue again. */
            200: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "job_id": "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
                     *       "status": "queued"
                     *     }
                     */
                    "application/json": components["schemas"]["AttemptEnded"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.attempt_superseded.job_cancelled.job_finished"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    streamJobs: {
        parameters: {
            query?: {
                /** @description Events after this position of the log. Last-Event-ID goes before it. */
                after?: number;
                /**
                 * @description Only these event types, separated by commas.
                 * @example job.succeeded,job.failed
                 */
                types?: string;
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow?: string;
            };
            header?: {
                /**
                 * @description The id of the last event received: the stream goes on after it. Browsers send it by themselves.
                 * @example 1042
                 */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, without end: the data of each, but of `closed`, as in the schema StreamedEvent. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 1042
                     *     event: job.succeeded
                     *     data: {"position":1042,"stream_id":"job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","job_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","version":3,"type":"job.succeeded","data":{"attempt":1,"result":{"status":200}},"meta":{"actor":"worker:a1","correlation_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"},"recorded_at":"2026-01-15T09:30:00.123456Z"}
                     */
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["400.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.too_many_streams.deadline_exceeded"];
        };
    };
    streamJob: {
        parameters: {
            query?: {
                /** @description Events after this position of the log. Last-Event-ID goes before it. */
                after?: number;
                /**
                 * @description Only these event types, separated by commas.
                 * @example job.succeeded,job.failed
                 */
                types?: string;
            };
            header?: {
                /**
                 * @description The id of the last event received: the stream goes on after it. Browsers send it by themselves.
                 * @example 1042
                 */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, without end: the data of each, but of `closed`, as in the schema StreamedEvent. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 1042
                     *     event: job.succeeded
                     *     data: {"position":1042,"stream_id":"job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","job_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70","version":3,"type":"job.succeeded","data":{"attempt":1,"result":{"status":200}},"meta":{"actor":"worker:a1","correlation_id":"0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"},"recorded_at":"2026-01-15T09:30:00.123456Z"}
                     */
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["400.invalid_job_id.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.too_many_streams.deadline_exceeded"];
        };
    };
    listWorkflowLimits: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.
                 * @example 1042
                 */
                "Levqor-Min-Position"?: components["parameters"]["Levqor-Min-Position"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of limits. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "workflow": "http",
                     *           "concurrency": 20,
                     *           "concurrency_per_key": 1,
                     *           "rate_per_key": {
                     *             "limit": 10,
                     *             "per_seconds": 60,
                     *             "burst": 1
                     *           },
                     *           "updated_at": "2026-01-15T09:30:00.123456Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowLimitsList"];
                };
            };
            400: components["responses"]["400.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.read_model_behind.unavailable.deadline_exceeded"];
        };
    };
    getWorkflowLimits: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workflow": "http",
                     *       "concurrency": 20,
                     *       "concurrency_per_key": 1,
                     *       "rate_per_key": {
                     *         "limit": 10,
                     *         "per_seconds": 60,
                     *         "burst": 1
                     *       },
                     *       "updated_at": "2026-01-15T09:30:00.123456Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowLimits"];
                };
            };
            400: components["responses"]["400.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    setWorkflowLimits: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.
                 * @example http
                 */
                workflow: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "concurrency": 20,
                 *       "concurrency_per_key": 1,
                 *       "rate_per_key": {
                 *         "limit": 10,
                 *         "per_seconds": 60
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["WorkflowLimitsRequest"];
            };
        };
        responses: {
            /** @description The limits that hold now. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workflow": "http",
                     *       "concurrency": 20,
                     *       "concurrency_per_key": 1,
                     *       "rate_per_key": {
                     *         "limit": 10,
                     *         "per_seconds": 60,
                     *         "burst": 1
                     *       },
                     *       "updated_at": "2026-01-15T09:30:00.123456Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WorkflowLimits"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.workflow_not_allowed.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.too_many_stored"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    openJobSocket: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket. What goes over it, from the service: */
            101: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "subscribed",
                     *       "id": "mine",
                     *       "after": 1042
                     *     }
                     */
                    "application/json": components["schemas"]["SocketMessage"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found.subscription_not_found"];
            409: components["responses"]["409.subscription_exists"];
            413: components["responses"]["413.message_too_large"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            426: components["responses"]["426.upgrade_required"];
            429: components["responses"]["429.too_many_subscriptions.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.too_many_streams.deadline_exceeded"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.
                 * @example 1042
                 */
                "Levqor-Min-Position"?: components["parameters"]["Levqor-Min-Position"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "key_id": "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35",
                     *           "name": "Billing service",
                     *           "environment": "live",
                     *           "prefix": "lvq_live_4fK9",
                     *           "scopes": [
                     *             "jobs:read",
                     *             "jobs:write"
                     *           ],
                     *           "workflows": [
                     *             "http"
                     *           ],
                     *           "tier": "pro",
                     *           "status": "active",
                     *           "created_by": "key:9f86d081",
                     *           "created_at": "2026-01-15T09:30:00.123Z",
                     *           "expires_at": "2027-01-15T00:00:00.000Z",
                     *           "rotated_at": null,
                     *           "overlap_ends_at": null,
                     *           "revoked_at": null,
                     *           "last_used_at": null
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            400: components["responses"]["400.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.read_model_behind.unavailable.deadline_exceeded"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Billing service",
                 *       "scopes": [
                 *         "jobs:read",
                 *         "jobs:write"
                 *       ],
                 *       "workflows": [
                 *         "http"
                 *       ],
                 *       "tier": "pro",
                 *       "expires_at": "2027-01-15T00:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["KeyCreateRequest"];
            };
        };
        responses: {
            /** @description The key. Keep it: it is not shown again. */
            201: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key": "lvq_live_4fK9dRz2Qw7Lm0Xb5Ty8Hc3Vn6JsPaQEXAMPLE",
                     *       "key_id": "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35",
                     *       "name": "Billing service",
                     *       "environment": "live",
                     *       "prefix": "lvq_live_4fK9",
                     *       "scopes": [
                     *         "jobs:read",
                     *         "jobs:write"
                     *       ],
                     *       "workflows": [
                     *         "http"
                     *       ],
                     *       "tier": "pro",
                     *       "status": "active",
                     *       "created_by": "key:9f86d081",
                     *       "created_at": "2026-01-15T09:30:00.123Z",
                     *       "expires_at": "2027-01-15T00:00:00.000Z",
                     *       "rotated_at": null,
                     *       "overlap_ends_at": null,
                     *       "revoked_at": null,
                     *       "last_used_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.grant_exceeded.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.too_many_stored"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35
                 */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What it may do. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key_id": "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35",
                     *       "name": "Billing service",
                     *       "environment": "live",
                     *       "prefix": "lvq_live_4fK9",
                     *       "scopes": [
                     *         "jobs:read",
                     *         "jobs:write"
                     *       ],
                     *       "workflows": [
                     *         "http"
                     *       ],
                     *       "tier": "pro",
                     *       "status": "active",
                     *       "created_by": "key:9f86d081",
                     *       "created_at": "2026-01-15T09:30:00.123Z",
                     *       "expires_at": "2027-01-15T00:00:00.000Z",
                     *       "rotated_at": null,
                     *       "overlap_ends_at": null,
                     *       "revoked_at": null,
                     *       "last_used_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Key"];
                };
            };
            400: components["responses"]["400.invalid_key_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.key_not_found"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.deadline_exceeded"];
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35
                 */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["KeyRotateRequest"];
            };
        };
        responses: {
            /** @description The key with its new secret. Keep it: it is not shown again. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key": "lvq_live_4fK9dRz2Qw7Lm0Xb5Ty8Hc3Vn6JsPaQEXAMPLE",
                     *       "key_id": "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35",
                     *       "name": "Billing service",
                     *       "environment": "live",
                     *       "prefix": "lvq_live_4fK9",
                     *       "scopes": [
                     *         "jobs:read",
                     *         "jobs:write"
                     *       ],
                     *       "workflows": [
                     *         "http"
                     *       ],
                     *       "tier": "pro",
                     *       "status": "active",
                     *       "created_by": "key:9f86d081",
                     *       "created_at": "2026-01-15T09:30:00.123Z",
                     *       "expires_at": "2027-01-15T00:00:00.000Z",
                     *       "rotated_at": null,
                     *       "overlap_ends_at": null,
                     *       "revoked_at": null,
                     *       "last_used_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_key_id.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.grant_exceeded.origin_refused"];
            404: components["responses"]["404.key_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.conflict"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35
                 */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "Found in a public repository."
                 *     }
                 */
                "application/json": components["schemas"]["KeyRevokeRequest"];
            };
        };
        responses: {
            /** @description The key is revoked. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key_id": "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35",
                     *       "name": "Billing service",
                     *       "environment": "live",
                     *       "prefix": "lvq_live_4fK9",
                     *       "scopes": [
                     *         "jobs:read",
                     *         "jobs:write"
                     *       ],
                     *       "workflows": [
                     *         "http"
                     *       ],
                     *       "tier": "pro",
                     *       "status": "revoked",
                     *       "created_by": "key:9f86d081",
                     *       "created_at": "2026-01-15T09:30:00.123Z",
                     *       "expires_at": "2027-01-15T00:00:00.000Z",
                     *       "rotated_at": null,
                     *       "overlap_ends_at": null,
                     *       "revoked_at": "2026-01-20T08:00:00.000Z",
                     *       "last_used_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Key"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_key_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.key_not_found"];
            408: components["responses"]["408.request_timeout"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    resumeProjection: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A read model, as GET /api/v1/ops/health names it.
                 * @example jobs
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ProjectionResume"];
            };
        };
        responses: {
            /** @description It goes on. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "jobs",
                     *       "version": 4,
                     *       "stopped_at": 1042,
                     *       "skipped": false
                     *     }
                     */
                    "application/json": components["schemas"]["ProjectionResumed"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.projection_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.projection_not_stopped"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    getOpsHealth: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The service takes jobs in. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "ts": 1768469400,
                     *       "log": {
                     *         "head": 1042
                     *       },
                     *       "database": {
                     *         "ok": true,
                     *         "latency_ms": 0.81
                     *       },
                     *       "bus": {
                     *         "ok": true,
                     *         "kind": "jetstream",
                     *         "connected": true,
                     *         "position": 1042,
                     *         "lag": 0
                     *       },
                     *       "projections": [
                     *         {
                     *           "ok": true,
                     *           "name": "jobs",
                     *           "version": 3,
                     *           "state": "running",
                     *           "live": true,
                     *           "position": 1042,
                     *           "lag": 0,
                     *           "stopped_at": null,
                     *           "how_to_mend": null
                     *         }
                     *       ],
                     *       "schedules": {
                     *         "ok": true,
                     *         "leader": "0197a1ef-2b1c-7d4e-8f5a-6b7c8d9e0f1a",
                     *         "active": 3,
                     *         "lag_seconds": 0
                     *       },
                     *       "queue": {
                     *         "queued": 12,
                     *         "running": 4,
                     *         "max_queued": 1000000
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpsHealth"];
                };
            };
            400: components["responses"]["400.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            /**
             * @description The database cannot be reached.
             *
             *     `deadline_exceeded`: The service did not finish within 30 seconds. What a change was to record may be recorded or not, and may still be: read the present state, or repeat the request with the same Idempotency-Key, which is recorded once.
             */
            503: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": false,
                     *       "ts": 1768469400,
                     *       "log": {
                     *         "head": null
                     *       },
                     *       "database": {
                     *         "ok": false,
                     *         "latency_ms": null
                     *       },
                     *       "bus": {
                     *         "ok": true,
                     *         "kind": "jetstream",
                     *         "connected": true,
                     *         "position": 1042,
                     *         "lag": null
                     *       },
                     *       "projections": null,
                     *       "schedules": null,
                     *       "queue": null
                     *     }
                     */
                    "application/json": components["schemas"]["OpsHealth"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listIncidents: {
        parameters: {
            query?: {
                /** @description Entries of a page. */
                limit?: number;
                /** @description The next_cursor of the page before. */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.
                 * @example 1042
                 */
                "Levqor-Min-Position"?: components["parameters"]["Levqor-Min-Position"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of incidents. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "incident_id": "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9",
                     *           "title": "Jobs start late",
                     *           "status": "open",
                     *           "impact": "minor",
                     *           "opened_at": "2026-01-15T09:30:00.123456Z",
                     *           "resolved_at": null,
                     *           "messages": [
                     *             {
                     *               "status": "opened",
                     *               "message": "Jobs wait for up to a minute before they start. None is lost.",
                     *               "impact": "minor",
                     *               "at": "2026-01-15T09:30:00.123456Z"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["IncidentList"];
                };
            };
            400: components["responses"]["400.invalid_cursor.malformed_url.invalid_host.credential_exposed"];
            403: components["responses"]["403.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.read_model_behind.unavailable.deadline_exceeded"];
        };
    };
    openIncident: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.
                 * @example order-4711
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Jobs start late",
                 *       "impact": "minor",
                 *       "message": "Jobs wait for up to a minute before they start. None is lost."
                 *     }
                 */
                "application/json": components["schemas"]["IncidentOpen"];
            };
        };
        responses: {
            /** @description It is on record. */
            201: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "incident_id": "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9",
                     *       "status": "open"
                     *     }
                     */
                    "application/json": components["schemas"]["IncidentChanged"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_idempotency_key.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            408: components["responses"]["408.request_timeout"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed.idempotency_key_reused"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    updateIncident: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9
                 */
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "message": "A database was moved. Jobs start at once again; we keep watching.",
                 *       "impact": "minor"
                 *     }
                 */
                "application/json": components["schemas"]["IncidentUpdate"];
            };
        };
        responses: {
            /** @description It is on record. */
            201: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "incident_id": "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9",
                     *       "status": "open"
                     *     }
                     */
                    "application/json": components["schemas"]["IncidentChanged"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_incident_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.incident_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.conflict"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    resolveIncident: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9
                 */
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "message": "Jobs have started at once for an hour."
                 *     }
                 */
                "application/json": components["schemas"]["IncidentResolve"];
            };
        };
        responses: {
            /** @description It is on record. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "incident_id": "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9",
                     *       "status": "resolved"
                     *     }
                     */
                    "application/json": components["schemas"]["IncidentChanged"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_incident_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.incident_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.conflict"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
    getUptime: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it has done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "operational",
                     *       "since": "2026-01-14T08:00:00.123456Z",
                     *       "uptime_percent": 99.93,
                     *       "days": [
                     *         {
                     *           "date": "2026-01-14",
                     *           "uptime_percent": 99.89,
                     *           "minutes_up": 959,
                     *           "minutes_down": 1,
                     *           "incidents": []
                     *         },
                     *         {
                     *           "date": "2026-01-15",
                     *           "uptime_percent": 100,
                     *           "minutes_up": 570,
                     *           "minutes_down": 0,
                     *           "incidents": []
                     *         }
                     *       ],
                     *       "outages": [
                     *         {
                     *           "from": "2026-01-14T12:30:00.000Z",
                     *           "to": "2026-01-14T12:31:00.000Z",
                     *           "minutes": 1,
                     *           "ongoing": false
                     *         }
                     *       ],
                     *       "incidents": [],
                     *       "ts": 1768469400
                     *     }
                     */
                    "application/json": components["schemas"]["Uptime"];
                };
            };
            400: components["responses"]["400.malformed_url.invalid_host.credential_exposed"];
            403: components["responses"]["403.origin_refused"];
            414: components["responses"]["414.uri_too_long"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.unavailable.read_model_behind.deadline_exceeded"];
        };
    };
    completeJob: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.
                 * @example 7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21
                 */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /**
                 * @description A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.
                 * @example 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70
                 */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "result": {
                 *         "done": true
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["CompleteRequest"];
            };
        };
        responses: {
            /** @description The job has succeeded. */
            200: {
                headers: {
                    "Levqor-Position": components["headers"]["Levqor-Position"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true
                     *     }
                     */
                    "application/json": components["schemas"]["Completed"];
                };
            };
            400: components["responses"]["400.malformed_json.json_too_deep.duplicate_key.number_not_representable.too_many_numeric_keys.incomplete_body.invalid_job_id.malformed_url.invalid_host.credential_exposed"];
            401: components["responses"]["401.unauthorized"];
            403: components["responses"]["403.insufficient_scope.origin_refused"];
            404: components["responses"]["404.job_not_found"];
            408: components["responses"]["408.request_timeout"];
            409: components["responses"]["409.conflict"];
            413: components["responses"]["413.body_too_large"];
            414: components["responses"]["414.uri_too_long"];
            415: components["responses"]["415.unsupported_media_type"];
            421: components["responses"]["421.host_refused"];
            422: components["responses"]["422.not_recordable.validation_failed"];
            429: components["responses"]["429.rate_limited"];
            431: components["responses"]["431.headers_too_large"];
            500: components["responses"]["500.internal_error"];
            503: components["responses"]["503.outcome_unknown.unavailable.deadline_exceeded"];
        };
    };
}
