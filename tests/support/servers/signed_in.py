"""Somebody's session at a web server, without a browser and without an application in this process."""

from __future__ import annotations

import http.client


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
