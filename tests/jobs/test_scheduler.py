"""The scheduler as a process of its own: it sends, shows its heartbeat, and ends when told to."""

from __future__ import annotations

import json
import signal
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.factories.base import put
from tests.mail.making import scene
from tests.support.applications import make_app
from tests.support.servers.live_system import LONGEST_WAIT, LiveSystem, wait_until
from tests.support.servers.mail import MailServer
from wss_cases.foundation.db import db
from wss_cases.mail.common.pages import StandbyLapse
from wss_cases.mail.common.rules import heartbeats
from wss_cases.setup.standby import open_lapse

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_sends_beats_and_ends(
    live_system: LiveSystem, tmp_path: Path, smtp_server: MailServer, number: signal.Signals
) -> None:
    live_system.settings["WSS_TICK_SECONDS"] = "1"
    live_system.set_clock(TUESDAY)
    application = make_app(live_system.database.url, tmp_path)
    with application.app_context():
        scene().due(date(2026, 11, 23))
        put(StandbyLapse(since=TUESDAY, names="db2"))
        db.session.commit()
    process = live_system.start_scheduler()
    mails = smtp_server.wait_for(2)

    def beating() -> bool:
        with application.app_context():
            return bool(heartbeats())

    def nothing_missing() -> bool:
        with application.app_context():
            return open_lapse() is None

    wait_until(beating, LONGEST_WAIT, "a heartbeat")
    wait_until(nothing_missing, LONGEST_WAIT, "a lapse ends where no standby is watched")
    began = time.monotonic()
    process.send_signal(number)
    process.wait(8)
    assert time.monotonic() - began < 8
    assert len(smtp_server.mails) == len(mails) == 2


def test_the_commands_print_one_document(live_system: LiveSystem, tmp_path: Path) -> None:
    live_system.set_clock(TUESDAY)
    application = make_app(live_system.database.url, tmp_path)
    with application.app_context():
        scene().due(date(2026, 11, 23))
    run = live_system.flask
    on_monday = run("reminders", "sweep", "--now", "2026-11-22T08:00-06:00", "--json")
    dry = run("reminders", "sweep", "--dry-run", "--json")
    first = run("reminders", "sweep", "--now", TUESDAY.isoformat(), "--json")
    second = run("reminders", "sweep", "--json")
    paused = run("reminders", "pause", "--reason", "A restored backup", "--json")
    held = run("reminders", "deliver", "--json")
    again = run("reminders", "pause", "--reason", "Once more", "--json")
    released = run("reminders", "pause", "--release", "--json")
    sent = run("reminders", "deliver", "--json")
    answers = [on_monday, dry, first, second, paused, held, again, released, sent]
    documents = [json.loads(done.stdout) for done in answers]
    assert documents[6].pop("problem").startswith("Email is already paused, since")
    assert documents == [
        {"queued": 0, "already": 0},
        {"queued": 2, "already": 0},
        {"queued": 2, "already": 0},
        {"queued": 0, "already": 2},
        {"paused": True},
        {"sent": 0, "retry": 0, "failed": 0},
        {"paused": True},
        {"paused": False},
        {"sent": 2, "retry": 0, "failed": 0},
    ]
    assert [done.returncode for done in answers] == [0, 0, 0, 0, 0, 0, 1, 0, 0]
    assert "--release" in held.stderr


def beats(application: Any) -> dict[str, datetime]:
    with application.app_context():
        return {row.name: row.at for row in heartbeats()}


def test_silence_shows_after_five_minutes_and_one_living_scheduler_is_enough(
    live_server: LiveSystem, tmp_path: Path
) -> None:
    live_server.settings["WSS_TICK_SECONDS"] = "0.2"
    live_server.set_clock(TUESDAY)
    application = make_app(live_server.database.url, tmp_path)
    assert live_server.document("/readyz")["scheduler"] == "not started"
    first, second = live_server.start_scheduler(), live_server.start_scheduler()
    wait_until(lambda: len(beats(application)) == 2, LONGEST_WAIT, "both beat")
    first.kill()
    first.wait()
    live_server.set_clock(TUESDAY + timedelta(minutes=30))
    wait_until(lambda: live_server.document("/readyz")["scheduler"] == "ok", LONGEST_WAIT, "the other one is enough")
    second.send_signal(signal.SIGSTOP)
    last = max(beats(application).values())
    live_server.set_clock(last + timedelta(minutes=4, seconds=50))
    assert live_server.status("/readyz") == 200
    live_server.set_clock(last + timedelta(minutes=5, seconds=1))
    assert live_server.document("/readyz")["scheduler"] == "silent"
    assert live_server.status("/readyz") == 503
    assert live_server.status("/healthz") == 200
    second.send_signal(signal.SIGCONT)
    wait_until(lambda: live_server.status("/readyz") == 200, LONGEST_WAIT, "it beats again")
