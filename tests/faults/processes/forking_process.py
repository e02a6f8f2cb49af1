"""A process that holds the application ready and forks a real process of the system for each order it reads.

`python -m tests.faults.processes.forking_process`, settings in its environment. An order is a line of JSON:
{"do": "run", "args": [flask arguments], "failpoint": "", "log": path} answers the new process's id; {"do": "wait",
"pid": N, "seconds": S} answers its exit status as Python writes it (-9 for SIGKILL), or null while it runs;
{"do": "warm"} carries out one tick in this process. Importing takes seconds, forking does not:
only so can a process be killed hundreds of times.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
from typing import Any

from flask import Flask
from flask.cli import ScriptInfo

from tests.faults.planted import bugs as plants
from wss_cases.app import create_app
from wss_cases.foundation import clock, operations
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import take_rosters, tick
from wss_cases.mail.push.sending import deliver_push


def main() -> None:
    """Fork and wait as told, until the orders end."""
    app = create_app()
    plants.plant(os.environ.get("WSS_TEST_PLANT", ""))
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "run":
            pid = os.fork()
            if pid == 0:
                _become(app, order)
            print(pid, flush=True)
        elif order["do"] == "warm":
            _warm(app)
            print("null", flush=True)
        else:
            print(json.dumps(_status(order["pid"], order["seconds"])), flush=True)


def _warm(app: Flask) -> None:
    """Carry out one tick here, so that no child has to prepare every statement and template again."""
    with app.app_context():
        tick(f"tick:{os.getpid()}", clock.now())
        db.engine.dispose()
    gc.collect()
    gc.freeze()  # what is shared with the children stays shared


def _status(pid: int, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.002)


def _become(app: Flask, order: dict[str, Any]) -> None:
    """Be one process of the system from here to its end."""
    status = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, target)
        operations.configure(order["failpoint"])
        if order["args"] == ["tick"]:
            with app.app_context():
                print(tick(f"tick:{os.getpid()}", clock.now()), flush=True)
            status = 0
        elif order["args"] == ["push"]:
            with app.app_context():
                print(deliver_push(clock.now()), flush=True)
            status = 0
        elif order["args"] == ["rosters"]:
            with app.app_context():
                print(take_rosters(f"rosters:{os.getpid()}", clock.now()), flush=True)
            status = 0
        else:
            app.cli.main(order["args"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
