"""Whatever is sent to whatever address: an answer of 2xx to 4xx, and one that refuses has changed nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from tests.support.applications import make_app, people_client
from tests.support.databases import Databases
from tests.support.demo import client_of
from tests.support.depth import examples, full_cross
from tests.support.pages.client import PageClient
from tests.support.undone import Undone
from tests.web.inputs.test_malformed import SIGNING_OUT, TEXTS
from wss_cases.foundation.db import Base
from wss_cases.routing import rule_sets

WHO = ("administrator", "dean", "coordinator", "district", "sysadmin", "partner", "nobody")
PART = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
ODD_PARTS = (
    *("0", "-1", "00", "1;2", "1.0", "1e3", "٣", "%00", "..%2f..%2fetc", "%ed%a0%80", "%0d%0aX-A:%20b"),
    *(str(2**31), str(2**63), "9" * 400, "x" * 3000, "None", "{{7*7}}", "1'--"),
)
ODD_WORDS = tuple(text if isinstance(text, str) else "\udcff" for text in TEXTS.values() if len(text) < 1000)
ASKED = (
    *("q", "page", "before", "after", "school", "school_id", "student", "case", "id", "from", "to", "month"),
    *("year", "school_year", "state", "kind", "next", "group", "whose", "cursor", "role", "format"),
)
HEADERS: dict[str, dict[str, str]] = {
    "plain": {},
    "forged host": {"Host": "forged.example"},
    "forged proxy": {"X-Forwarded-For": "1.2.3.4, ☃", "X-Forwarded-Host": "forged.example"},
    "language": {"Accept-Language": "x" * 2000 + ";q=nan"},
    "elsewhere": {"Origin": "https://forged.example", "Referer": "javascript:alert(1)"},
    "range": {"Range": "bytes=9-1", "If-None-Match": '"\\'},
}
BODIES: dict[str, dict[str, Any]] = {
    "json": {"json": {"a": [1, {"b": None}], "csrf_token": 7}},
    "broken json": {"data": b'{"a":', "content_type": "application/json"},
    "no boundary": {"data": b"--x\r\n", "content_type": "multipart/form-data"},
    "charset": {"data": b"a=\xff\xfe", "content_type": "application/x-www-form-urlencoded; charset=utf-16"},
    "no such charset": {"data": b"a=1", "content_type": "application/x-www-form-urlencoded; charset=x"},
    "xml": {"data": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "content_type": "text/xml"},
    "many fields": {"data": urlencode([(f"f{number}", "1") for number in range(10_000)]).encode()},
    "nothing": {},
}  # fmt: skip


COUNTED = frozenset({"questionnaire_guess", "sign_in_attempt"})
"""Where a refusal itself is counted, so that guessing is slowed."""
KEPT = "overreach.refused"
"""What the audit log keeps of a refusal: that somebody reached for power, or for being two."""
NOT_READY = ("web.readyz", 503)
"""What /readyz says where no scheduler runs."""


@dataclass(frozen=True)
class Sent:
    """One request: which rule, by which method, with which parts of its address, what is asked and what is carried."""

    rule: int
    method: str
    parts: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]
    body: str
    fields: tuple[tuple[str, str], ...]
    header: str
    who: str
    token: bool


def names() -> st.SearchStrategy[str]:
    """Every column's name: fields are called like them, and so is what a field must not set."""
    return st.sampled_from(sorted({c.name for table in Base.metadata.tables.values() for c in table.columns}))


odd = st.sampled_from(ODD_WORDS) | st.text(max_size=20)
ids = st.integers(1, 40).map(str)
requests = st.builds(
    Sent,
    rule=st.integers(0, 10_000),
    method=st.sampled_from(("GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS")),
    parts=st.tuples(*[ids | ids | st.sampled_from(ODD_PARTS)] * 4),
    asked=st.lists(st.tuples(st.sampled_from(ASKED), odd | ids), max_size=4).map(tuple),
    body=st.sampled_from(("form", "form", "form", *BODIES)),
    fields=st.lists(st.tuples(st.deferred(names), odd | ids), max_size=8).map(tuple),
    header=st.sampled_from(tuple(HEADERS)),
    who=st.sampled_from(WHO),
    token=st.integers(0, 4).map(bool),
)


