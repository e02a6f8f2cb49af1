"""Bad input, to every form that links lead to and to every posting route: an answer of 2xx to 4xx, never 5xx."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing.converters import AnyConverter, NumberConverter

from tests.support.applications import make_app, people_client
from tests.support.databases import Databases
from tests.support.demo import client_of
from tests.support.depth import in_turn
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Form
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import forms as form_fields
from wss_cases.foundation.db import Base, db

TEXTS = {
    "empty": "",
    "spaces": "   ",
    "nul": "a\0b",
    "lone surrogate": b"\xed\xa0\x80",
    "right-to-left override": "abc\u202edef",
    "zero width": "\u200b\u200d\ufeff",
    "decomposed": "Nu\u0301n\u0303ez",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "a megabyte": "x" * 1_000_000,
    "newlines": "\n" * 100_000,
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "javascript": "javascript:alert(1)",
    "template": "{{7*7}}{% raw %}</textarea>",
    "quote": "' OR 1=1-- %_\\",
    "name": "O'Brien-Nuñez",
    "null word": "Null",
    "header": "Hello\r\nBcc: all@district.example",
    "negative": "-1",
    "too big": str(2**63),
    "infinite": "1e999",
    "not a number": "NaN",
    "other digits": "٣",
    "no such day": "2026-02-31",
    "no leap day": "2023-02-29",
    "year one": "0001-01-01",
    "year 9999": "9999-12-31",
    "missing hour": "2026-03-08T02:30",
    "doubled hour": "2026-11-01T01:30",
    "ambiguous": "1/2/24",
    "two ids": "1;2",
    "elsewhere": "//evil.example/",
}
EVERYWHERE = {"nul", "lone surrogate", "a megabyte", "too big", "two ids"}
"""Kinds that go into hidden fields and choices too."""

ALIKE = (
    *("empty", "spaces", "newlines", "script", "javascript", "template", "name", "null word", "header"),
    *("no such day", "no leap day", "missing hour", "doubled hour", "ambiguous", "elsewhere"),
)
"""Kinds that are refused before any database is asked, or are plain text to each of them."""

FILLABLE = {
    *("", "text", "email", "search", "tel", "url", "number", "password"),
    *("date", "time", "month", "datetime-local"),
}


@pytest.fixture(scope="module")
def demo_app(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a demo district of its own, which these tests may spoil."""
    return make_app(databases.copy(databases.demo(backend)).url, Path(tmp_path_factory.mktemp("demo")))


SENT: Counter[str] = Counter()
"""How many odd values went out in this process, and in how many requests."""


def filled(form: Form, value: str | bytes, everything: bool, token: str) -> bytes:
    """Return the form as sent with a value in its free fields, or in every field but the token."""
    held: dict[str, list[str | bytes]] = {name: list(values) for name, values in form.values().items()}
    for control in form.element.find_all("input", "select", "textarea"):
        name = control.get("name")
        free = control.tag == "textarea" or (control.tag == "input" and control.get("type").lower() in FILLABLE)
        if name and (everything or free):
            held[name] = [value]
            SENT["values"] += 1
    SENT["requests"] += 1
    held["csrf_token"] = [token]
    return urlencode(held, doseq=True).encode()


def failures(demo_app: Flask, posting_forms: list[tuple[str, str, Form]], kind: str, first: int = 0) -> list[str]:
    """Return a line for each form that answers this kind of value with a failure. Where not everything is proven, each
    form meets a fortieth of the kinds, and each kind a fortieth of the forms: the `first`, or another."""
    value = TEXTS[kind]
    turn = list(TEXTS).index(kind) + first
    clients: dict[str, tuple[PageClient, str]] = {}
    broken = []
    for role, address, form in (form for at, form in enumerate(posting_forms) if in_turn(at + turn, 40)):
        if role not in clients:
            client = client_of(demo_app, role)
            clients[role] = client, client.csrf_token("/account")
        client, token = clients[role]
        target = urljoin(address, form.action or address)
        for everything in (False, True) if kind in EVERYWHERE else (False,):
            body = filled(form, value, everything, token)
            answer = client.post(target, data=body, content_type="application/x-www-form-urlencoded")
            if answer.status_code >= 500:
                broken.append(f"{role} {address} {form.action} (all fields: {everything}): {answer.status_code}")
    return broken + (absurd_days(demo_app) if kind.startswith("year") else [])


def absurd_days(demo_app: Flask) -> list[str]:
    """Return a line for each column that now holds a day of a year in which no record of a school can be."""
    found = []
    with demo_app.app_context():
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, sa.Date | sa.DateTime):
                    ends = db.session.execute(sa.select(sa.func.min(column), sa.func.max(column))).one()
                    found += [f"{column}: {day}" for day in ends if day and not 1950 <= day.year <= 2060]
    return found


