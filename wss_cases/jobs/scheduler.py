"""`flask scheduler run`: the process that sweeps and delivers. Its jobs live in memory; the truth is in tables."""

import os
import signal
import socket
import sys
import threading
from datetime import UTC
from types import FrameType

import click
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask, current_app
from flask.cli import AppGroup

from wss_cases.foundation import clock
from wss_cases.foundation.settings.reading import setting
from wss_cases.jobs.rosters import take_rosters
from wss_cases.jobs.ticks import tick

STOP_SECONDS = 3.0

group = AppGroup("scheduler", help="The process that sends reminders.")


@group.command("run")
def run() -> None:
    """Sweep and deliver once a minute until told to stop. Any number of these is safe."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    scheduler = BlockingScheduler(timezone=UTC)
    rules = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    name = f"{socket.gethostname()[:60]}:{os.getpid()}"
    scheduler.add_job(_tick, args=[app, name], **rules)
    for job in (_tick, _rosters):
        # rosters in a thread of their own: a large one takes a minute, and holds up no mail
        scheduler.add_job(job, "interval", seconds=setting("TICK_SECONDS"), args=[app, name], **rules)

    def stop(_number: int, _frame: FrameType | None) -> None:
        # a mail on its way is leased: ending here loses nothing
        last = threading.Timer(STOP_SECONDS, os._exit, args=[0])
        last.daemon = True
        last.start()
        scheduler.shutdown(wait=False)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    scheduler.start()


def _tick(app: Flask, name: str) -> None:
    with app.app_context():
        words = tick(name, clock.now())
    if words:
        click.echo(f"scheduler: {words}", file=sys.stderr)


def _rosters(app: Flask, name: str) -> None:
    with app.app_context():
        words = take_rosters(name, clock.now())
    if words:
        click.echo(f"scheduler: {words}", file=sys.stderr)
