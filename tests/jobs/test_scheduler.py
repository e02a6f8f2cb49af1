"""The scheduler as a process of its own: it sends, shows its heartbeat, and ends when told to."""

from __future__ import annotations

import json
import signal
import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.notices.making import scene
from tests.support.applications import make_app
from tests.support.mail import MailServer
from tests.support.servers import LiveSystem, wait_until
from wss_cases.notices.queries import last_heartbeat

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
    process = live_system.start_scheduler()
    mails = smtp_server.wait_for(2)

    def beating() -> bool:
        with application.app_context():
            return last_heartbeat() is not None

    wait_until(beating, 20, "a heartbeat")
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
    dry = live_system.flask("reminders", "sweep", "--dry-run", "--json")
    first = live_system.flask("reminders", "sweep", "--json")
    second = live_system.flask("reminders", "sweep", "--json")
    sent = live_system.flask("reminders", "deliver", "--json")
    assert [json.loads(done.stdout) for done in (dry, first, second, sent)] == [
        {"queued": 2, "already": 0},
        {"queued": 2, "already": 0},
        {"queued": 0, "already": 2},
        {"sent": 2, "retry": 0, "failed": 0},
    ]
    wrong = live_system.flask("reminders", "sweep", "--now", "yesterday")
    assert wrong.returncode == 2
    assert "yesterday" in wrong.stderr