@pytest.mark.parametrize("kind", [kind for kind in TEXTS if kind not in ALIKE])
def test_no_form_fails_on(kind: str, demo_app: Flask, posting_forms: list[tuple[str, str, Form]]) -> None:
    assert posting_forms
    broken = failures(demo_app, posting_forms, kind)
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True, scope="session")
@pytest.mark.parametrize("kind", ALIKE)
def test_no_form_fails_on_plain_text(kind: str, demo_app: Flask, posting_forms: list[tuple[str, str, Form]]) -> None:
    assert posting_forms
    broken = failures(demo_app, posting_forms, kind)
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True, scope="session")
def test_a_planted_failure_is_seen(
    demo_app: Flask, posting_forms: list[tuple[str, str, Form]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that breaks at one character alone, and at no other kind."""

    def broken(text: str) -> bool:
        if "\0" in text:
            raise RuntimeError("embedded null byte")
        return True

    monkeypatch.setattr(form_fields, "is_storable", broken)
    assert failures(demo_app, posting_forms, "nul")
    assert not failures(demo_app, posting_forms, "name")
    assert not absurd_days(demo_app)
    with demo_app.app_context():
        db.session.execute(sa.update(FollowUp).where(FollowUp.id == 1).values(due_on=date(9999, 12, 31)))
        db.session.commit()
    assert absurd_days(demo_app) == ["follow_up.due_on: 9999-12-31"]


SIGNING_OUT = ("accounts.sign_out", "questionnaires.here")


def posting_routes(app: Flask) -> list[str]:
    """An address of every rule that takes POST, its parameters filled with something."""
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return [
            adapter.build(
                rule.endpoint,
                {name: _value(rule, name) for name in rule.arguments - set(rule.defaults or ())},
                method="POST",
            )
            for rule in app.url_map.iter_rules()
            if "POST" in (rule.methods or set()) and rule.endpoint not in SIGNING_OUT
        ]


def _value(rule: object, name: str) -> object:
    converter = rule._converters[name]  # type: ignore[attr-defined]
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, NumberConverter) else "x"


def strange(client: PageClient, address: str, token: str, turn: int) -> dict[str, int]:
    """Return the status that each kind of strange request to an address is answered with, or a twelfth of them by turns
    where not everything is proven."""
    text = "application/x-www-form-urlencoded; charset=utf-16"
    file = {"csrf_token": token, "name": (io.BytesIO(b"\0\xff"), "../../x.png")}
    twice = {"csrf_token": token, "name": ["a", "b"], "version": ["1", "x"]}
    sent: dict[str, dict[str, Any]] = {
        "json": {"json": {"a": [1, {"b": None}]}},
        "foreign token": {"data": {"csrf_token": "x"}},
        "no boundary": {"data": b"--x\r\n", "content_type": "multipart/form-data"},
        "charset": {"data": b"a=\xff\xfe", "content_type": text},
        "file for text": {"data": file},
        "repeated": {"data": twice},
        "head": {"method": "HEAD"},
    }
    return {
        kind: client.open(address, **{"method": "POST"} | request).status_code
        for number, (kind, request) in enumerate(sent.items())
        if in_turn(number + turn, 12)
    }


def test_strange_requests_are_answered(demo_app: Flask) -> None:
    client = client_of(demo_app, "administrator")
    token = client.csrf_token("/account")
    broken = [
        f"{address} {kind}: {status}"
        for turn, address in enumerate(posting_routes(demo_app))
        for kind, status in strange(client, address, token, turn).items()
        if status >= 500
    ]
    assert not broken, "\n".join(broken)


def test_strange_headers_and_floods_are_answered(demo_app: Flask) -> None:
    client = people_client(demo_app)
    forged = {"X-Forwarded-For": "1.2.3.4, \u2603", "Host": "evil.example"}
    answers = {
        "many fields": client.post("/sign-in", data={f"f{n}": "1" for n in range(10_000)}),
        "big cookie": client.get("/sign-in", headers={"Cookie": "session=" + "x" * 8000}),
        "forged": client.get("/sign-in", headers=forged),
        "signed out": client.post("/incidents/new", json=[]),
    }
    assert [kind for kind, answer in answers.items() if answer.status_code >= 500] == []
    assert b"evil.example" not in answers["forged"].data


def test_a_post_without_a_token_changes_nothing(demo_app: Flask) -> None:
    client = client_of(demo_app, "administrator")
    taken = [a for a in posting_routes(demo_app) if client.post(a, data={"x": "1"}).status_code not in (400, 404)]
    assert taken == []
