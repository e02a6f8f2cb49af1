"""Two web servers and two schedulers on one database, as a district runs them: any of them may die at any time."""

from __future__ import annotations

import os
import secrets
import signal
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.factories.accounts import make_user
from tests.mail.making import scene
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.reading import forms, parse
from tests.support.servers.forking import Forked
from tests.support.servers.live_system import LONGEST_WAIT, LiveSystem, wait_until
from tests.support.servers.mail import MailServer
from tests.support.servers.signed_in import SignedIn, session_cookie
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("America/Chicago"))
ANSWERS = {"danger": "yes", "unknown_person": "y", "what": "fight", "where": "hallway", "confirmed": "1"}


class Front:
    """The proxy in front of both: a request goes to the first machine that answers."""

    def __init__(self, machines: list[LiveSystem], app: Flask, person: object) -> None:
        self.machines = machines
        self.session = SignedIn(session_cookie(app, person))

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        """Return the status and the page of the first answer."""
        for machine in self.machines:
            with suppress(ConnectionError):
                return self.session.ask(f"127.0.0.1:{machine.port}", method, path, body, 20)
        raise AssertionError("no machine answers")

    def save(self) -> str:
        """Report an incident as a dean does, and return what was written in it."""
        status, page = self.ask("GET", "/incidents/new")
        assert status == 200, page[:500]
        [form] = [form for form in forms(parse(page)) if "danger" in form.names]
        values = {name: held[0] for name, held in form.values().items() if held}
        words = secrets.token_hex(16)
        status, page = self.ask("POST", "/incidents/new", urlencode(values | ANSWERS | {"narrative": words}))
        assert status == 303, page[:500]
        return words


def kill(process: Forked) -> None:
    """SIGKILL a process and those it has started."""
    of = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    for pid in [process.pid, *map(int, of)]:
        os.kill(pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_either_of_two_machines_may_die_or_be_brought_to_a_new_release(
    database: Database, tmp_path: Path, smtp_server: MailServer
) -> None:
    settings = {"SMTP_URL": smtp_server.url, "MAIL_FROM": "wss@district.example", "WSS_TICK_SECONDS": "0.5"}
    machines = [LiveSystem(database, tmp_path, settings) for _machine in range(3)]
    first, second, late = machines
    first.set_clock(TUESDAY)
    app = make_app(database.url, tmp_path)
    with app.app_context():
        here = scene()
        front = Front([first, second], app, make_user(Role.DEAN, here.school))
        db.session.commit()
    try:
        starts = [first.start_web, second.start_web, first.start_scheduler, second.start_scheduler]
        running = [start() for start in starts]
        saved, told = [], []
        for number, start in enumerate(starts):
            kill(running[number])
            saved.append(front.save())
            with app.app_context():
                row = here.due(date(2026, 11, 24), kind="contact_person_harmed", single_mail=True)
                told.append(f"/follow-ups/{row.id}")
                db.session.commit()
            wait_until(
                lambda: any(told[-1] in mail.everything for mail in smtp_server.mails),
                LONGEST_WAIT,
                "the mail about it",
            )
            running[number] = start()
        with app.app_context():
            assert sorted(db.session.scalars(select(Incident.narrative))) == sorted(saved)
            db.session.execute(text("UPDATE alembic_version SET version_num = 'later'"))
            db.session.commit()
        numbers = [mail.message["Message-ID"] for mail in smtp_server.mails]
        assert len(numbers) == len(set(numbers))
        for address in told:
            assert sum(address in mail.everything for mail in smtp_server.mails) == 1, address
        # the schema is a release ahead now: who serves goes on, who begins waits for the new code
        for machine in (first, second):
            assert machine.document("/readyz")["database"] == "ok"
        assert front.ask("GET", "/my-day")[0] == 200
        late.start_web()
        assert late.document("/readyz")["database"].startswith("schema: ")
        assert late.status("/sign-in") == 503
    finally:
        for machine in machines:
            machine.stop()
