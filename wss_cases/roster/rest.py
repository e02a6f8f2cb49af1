"""OAuth 1 for OneRoster 1.1: each request carries a signature of its own, by HMAC-SHA256, and there is no token."""

import base64
import csv
import hashlib
import hmac
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.foundation.operations import deferred
from wss_cases.foundation.school_time import district_zone, local
from wss_cases.foundation.settings import setting
from wss_cases.roster.import_files import BundleRefused, Problem, Report
from wss_cases.roster.oneroster.actions import import_oneroster
from wss_cases.roster.runs import ROSTER, is_due, keep_refused

clients = deferred("authlib.integrations.requests_client")
oauth1 = deferred("authlib.oauth1.rfc5849.signature")
METHOD: Final = "HMAC-SHA256"
MOST_APART: Final = 5
"""Minutes; servers commonly refuse older signatures."""


def _sign(client: Any, request: Any) -> str:
    key = f"{oauth1.escape(client.client_secret)}&".encode()
    words = oauth1.generate_signature_base_string(request).encode()
    return base64.b64encode(hmac.new(key, words, hashlib.sha256).digest()).decode()


@cache
def _signed() -> type[Any]:
    """The library's signer, which signs with SHA-1 by default."""
    return type("Signed", (clients.OAuth1Auth,), {"SIGNATURE_METHODS": {METHOD: _sign}})


def signature(client_id: str, client_secret: str) -> Any:
    """The signer of `requests`' requests."""
    return _signed()(client_id, client_secret, signature_method=METHOD)


def refused_words(answer: Any, now: datetime) -> str:
    """What a sender can do about a signature that the server refused."""
    apart = _minutes_apart(answer.headers.get("Date", ""), now)
    if apart > MOST_APART:
        return _(
            "The server does not accept the signature: its clock and the clock here are %(minutes)d minutes apart.",
            minutes=apart,
        )
    return _(
        "The server does not accept the signature. Check the client id and the secret, and that the server supports "
        "OAuth 1 with %(method)s.",
        method=METHOD,
    )


def _minutes_apart(date: str, now: datetime) -> int:
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return 0
    return round(abs((there - now).total_seconds()) / 60) if there.tzinfo else 0


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
    """One server: its address including the version, and the credentials for a token or for signing each request."""

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
        """Yield every record of a collection, such as orgs. Raises BundleRefused when it is incomplete."""
        seen: set[str] = set()
        said: int | None = None
        sent = 0
        for _page in range(MOST_PAGES):
            # Counted by what arrived: a server may send fewer than requested.
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
                # A token may expire partway through.
                self._token = ""
            elif answer.status_code not in BUSY:
                words = _("The server answers with status %(status)d.", status=answer.status_code)
                raise _refused(kind, words)
            retry_after = answer.headers.get("Retry-After", "")
            self.pause(min(LONGEST_WAIT, float(retry_after)) if retry_after.isdigit() else wait)
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


Record = Mapping[str, Any]
Cell = Callable[[Record], Any]


def _of(name: str) -> Cell:
    return lambda record: record.get(name)


def _id(name: str) -> Cell:
    return lambda record: (record.get(name) or {}).get("sourcedId")


def _ids(name: str) -> Cell:
    return lambda record: [one.get("sourcedId") for one in record.get(name) or []]


def _same(*names: str) -> dict[str, Cell]:
    return {name: _of(name) for name in names}


_BASE = _same("sourcedId", "status")
_PERSON = {
    **_BASE,
    **_same("enabledUser", "username", "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone"),
    **_same("grades"),
    "agentSourcedIds": _ids("agents"),
}
COLUMNS: dict[str, dict[str, Cell]] = {
    "orgs": {**_BASE, **_same("name", "type", "identifier"), "parentSourcedId": _id("parent")},
    "academicSessions": {**_BASE, **_same("title", "type", "startDate", "endDate"), "parentSourcedId": _id("parent")},
    "courses": {**_BASE, **_same("title", "courseCode"), "orgSourcedId": _id("org")},
    "classes": {
        **_BASE, **_same("title"), "courseSourcedId": _id("course"), "schoolSourcedId": _id("school"),
        "termSourcedIds": _ids("terms"),
    },
    "users": {**_PERSON, **_same("role"), "orgSourcedIds": _ids("orgs")},
    "enrollments": {
        **_BASE, **_same("role", "primary", "beginDate", "endDate"), "classSourcedId": _id("class"),
        "schoolSourcedId": _id("school"), "userSourcedId": _id("user"),
    },
    "demographics": {
        **_BASE,
        **_same(
            "birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican",
            "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces",
            "hispanicOrLatinoEthnicity",
        ),
    },
}  # fmt: skip
NEWER_USERS: dict[str, Cell] = {
    **_PERSON,
    "preferredGivenName": _of("preferredFirstName"),
    "preferredFamilyName": _of("preferredLastName"),
    "primaryOrgSourcedId": _id("primaryOrg"),
}
ROLES = ("sourcedId", "userSourcedId", "roleType", "role", "orgSourcedId", "beginDate", "endDate")


def write_files(server: Server, folder: Path) -> None:
    """Write every collection of a server into a folder. Raises BundleRefused when one is incomplete."""
    for kind, columns in COLUMNS.items():
        with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as stream:
            if kind == "users" and server.is_newer:
                with (folder / "roles.csv").open("w", encoding="utf-8", newline="") as roles:
                    _write(stream, NEWER_USERS, _with_roles(server.rows(kind), csv.writer(roles)))
            else:
                _write(stream, columns, server.rows(kind))


def _write(stream: Any, columns: Mapping[str, Cell], records: Iterable[Record]) -> None:
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_text(cell(record)) for cell in columns.values()] for record in records)


def _with_roles(records: Iterable[Record], writer: Any) -> Iterator[Record]:
    writer.writerow(ROLES)
    for record in records:
        user = record.get("sourcedId")
        for role in record.get("roles") or []:
            org = (role.get("org") or {}).get("sourcedId") or ""
            key = f"{user}|{org}|{role.get('role')}"
            row = (key, user, role.get("roleType"), role.get("role"), org, role.get("beginDate"), role.get("endDate"))
            writer.writerow(map(_text, row))
        yield record


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(one) for one in value if one is not None)
    return str(value)


def pull_roster(now: datetime, server: Server | None = None) -> dict[str, int]:
    """Download and import the roster when that is due; returns how many were `imported`, `refused`."""
    counts = {"imported": 0, "refused": 0}
    first, last = setting("ROSTER_HOURS")
    url, source = setting("ROSTER_REST_URL"), setting("ROSTER_SOURCE")
    if not url or not first <= local(now, district_zone()).hour < last or not is_due(ROSTER, source, now):
        return counts
    server = server or Server(
        url, setting("ROSTER_TOKEN_URL"), setting("ROSTER_CLIENT_ID"), setting("ROSTER_CLIENT_SECRET"),
        is_signed=setting("ROSTER_AUTH") == "oauth1",
    )  # fmt: skip
    db.session.remove()
    with force_locale("en"), tempfile.TemporaryDirectory() as name:
        try:
            write_files(server, Path(name))
        except BundleRefused as refused:
            keep_refused(SYSTEM, ROSTER, source, Report(source, problems=refused.problems), now)
            return counts | {"refused": 1}
        try:
            import_oneroster(SYSTEM, Path(name), now, source)
        except BundleRefused:
            return counts | {"refused": 1}
    return counts | {"imported": 1}
