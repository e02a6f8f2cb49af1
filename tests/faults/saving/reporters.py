"""Reporters who save over HTTP while the web server's processes are killed, and what must stand in the database."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import secrets
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.faults.reminders.system import Tally, Wrong
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.reading import forms, parse
from tests.support.servers.forking import Forked
from tests.support.servers.live_system import LONGEST_WAIT, LiveSystem, wait_until
from tests.support.servers.signed_in import session_cookie
from wss_cases.access.actor import Role
from wss_cases.foundation import operations
from wss_cases.foundation.db import db
from wss_cases.web.serving import worker_class

PEOPLE = 3
SAVE_FAILPOINTS = tuple(name for name in operations.NAMES if name.startswith("save."))
GIVE_UP = 0.25
ANSWERS = {"danger": "yes", "unknown_person": "y", "what": "fight", "where": "hallway", "confirmed": "1"}
BELONGS = {
    "person": "SELECT role, count(*) FROM incident_person WHERE incident_id = :id GROUP BY 1",
    "timeline": "SELECT kind, count(*) FROM timeline_entry"
    " WHERE subject_type = 'incident' AND subject_id = :id GROUP BY 1",
    "audit": "SELECT action, count(*) FROM audit_entry"
    " WHERE object_type = 'incident' AND object_id = :id AND action <> 'incident.read' GROUP BY 1",
    "mail": "SELECT kind, count(*) FROM outbox_message WHERE object_type = 'incident' AND object_id = :id GROUP BY 1",
    "routing": "SELECT 'answer', count(*) FROM routing_answer WHERE incident_id = :id",
    "form": "SELECT 'answered', count(*) FROM request_key WHERE answer = CAST(:id AS VARCHAR(20))",
}
"""What one save leaves beside the report itself: together with it, or not at all."""


class Saving:
    """A school, its reporters, a web server, and the list of what was acknowledged."""

    def __init__(self, database: Database, folder: Path, plant: str = "", seed: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.arm = folder / "arm"
        settings = {"WSS_TEST_ARM": str(self.arm), "WSS_TEST_PLANT": plant}
        self.system = LiveSystem(database, folder, settings)
        self.app = make_app(database.url, folder)
        self.random = random.Random(seed)
        self.tally = Tally()
        self.acknowledged: list[str] = []
        self.given_up: list[str] = []
        self.problems: list[str] = []
        self.heard = threading.Event()
        self.stopping = threading.Event()
        with self.app.app_context():
            school = SchoolFactory()
            people = [make_user(Role.DEAN, school) for _person in range(PEOPLE)]
            make_user(Role.ADMINISTRATOR, school)
            self.cookies = [session_cookie(self.app, person) for person in people]
            db.session.remove()
        self.server = self._serve()
        # a planted bug writes late: judged is what comes of it, not what is still on its way
        self.rest = 0.5 if plant else 0.0
        Reporter(self, self.cookies[0], 0).save()
        time.sleep(self.rest)
        [self.whole] = self._signatures().values()
        self.reporters = [Reporter(self, cookie, number) for number, cookie in enumerate(self.cookies)]
        self.threads: list[threading.Thread] = []
        self.go_on()

    def _serve(self) -> Forked:
        process = self.system.start(
            "web", "gunicorn", "wsgi:app", "-c", "tests/faults/saving/gunicorn_conf.py",
            "--bind", f"127.0.0.1:{self.system.port}", "--worker-class", worker_class, "--workers", "2",
            "--threads", "2", "--no-control-socket", "--graceful-timeout", "2", "--log-level", "error",
        )  # fmt: skip
        wait_until(lambda: self.system.status("/healthz") == 200, LONGEST_WAIT, "the web server answers")
        return process

    def workers(self) -> list[int]:
        """The web server's working processes."""
        pid = self.server.pid
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]

    def kill(self, pid: int) -> None:
        """SIGKILL one process, and count it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.tally.kills += 1

    def kill_at_random(self, kills: int) -> None:
        """Kill a working process at any moment, or all of them at the very moment of an acknowledgement."""
        goal = self.tally.kills + kills
        while self.tally.kills < goal:
            wait_until(lambda: len(self.workers()) == 2, LONGEST_WAIT, "two workers")
            self.heard.clear()
            assert self.heard.wait(LONGEST_WAIT), f"nothing was acknowledged: {self.system.log('web')[-2000:]}"
            if self.random.random() < 0.5:
                for pid in self.workers():
                    self.kill(pid)
            else:
                time.sleep(self.random.uniform(0.0, 0.15))
                self.kill(self.random.choice(self.workers()))
            assert not self.problems, self.problems

    def save_until(self, saves: int) -> None:
        """Let everybody save until so many saves in all are acknowledged: a machine with other work to do may have
        killed almost all of them on their way."""
        enough = f"{saves} saves are acknowledged"
        wait_until(lambda: len(self.acknowledged) >= saves, LONGEST_WAIT, enough)

    def kill_at_failpoint(self, name: str) -> None:
        """Kill a working process exactly there, in the middle of somebody's save."""
        before = set(self.workers())
        self.arm.write_text(f"{name}:kill:{self.random.randint(1, 2)}", encoding="ascii")
        self.kill(before.pop())
        wait_until(lambda: not self.arm.exists(), LONGEST_WAIT, "a new worker is armed")
        [armed] = self.arm.parent.glob("armed-*")
        pid = int(armed.name.partition("-")[2])
        wait_until(lambda: pid not in self.workers(), LONGEST_WAIT, f"{name} is reached")
        armed.unlink()
        self.tally.kills += 1
        self.tally.by_failpoint[name] += 1

    def kill_everything(self) -> None:
        """Kill the whole web server at once, and start it again."""
        for pid in [self.server.pid, *self.workers()]:
            self.kill(pid)
        self.server.wait()
        self.server = self._serve()

    def go_on(self) -> None:
        """Let everybody save."""
        self.stopping.clear()
        self.threads = [threading.Thread(target=one.save_on, daemon=True) for one in self.reporters]
        for thread in self.threads:
            thread.start()

    def pause(self) -> None:
        """Let everybody come to the end of their save."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
        time.sleep(self.rest)
        assert not self.problems, self.problems

    def judge(self) -> None:
        """Every acknowledged save stands there once and whole; every other once and whole, or not at all.

        Raises Wrong.
        """
        found = self._signatures()
        counted = Counter(marker for marker, _id in found)
        lost = [marker for marker in self.acknowledged if not counted[marker]]
        doubled = [marker for marker, count in counted.items() if count > 1]
        half = [(who, signature) for who, signature in found.items() if signature != self.whole]
        if lost or doubled or half:
            raise Wrong(f"lost: {lost[:5]}; doubled: {doubled[:5]}; half saved: {half[:2]} not {self.whole}")
        self.tally.mails = len(self.acknowledged)

    def _signatures(self) -> dict[tuple[str, int], dict[str, dict[str, int]]]:
        with self.app.app_context():
            rows = db.session.execute(text("SELECT id, narrative FROM incident")).all()
            found = {
                (marker, number): {
                    name: {str(key): count for key, count in db.session.execute(text(query), {"id": number})}
                    for name, query in BELONGS.items()
                }
                for number, marker in rows
            }
            db.session.remove()
        return found

    def close(self) -> None:
        """End the server."""
        self.stopping.set()
        self.system.stop()


class Reporter:
    """One person who saves report after report, and sends a form again, with its key, until it is acknowledged."""

    def __init__(self, saving: Saving, cookie: str, number: int) -> None:
        self.saving = saving
        self.cookie = cookie
        self.random = random.Random(number)
        self.form: dict[str, str] = {}

    def save_on(self) -> None:
        """Save until told to stop."""
        while not self.saving.stopping.is_set() and not self.saving.problems:
            try:
                self.save()
            except Exception as error:
                self.saving.problems.append(f"{type(error).__name__}: {error}")

    def save(self) -> None:
        """Save one report; now and then give it up after a failure instead of sending it again."""
        key = secrets.token_hex(16)
        while True:
            try:
                form = self.form or self._fill()
                body = urlencode(form | ANSWERS | {"narrative": key, "request_key": key})
                status, _words = self._send("POST", "/incidents/new", body)
            except ConnectionRefusedError:
                time.sleep(0.02)
                continue
            except (OSError, http.client.HTTPException):
                if self.random.random() < GIVE_UP:
                    self.saving.given_up.append(key)
                    return
                time.sleep(0.02)
                continue
            if status == 303:
                self.saving.heard.set()
                self.saving.acknowledged.append(key)
                return
            if status != 503:
                raise AssertionError(f"answered {status}: {_words[:1500]}")

    def _fill(self) -> dict[str, str]:
        status, page = self._send("GET", "/incidents/new")
        assert status == 200, page[:500]
        [form] = [form for form in forms(parse(page)) if "danger" in form.names]
        self.form = {name: held[0] for name, held in form.values().items() if held}
        return self.form

    def _send(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.saving.system.port, timeout=30)
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name == "Set-Cookie" and value.startswith("session="):
                    self.cookie = value.partition(";")[0]
            return answer.status, answer.read().decode()
        finally:
            connection.close()
