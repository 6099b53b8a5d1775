#!/usr/bin/env python3
"""A Levqor worker in Python's standard library.

    LEVQOR_URL=http://127.0.0.1:5000 LEVQOR_KEY=… python3 examples/worker.py

It claims jobs of the workflows in HANDLERS and runs up to SLOTS of them at once, each in a thread. Heartbeats keep
what it holds; a job that was cancelled, or lost to another worker, is told to stop. SIGTERM or Ctrl-C: it claims no
more, lets running jobs end for GRACE_SECONDS, and hands the others back.
"""
import http.client, json, os, signal, socket, sys, threading, urllib.error, urllib.request

BASE_URL = os.environ.get("LEVQOR_URL", "http://127.0.0.1:5000").rstrip("/")
WORKER = f"python-{socket.gethostname()}-{os.getpid()}"
SLOTS, WAIT_SECONDS, GRACE_SECONDS = 4, 20, 5
LEASE_SECONDS = int(os.environ.get("LEASE_SECONDS", "30"))


class Failed(Exception):
    """An expected failure: it becomes the job's error."""

    def __init__(self, code, message, retryable=True):
        super().__init__(message)
        self.error = {"code": code, "message": message, "retryable": retryable}


class Stopped(Exception):
    """What a handler raises when its `stop` was set."""


class Refused(Exception):
    """The service's own words. For a job it holds they mean that the worker must stop: it is no longer its own."""


def word_count(payload, stop):
    if not isinstance(payload.get("text"), str):
        raise Failed("no_text", "The payload has no text.", retryable=False)
    return {"words": len(payload["text"].split())}


def countdown(payload, stop):
    """Takes as long as it is told to: an example of a long job."""
    if stop.wait(payload.get("seconds", 1)):
        raise Stopped
    return {"waited": payload.get("seconds", 1)}


HANDLERS = {"word_count": word_count, "countdown": countdown}


def call(action, body, timeout=15):
    headers = {"content-type": "application/json", "x-api-key": os.environ.get("LEVQOR_KEY", "")}
    request = urllib.request.Request(f"{BASE_URL}/api/v1/workers/{action}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        if refusal.code >= 500 or refusal.code == 429:
            raise
        raise Refused(json.load(refusal)["detail"]) from None


AWAY = (OSError, http.client.HTTPException)  # the service cannot be reached, or asks to come again
running, freed, stopping, asking = {}, threading.Condition(), threading.Event(), threading.Event()


def beat(job, ended, stop):
    while not ended.wait(LEASE_SECONDS / 3):
        try:
            call("heartbeat", {"job_id": job["job_id"], "attempt": job["attempt"]})
        except Refused as refusal:
            print(f"{job['job_id']}: {refusal}", flush=True)
            job["lost"] = True
            return stop.set()
        except AWAY as fault:
            print(f"{job['job_id']}: no heartbeat, {fault}", flush=True)


def run(job, stop):
    ended = threading.Event()
    threading.Thread(target=beat, args=(job, ended, stop), daemon=True).start()
    try:
        action, outcome = "complete", {"result": HANDLERS[job["workflow"]](job["payload"], stop)}
    except Failed as failed:
        action, outcome = "fail", {"error": failed.error}
    except Stopped:
        action, outcome = "release", {}
    except Exception as fault:
        action, outcome = "fail", {"error": {"code": "worker_fault", "message": f"{type(fault).__name__}: {fault}"}}
    pause = 0.1
    while not job.get("lost"):  # while the heartbeats hold the job, its end can be offered again
        try:
            call(action, {"job_id": job["job_id"], "attempt": job["attempt"], **outcome})
            print(f"{job['job_id']}: {action}", flush=True)
            break
        except Refused as refusal:
            print(f"{job['job_id']}: {refusal}", flush=True)
            break
        except AWAY:
            ended.wait(pause := min(2 * pause, 5))
    ended.set()
    with freed:
        del running[job["job_id"]]
        freed.notify()


def claim():
    body = {"worker": WORKER, "workflows": list(HANDLERS), "max_jobs": SLOTS - len(running)}
    asking.set()
    try:
        return call("claim", {**body, "wait_seconds": WAIT_SECONDS, "lease_seconds": LEASE_SECONDS}, WAIT_SECONDS + 15)
    finally:
        asking.clear()


def on_signal(*_):
    stopping.set()
    if asking.is_set():  # breaks the wait off; what is given to a client that has gone, the service takes back
        asking.clear()
        raise InterruptedError("Stopping")


def main():
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    print(f"{WORKER} claims {', '.join(HANDLERS)} at {BASE_URL}", flush=True)
    while not stopping.is_set():
        try:
            jobs = claim()["jobs"]
        except AWAY as fault:
            if not stopping.wait(1):
                print(f"Cannot claim, trying again: {fault}", flush=True)
            continue
        except Refused as refusal:
            sys.exit(f"Cannot claim: {refusal}")
        for job in jobs:
            running[job["job_id"]] = stop = threading.Event()
            threading.Thread(target=run, args=(job, stop)).start()
        with freed:
            while len(running) == SLOTS and not stopping.is_set():
                freed.wait(1)
    with freed:
        freed.wait_for(lambda: not running, GRACE_SECONDS)
    for stop in list(running.values()):
        stop.set()


main()