class Door:
    """A demo district, its people, and what is wrong with an answer."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.undone = Undone(app)
        self.people: dict[str, tuple[PageClient, str]] = {}
        for who in WHO:
            client = people_client(app) if who == "nobody" else client_of(app, who)
            self.people[who] = client, client.csrf_token("/sign-in" if who == "nobody" else "/account")
        self.rules = sorted(
            (rule for rule in app.url_map.iter_rules() if rule.endpoint not in SIGNING_OUT),
            key=lambda rule: (rule.rule, rule.endpoint),
        )

    def rule(self, sent: Sent) -> Rule:
        return self.rules[sent.rule % len(self.rules)]

    def address(self, sent: Sent) -> str:
        parts = iter(sent.parts)
        path = PART.sub(lambda _found: next(parts), self.rule(sent).rule)
        return path + ("?" + urlencode(sent.asked, errors="surrogateescape") if sent.asked else "")

    def wrong(self, sent: Sent) -> str:
        """What is wrong with the answer; '' where nothing is."""
        client, token = self.people[sent.who]
        carried = dict(BODIES.get(sent.body, {}))
        if sent.body == "form":
            fields = [*sent.fields, ("csrf_token", token if sent.token else "x")]
            carried = {
                "data": "&".join(f"{quote(n)}={quote(v, errors='surrogateescape')}" for n, v in fields).encode(),
                "content_type": "application/x-www-form-urlencoded",
            }
        if sent.method in ("GET", "HEAD", "OPTIONS"):
            carried = {}
        done = self.undone.send(client, self.address(sent), method=sent.method, headers=HEADERS[sent.header], **carried)
        status = done.response.status_code
        rows = self.undone.differing(done).items()
        changed = [str(key) for key, (_was, now) in rows if key[0] not in COUNTED and (now or {}).get("action") != KEPT]
        if done.written:
            self.undone.undo()
        said = f"{sent.method} {self.address(sent)} ({self.rule(sent).endpoint}) by {sent.who}: {status}"
        if status >= 500 and (self.rule(sent).endpoint, status) != NOT_READY:
            return said
        if "forged.example" in done.response.get_data(as_text=True) + str(done.response.headers):
            return f"{said} repeats a forged name"
        refused = status >= 400 or sent.method in ("GET", "HEAD", "OPTIONS")
        return f"{said} and changed {sorted(changed)[:3]}" if refused and changed else ""


@pytest.fixture(scope="module")
def door(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    app = make_app(databases.copy(databases.demo(backend)).url, tmp_path_factory.mktemp("door"))
    made = Door(app)
    yield made
    made.undone.undo()


@settings(max_examples=examples(30, 1000))
@given(sent=requests)
@example(Sent(0, "GET", ("1",) * 4, (), "nothing", (), "forged host", "nobody", True))
def test_whatever_is_sent_is_answered_and_a_refusal_changes_nothing(door: Door, sent: Sent) -> None:
    assert door.wrong(sent) == ""


def test_every_address_is_answered_whatever_stands_in_it(door: Door) -> None:
    """Each rule, asked and sent a form, with the number of no record or with what is no number at all; in the full
    cross with both. Takes ten seconds, because there are hundreds."""
    found = []
    for number, rule in enumerate(door.rules):
        odd_part = ODD_PARTS[number % len(ODD_PARTS)]
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            both = ("90000001", odd_part) if rule.arguments else (odd_part,)
            for part in both if full_cross() else both[number % len(both) :][:1]:
                asked = (("q", "%_\\"), ("q", "b"))
                found.append(
                    door.wrong(Sent(number, method, (part,) * 4, asked, "form", (), "plain", "administrator", True))
                )
    assert len(found) > 500
    wrong = [line for line in found if line]
    assert not wrong, "\n".join(wrong)


def test_a_planted_failure_is_seen(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    number = next(at for at, rule in enumerate(door.rules) if rule.endpoint == "routing.rule_sets")
    sent = Sent(number, "GET", ("1",) * 4, (), "nothing", (), "plain", "district", True)
    assert door.wrong(sent) == ""

    def broken(*_arguments: Any) -> Any:
        raise ValueError("invalid literal")

    monkeypatch.setattr(rule_sets, "rule_sets", broken)
    assert "500" in door.wrong(sent)
