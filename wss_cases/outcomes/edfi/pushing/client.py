"""Speaking with an ODS/API: OAuth 2, patience with a server that is busy, and what it says of a record."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.deferred import deferred

requests = deferred("requests")
MOST_TRIES: Final = 5
MOST_LOST: Final = 3
"""So many records in a row without an answer, and the server counts as away."""
LONGEST_WAIT: Final = 120.0
LONGEST_PUSH: Final = 4 * 60 * 60.0
LONGEST_REASON: Final = 300
TIMEOUT: Final = (10, 60)
BUSY: Final = (429, 500, 502, 503, 504)


class Away(Exception):
    """The server cannot be worked with now; what was sent before stands."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass
class Ods:
    """One ODS/API: the address of its data, and what a token is got with."""

    url: str
    token_url: str
    key: str
    secret: str
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._token = ""
        self._until = time.monotonic() + LONGEST_PUSH
        self._lost = 0
        self._session = requests.Session()

    @property
    def target(self) -> str:
        """Return the digest of the address, by which what stands there is told from what stands elsewhere."""
        return hashlib.sha256(self.url.encode()).hexdigest()

    def put(self, resource: str, body: dict[str, Any]) -> Any:
        """Create a resource, or bring that of the same natural key up to date. Raises Away."""
        return self._send("POST", resource, body)

    def delete(self, resource: str, remote: str) -> Any:
        """Delete a resource by its id there. Raises Away."""
        return self._send("DELETE", f"{resource}/{remote}")

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = None
        for attempt in range(MOST_TRIES):
            if time.monotonic() > self._until:
                raise Away(_("The server is too slow: it was stopped after four hours."))
            answer = self._try(method, path, body)
            if answer is not None and answer.status_code not in (401, *BUSY):
                self._lost = 0
                return answer
            asked = answer.headers.get("Retry-After", "") if answer is not None else ""
            self.pause(min(LONGEST_WAIT, float(asked)) if asked.isdigit() else 2.0**attempt)
        self._lost += 1
        if answer is None or self._lost >= MOST_LOST:
            raise Away(_("The server does not respond, or is busy. What is missing is sent next time."))
        return answer

    def _try(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        token = self._authorized()
        if not token:
            return None
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = self._session.request(
                method, f"{self.url}/ed-fi/{path}", json=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException:
            return None
        if answer.status_code == 401:
            # a token may end in the middle
            self._token = ""
        return answer

    def _authorized(self) -> str:
        """Return the token, '' while the server is busy. Raises Away where it gives none for this key and secret."""
        if not self._token:
            try:
                answer = self._session.post(
                    self.token_url, auth=(self.key, self.secret), timeout=TIMEOUT, allow_redirects=False,
                    data={"grant_type": "client_credentials"},
                )  # fmt: skip
            except requests.RequestException:
                return ""
            if answer.status_code in BUSY:
                return ""
            try:
                self._token = str(answer.json()["access_token"]) if answer.status_code == 200 else ""
            except (ValueError, KeyError, TypeError):
                self._token = ""
            if not self._token:
                raise Away(_("The server returns no token for this key and secret."))
        return self._token


def reason_of(answer: Any) -> str:
    """Return why a server refused a record, in its own words as far as it has any."""
    try:
        said: Any = answer.json()
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    words = [str(said[name]) for name in ("detail", "message", "title") if said.get(name)][:1]
    wrong = said.get("validationErrors")
    if isinstance(wrong, dict):
        words += [str(text) for texts in wrong.values() for text in (texts if isinstance(texts, list) else [texts])]
    status = _("status %(status)d", status=answer.status_code)
    return f"{status}: {' '.join(words)}"[:LONGEST_REASON] if words else status
