"""Somebody's session at a web server, without a browser."""

from __future__ import annotations

import http.client

from flask import Flask

from tests.support.applications import people_client
from tests.support.fixed import day


def session_cookie(app: Flask, person: object) -> str:
    """Return the cookie of a person's new session, signed by the machine's clock, by which a web server reads it."""
    with day.on_the_machines_clock():
        found = people_client(app, person).get_cookie("session")
    assert found is not None
    return f"session={found.value}"


class SignedIn:
    """Sends requests with the session's cookie, and keeps the one that each answer gives."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie

    def ask(self, host: str, method: str, path: str, body: str | None, seconds: float) -> tuple[int, str]:
        """Return the status and the page that a host (with its port) answers with. OSError or HTTPException where it
        does not answer in so many seconds."""
        connection = http.client.HTTPConnection(host, timeout=seconds)
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for value in answer.headers.get_all("Set-Cookie") or ():
                if value.startswith("session="):
                    self.cookie = value.partition(";")[0]
            return answer.status, answer.read().decode()
        finally:
            connection.close()
