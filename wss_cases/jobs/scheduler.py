"""`flask scheduler run`: the process that sweeps and delivers. Its jobs live in memory; the work is in tables."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType

import click
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask, current_app
from flask.cli import AppGroup

from wss_cases.foundation import clock
from wss_cases.foundation.settings import setting
from wss_cases.jobs.standby import WATCH_SECONDS, not_watching, watching
from wss_cases.jobs.ticks import SECONDS, back_up, count_filters, send_pushes, send_webhooks, take_rosters, tick
from wss_cases.journal.rooms import Room

STOP_SECONDS = 3.0

group = AppGroup("scheduler", help="The process that sends reminders.")


@group.command("run")
def run() -> None:
    """Sweep and deliver once a minute until told to stop. Any number of these is safe."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    scheduler = BlockingScheduler(timezone=UTC)
    rules = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    name = f"{socket.gethostname()[:60]}:{os.getpid()}"
    scheduler.add_job(_run, args=[app, name, tick], **rules)
    for job in (tick, take_rosters, back_up, send_webhooks, send_pushes):
        # the other jobs run in threads of their own: a large roster, a backup or a slow receiver delays no email
        scheduler.add_job(_run, "interval", seconds=setting("TICK_SECONDS"), args=[app, name, job], **rules)
    if setting("WATCH_DATABASE_URL"):
        scheduler.add_job(_run, "interval", seconds=WATCH_SECONDS, args=[app, name, watching()], **rules)
    else:
        scheduler.add_job(_run, "interval", seconds=setting("TICK_SECONDS"), args=[app, name, not_watching()], **rules)
    often = min(SECONDS, setting("TICK_SECONDS"))
    # while one counts, a second one ends at once: otherwise APScheduler would warn every other second
    scheduler.add_job(_run, "interval", seconds=often, args=[app, name, count_filters], **rules | {"max_instances": 2})

    def stop(_number: int, _frame: FrameType | None) -> None:
        # an email being sent is leased: ending here loses nothing
        last = threading.Timer(STOP_SECONDS, os._exit, args=[0])
        last.daemon = True
        last.start()
        scheduler.shutdown(wait=False)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    scheduler.start()


def _run(app: Flask, name: str, job: Callable[[str, datetime], str]) -> None:
    with app.app_context():
        words = job(name, clock.now())
    if words:
        click.echo(f"scheduler: {words}", file=sys.stderr)


ROOM = Room(commands=(group,))
