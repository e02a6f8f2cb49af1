"""People who save without end through the proxy, the office that gets the mail about it, and what both have seen."""

from __future__ import annotations

import http.client
import secrets
import threading
import time
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from tests.support.pages.reading import forms, parse
from tests.support.servers.mail import MailServer
from tests.support.servers.signed_in import SignedIn

PAUSE = 0.25
AGAIN = 0.3
LONGEST_ANSWER = 75.0
"""Longer than the proxy waits."""
ANSWERS = {"danger": "yes", "unknown_person": "y", "what": "fight", "where": "hallway", "confirmed": "1"}
TRIED_AGAIN = (0, 502, 503, 504)
"""No answer at all, and what says that it is the machines' fault: the form is sent again, with its key."""


class Office(MailServer):
    """The mail server, with the moment of each mail."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.moments: list[float] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the mail and its moment."""
        self.moments.append(time.monotonic())
        return await super().handle_DATA(server, session, envelope)

    def numbers(self) -> list[str]:
        return [str(mail.message["Message-ID"]).strip("<>").partition("@")[0] for mail in list(self.mails)]


class Person:
    """One dean who reports incident after incident, and sends a form again, with its key, until it is acknowledged."""

    def __init__(self, load: Load, cookie: str) -> None:
        self.load, self.session = load, SignedIn(cookie)
        self.form: dict[str, str] = {}
        self.heard: list[tuple[float, float]] = []
        """When each save was begun, and when it was acknowledged."""

    def save_on(self) -> None:
        """Save until told to stop."""
        while not self.load.stopping.is_set():
            try:
                self.save()
            except Exception as error:
                self.load.problems.append(f"{type(error).__name__}: {error}")
                return
            self.load.stopping.wait(PAUSE)

    def save(self) -> None:
        """Save one report."""
        key, begun = secrets.token_hex(16), time.monotonic()
        while not self.load.stopping.is_set():
            if not self.form:
                self._fill()
                continue
            body = urlencode(self.form | ANSWERS | {"narrative": key, "request_key": key})
            status, page = self.send("POST", "/incidents/new", body)
            if status == 303:
                self.heard.append((begun, time.monotonic()))
                self.load.acknowledged.append((key, time.monotonic()))
                return
            assert status in TRIED_AGAIN, f"answered {status}: {page[:1500]}"
            self.load.stopping.wait(AGAIN)

    def _fill(self) -> None:
        status, page = self.send("GET", "/incidents/new")
        if status == 200:
            [form] = [form for form in forms(parse(page)) if "danger" in form.names]
            self.form = {name: held[0] for name, held in form.values().items() if held}
            return
        assert status in TRIED_AGAIN, f"answered {status}: {page[:1500]}"
        self.load.stopping.wait(AGAIN)

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        """Return the status and the page, 0 where nothing answers."""
        try:
            return self.session.ask(self.load.host, method, path, body, LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            return 0, type(error).__name__


class Load:
    """Everybody, saving at once."""

    def __init__(self, host: str, cookies: list[str], office: Office) -> None:
        self.host, self.office = host, office
        self.acknowledged: list[tuple[str, float]] = []
        self.problems: list[str] = []
        self.stopping = threading.Event()
        self.people = [Person(self, cookie) for cookie in cookies]
        self._threads = [threading.Thread(target=one.save_on, daemon=True) for one in self.people]

    def start(self) -> None:
        """Let everybody begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody come to the end of what was sent; what had no answer until then is given up."""
        self.stopping.set()
        for thread in self._threads:
            thread.join(LONGEST_ANSWER)
        assert not self.problems, self.problems

    def everybody_saved_since(self, moment: float) -> bool:
        """Whether each has begun and saved something since."""
        assert not self.problems, self.problems
        return all(any(begun > moment for begun, _heard in list(one.heard)) for one in self.people)

    def without_a_save(self, since: float, until: float) -> float:
        return longest([moment for _key, moment in list(self.acknowledged)], since, until)

    def longest_of_one(self, since: float, until: float) -> float:
        return max(longest([heard for _begun, heard in list(one.heard)], since, until) for one in self.people)

    def without_mail(self, since: float, until: float) -> float:
        return longest(list(self.office.moments), since, until)


def longest(moments: list[float], since: float, until: float) -> float:
    before = max((one for one in moments if one <= since), default=since)
    within = sorted(one for one in moments if since < one <= until)
    return max(later - earlier for earlier, later in pairwise([before, *within, until]))
