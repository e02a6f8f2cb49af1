"""Somebody at a browser, as cheap as can be: one connection that stays open, cookies, no parsing.

Over the network, or within the process, where the statements can be watched.
"""

from __future__ import annotations

import contextvars
import http.client
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask

TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
TAG = re.compile("<[^>]*>")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    """What came back: the status, where it leads, the body, and how long it took, in milliseconds."""

    status: int
    location: str
    body: bytes
    took: float


Sent = tuple[int, Sequence[tuple[str, str]], bytes]
Transport = Callable[[str, str, str | None, dict[str, str]], Sent]


def over_the_network(port: int) -> Transport:
    """Return how to ask the server at a port of this machine, on a connection that stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def send(method: str, address: str, body: str | None, headers: dict[str, str]) -> Sent:
        try:
            connection.request(method, address, body, headers)
            response = connection.getresponse()
        except (ConnectionError, http.client.BadStatusLine):
            connection.close()  # the server ends a connection that was idle for some seconds
            connection.request(method, address, body, headers)
            response = connection.getresponse()
        content = response.read()
        return response.status, response.getheaders(), content

    return send


def within(app: Flask) -> Transport:
    """Return how to ask an application in this process."""
    client = app.test_client(use_cookies=False)

    def send(method: str, address: str, body: str | None, headers: dict[str, str]) -> Sent:
        ask = contextvars.Context().run
        response = ask(client.open, address, method=method, data=body, headers=headers)
        return response.status_code, list(response.headers), response.data

    return send


@dataclass(frozen=True)
class Seen:
    """What somebody reports, about whom; `another` when they say that it is not one that was reported already."""

    school_id: int
    students: tuple[int, ...]
    what: str
    where: str
    another: bool


def _words(body: bytes) -> str:
    return " ".join(TAG.sub(" ", body.decode()).split())


class Person:
    """One signed-in visitor."""

    def __init__(self, transport: Transport, email: str, password: str) -> None:
        self._transport = transport
        self._cookies: dict[str, str] = {}
        page = self.get("/sign-in")
        if page.status != http.client.OK:
            raise RuntimeError(f"the page to sign in answers {page.status}: {_words(page.body)}")
        answer = self._send("POST", "/sign-in", {"email": email, "password": password} | self._token(page))
        if answer.status != http.client.SEE_OTHER:
            raise RuntimeError(f"{email} could not sign in: {answer.status}")
        self.token = self._token(self.get("/account"))

    @classmethod
    def stranger(cls, transport: Transport) -> Person:
        person = cls.__new__(cls)
        person._transport, person._cookies = transport, {}
        return person

    def get(self, address: str, **headers: str) -> Answer:
        """Open a page."""
        return self._send("GET", address, None, headers)

    def find(self, letters: str, school_id: int) -> Answer:
        """Ask for the students of a school whose name begins so, as the form does at each letter."""
        return self.get(f"/incidents/new/people?school_id={school_id}", **{"X-Search": letters})

    def look_for(self, words: str) -> Answer:
        """Search for words, as the header's field does; the answer is the page of what was found."""
        self._send("POST", "/search", {"typed": words} | self.token)
        return self.get("/search?found=1")

    def report(self, seen: Seen) -> Answer:
        """Log an incident, as the form sends it. RuntimeError when it was not saved: the form came back, or a question
        before saving."""
        chosen = {
            "request_key": uuid.uuid4().hex, "version": "", "school_id": seen.school_id, "danger": "no",
            "people": [f"student:{number}" for number in seen.students], "people_q": "", "what": seen.what,
            "where": seen.where, "when": "now", "occurred": "",
            "narrative": f"Two students were part of it, {seen.students}.",
        }  # fmt: skip
        said = {"confirmed": "1"} if seen.another else {}
        answer = self._send("POST", "/incidents/new", chosen | said | self.token)
        if answer.status != http.client.SEE_OTHER:
            raise RuntimeError(f"not saved: {answer.status} {answer.body[:300]!r}")
        return answer

    def _token(self, page: Answer) -> dict[str, str]:
        found = TOKEN.search(page.body)
        return {"csrf_token": found[1].decode()} if found else {}

    def _send(
        self,
        method: str,
        address: str,
        values: dict[str, object] | dict[str, str] | None,
        more: dict[str, str] | None = None,
    ) -> Answer:
        headers = (more or {}) | {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None if values is None else urlencode(values, doseq=True)
        began = time.perf_counter()
        status, answered, content = self._transport(method, address, body, headers | (FORM if body else {}))
        took = (time.perf_counter() - began) * 1000
        for name, value in answered:
            if name.lower() == "set-cookie":
                cookie, _equals, held = value.split(";")[0].partition("=")
                self._cookies[cookie] = held
        return Answer(status, dict(answered).get("Location", ""), content, took)
