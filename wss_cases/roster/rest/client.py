"""Asking a OneRoster server (1.1 or 1.2) page by page, whatever it answers; by OAuth 2 or, at 1.1, by OAuth 1."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.deferred import deferred
from wss_cases.roster.import_files.report import BundleRefused, Problem
from wss_cases.roster.rest.signing import refused_words, signature

requests = deferred("requests")
errors = deferred("authlib.common.errors")
PAGE: Final = 1_000
MOST_PAGES: Final = 20_000
MOST_TRIES: Final = 5
LONGEST_WAIT: Final = 120.0
TIMEOUT: Final = (10, 60)
LONGEST_PULL: Final = 2 * 60 * 60.0
BUSY: Final = (429, 500, 502, 503, 504)
SCOPES: Final = {
    "v1p1": "https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly "
    "https://purl.imsglobal.org/spec/or/v1p1/scope/roster-demographics.readonly",
    "v1p2": "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly "
    "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-demographics.readonly",
}


@dataclass
class Server:
    """One server: its address down to the version, and what a token is got or each request signed with."""

    url: str
    token_url: str
    client_id: str
    client_secret: str
    pause: Callable[[float], None] = time.sleep
    is_signed: bool = False

    def __post_init__(self) -> None:
        self._token = ""
        self._until = time.monotonic() + LONGEST_PULL

    @property
    def is_newer(self) -> bool:
        """Whether it speaks 1.2."""
        return "v1p2" in self.url

    def rows(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield every record of a collection, such as orgs. Raises BundleRefused where it is not whole."""
        seen: set[str] = set()
        said: int | None = None
        sent = 0
        for _page in range(MOST_PAGES):
            # counted by what came: a server may give fewer than it was asked for
            answer = self._page(kind, sent)
            rows = self._rows_of(kind, answer)
            total = answer.headers.get("X-Total-Count", "")
            said = int(total) if total.isdigit() else said
            keys = [str(row["sourcedId"]) for row in rows if row.get("sourcedId")]
            if not seen.isdisjoint(keys):
                raise _refused(kind, _("The server sends the same records again; its paging does not work."))
            seen.update(keys)
            sent += len(rows)
            yield from rows
            if not rows or (said is not None and sent >= said):
                break
        else:
            raise _refused(kind, _("The server sends no end of pages."))
        if said is not None and sent != said:
            words = _("The server says that there are %(said)d records, and sent %(sent)d.", said=said, sent=sent)
            raise _refused(kind, words)

    @staticmethod
    def _rows_of(kind: str, answer: Any) -> list[dict[str, Any]]:
        try:
            rows: Any = answer.json()[kind]
        except (ValueError, KeyError, TypeError) as error:
            raise _refused(kind, _("The server's answer cannot be read.")) from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _refused(kind, _("The server's answer cannot be read."))
        return rows

    def _page(self, kind: str, offset: int) -> Any:
        for attempt in range(MOST_TRIES):
            if time.monotonic() > self._until:
                raise _refused(kind, _("The server is too slow: it was stopped after two hours."))
            wait = 2.0**attempt
            try:
                answer = requests.get(
                    f"{self.url.rstrip('/')}/{kind}", params={"limit": PAGE, "offset": offset}, timeout=TIMEOUT,
                    allow_redirects=False, **self._proof(),
                )  # fmt: skip
            except errors.AuthlibBaseError as error:
                raise _refused(kind, _("OAuth 1 needs an address that begins with https://.")) from error
            except requests.RequestException:
                self.pause(wait)
                continue
            if answer.status_code == 200:
                return answer
            if self.is_signed and answer.status_code in (400, 401):
                raise _refused(kind, refused_words(answer, clock.now()))
            if answer.status_code == 401:
                # a token may end in the middle
                self._token = ""
            elif answer.status_code not in BUSY:
                words = _("The server answers with status %(status)d.", status=answer.status_code)
                raise _refused(kind, words)
            asked = answer.headers.get("Retry-After", "")
            self.pause(min(LONGEST_WAIT, float(asked)) if asked.isdigit() else wait)
        raise _refused(kind, _("The server does not respond, or is busy. Nothing was imported; the next try is later."))

    def _proof(self) -> dict[str, Any]:
        if self.is_signed:
            return {"auth": signature(self.client_id, self.client_secret)}
        return {"headers": {"Authorization": f"Bearer {self._authorized()}"}}

    def _authorized(self) -> str:
        if not self._token:
            answer = requests.post(
                self.token_url, auth=(self.client_id, self.client_secret), timeout=TIMEOUT, allow_redirects=False,
                data={"grant_type": "client_credentials", "scope": SCOPES["v1p2" if self.is_newer else "v1p1"]},
            )  # fmt: skip
            try:
                self._token = str(answer.json()["access_token"]) if answer.status_code == 200 else ""
            except (ValueError, KeyError, TypeError):
                self._token = ""
            if not self._token:
                raise _refused("token", _("The server returns no token for this client id and secret."))
        return self._token


def _refused(kind: str, words: str) -> BundleRefused:
    return BundleRefused(Problem(kind, None, None, words))
