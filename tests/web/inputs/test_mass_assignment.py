"""Fields that a form does not have, sent along with it, set nothing: rows come out as they do without them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, request
from wtforms.fields.core import UnboundField

from tests.access.deeds import filled
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.demo import client_of
from tests.support.depth import examples, full_cross, in_turn
from tests.support.fixed import seed
from tests.support.pages.crawl import shape_of
from tests.support.pages.reading import Form
from tests.support.rows import Key
from tests.support.undone import Undone
from wss_cases.cases.case.models import CaseNote
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base
from wss_cases.foundation.forms import BaseForm, PlainForm

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")
"""What a form takes from a request is settled before any database is asked."""
Change = dict[tuple[Key, str], Any]


def planted_values() -> dict[str, str]:
    """A value for every column of every table, of its kind, that somebody could want there."""
    found: dict[str, str] = {}
    for table in Base.metadata.tables.values():
        for column in table.columns:
            kind = column.type
            if isinstance(kind, sa.Enum):
                found[column.name] = kind.enums[-1]
            elif isinstance(kind, sa.Boolean):
                found[column.name] = "y"
            elif isinstance(kind, sa.Integer):
                found[column.name] = "2"
            elif isinstance(kind, sa.Date):
                found[column.name] = "2026-12-24"
            elif isinstance(kind, sa.String):
                found.setdefault(column.name, "planted")
    return found


class Bench:
    """A demo district in which each form is sent as it is and with everything else that has a name."""

    def __init__(self, app: Flask, roles: set[str]) -> None:
        self.app, self.planted = app, planted_values()
        # everybody is signed in before anything is taken back, their sessions with it
        self.people = {role: (client := client_of(app, role), client.csrf_token("/account")) for role in roles}
        self.undone = Undone(app)

    def changes(self, role: str, address: str, body: dict[str, list[str]]) -> tuple[int, Change]:
        """The status, and each value that a row has anew or for the first time; sent twice, it draws the same twice."""
        client, _token = self.people[role]
        seed.seed(address)
        done = self.undone.send(client, address, method="POST", data=body)
        found: Change = {}
        if done.written:
            for key, (before, after) in self.undone.differing(done).items():
                for name, value in (after or {}).items():
                    if before is None or before[name] != value:
                        found[key, name] = value
            self.undone.undo()
        return done.response.status_code, found

    def wrong(self, role: str, target: str, form: Form, known: set[str]) -> tuple[str, bool]:
        """What planted fields that are not `known` there did; and whether the form was taken without them. One that is
        refused without them is sent with them in the full cross alone."""
        _client, token = self.people[role]
        body = filled(form) | {"csrf_token": [token]}
        status, plain = self.changes(role, target, body)
        if not plain and not full_cross():
            return "", False
        more = {name: [value] for name, value in self.planted.items() if name not in known}
        with_status, with_more = self.changes(role, target, more | body)
        taken = status == 303 and bool(plain)
        if (status, plain) == (with_status, with_more):
            return "", taken
        differing = sorted(
            f"{key[0][0]}.{key[1]}" for key in plain.keys() | with_more.keys() if plain.get(key) != with_more.get(key)
        )
        return f"{role} {target}: {status} and {with_status}, {differing[:6]}", taken


@pytest.fixture(scope="module")
def bench(
    backend: str,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    posting_forms: list[tuple[str, str, Form]],
) -> Iterator[Bench]:
    app = make_app(databases.copy(databases.demo(backend)).url, tmp_path_factory.mktemp("bench"))
    made = Bench(app, {role for role, _address, _form in posting_forms})
    yield made
    made.undone.undo()


@pytest.fixture(scope="module")
def targets(bench: Bench, posting_forms: list[tuple[str, str, Form]]) -> list[tuple[str, str, Form, set[str]]]:
    """(role, address it is sent to, form, names of fields that this or another form may send there)."""
    sent = [(role, urljoin(address, form.action or address), form) for role, address, form in posting_forms]
    known: dict[str, set[str]] = {}
    for _role, target, form in sent:
        names = known.setdefault(shape_of(target), declared(bench.app, target))
        names.update(form.names)
    return [(role, target, form, known[shape_of(target)]) for role, target, form in sent]


def declared(app: Flask, target: str) -> set[str]:
    """The fields of the forms that the page's module knows: some are shown once something was chosen."""
    endpoint, _arguments = app.url_map.bind("localhost").match(urlsplit(target).path, "POST")
    module = sys.modules[app.view_functions[endpoint].__module__]
    classes = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, BaseForm | PlainForm)]
    # every form has the fields of its frame
    return {
        name for one in (*classes, BaseForm) for name in dir(one) if isinstance(getattr(one, name, None), UnboundField)
    }


def test_a_form_takes_what_it_has_and_nothing_else(
    bench: Bench, targets: list[tuple[str, str, Form, set[str]]]
) -> None:
    found, taken = [], 0
    with time_machine.travel(clock.now(), tick=False):
        for target in (target for number, target in enumerate(targets) if in_turn(number, 8)):
            words, was_taken = bench.wrong(*target)
            found += [words] if words else []
            taken += was_taken
    assert not found, "\n".join(found)
    assert taken > examples(5, 40), "forms that are refused anyway prove nothing"


def test_a_planted_field_is_seen(
    bench: Bench, targets: list[tuple[str, str, Form, set[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = next(one for one in targets if one[1].endswith("/notes/new"))
    with time_machine.travel(clock.now(), tick=False):
        assert bench.wrong(*note) == ("", True)
        written = CaseNote.__init__

        def careless(self: Any, **values: Any) -> None:
            written(self, **values | {"author_id": int(request.form.get("author_id", values["author_id"]))})

        monkeypatch.setattr(CaseNote, "__init__", careless)
        assert "case_note.author_id" in bench.wrong(*note)[0]
