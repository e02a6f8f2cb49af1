"""Whoever sees a record leaves an audit row, and where that row cannot be written nobody sees anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.access.planted import planted_walk
from tests.access.test_permission_walk import TABLE
from tests.access.walk import Walk
from tests.support.applications import Rollback
from tests.support.databases import Databases
from tests.support.depth import BACKENDS, full_cross
from tests.support.pages.client import PageClient
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import AuditEntry
from wss_cases.roster.directory.models import Student
from wss_cases.web import reading

WHO = ("administrator", "coordinator", "dean", "reporter", "partner")
"""Who sees most first: each page is looked at by one."""

BREAK = {
    "renamed": dict.fromkeys(("sqlite", "postgresql"), ("ALTER TABLE audit_entry RENAME TO audit_entry_away",)),
    "refusing": {
        "sqlite": (
            "CREATE TEMP TRIGGER broken BEFORE INSERT ON main.audit_entry BEGIN SELECT RAISE(ABORT, 'no'); END",
        ),
        "postgresql": (
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
            "CREATE TRIGGER broken BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION broken()",
        ),
    },
}  # fmt: skip


@dataclass
class Reads:
    """A demo district with one record of each kind, its readers, and the words by which a record is known."""

    walk: Walk
    clients: dict[str, tuple[PageClient, int]]
    words: frozenset[str]

    def reader(self, rule: Rule) -> str | None:
        """Who of WHO may read this address."""
        line = TABLE[rule.endpoint]
        return None if line.public else next((role for role in WHO if line.may(role, "own")), None)

    def shows(self, answer: TestResponse) -> list[str]:
        """The records that an answer lets its reader see."""
        body = answer.get_data(as_text=True)
        return [word for word in self.words if word in body]

    def get(self, rule: Rule, role: str, broken: tuple[str, ...] = ()) -> tuple[TestResponse, int]:
        """Open an address; returns the answer and how many audit rows its reader left. Undone afterwards."""
        client, user_id = self.clients[role]
        with Rollback(self.walk.app) as connection:
            counted = select(func.count()).select_from(AuditEntry).where(AuditEntry.actor_id == user_id)
            before = connection.execute(counted).scalar_one()
            for statement in broken:
                connection.execute(text(statement))
            # not looked at as a page: that is done elsewhere
            answer = FlaskClient.open(client, self.walk.address(rule, "own"))
            return answer, 0 if broken else connection.execute(counted).scalar_one() - before


@pytest.fixture(scope="module")
def reads(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Reads:
    walk = planted_walk(databases, backend, tmp_path_factory.mktemp("reads"))
    clients = {}
    with walk.app.app_context():
        students = {f"{row[0]} {row[1]}" for row in db.session.execute(select(Student.given_name, Student.family_name))}
        # a name that a student shares with who works there tells of no student
        names = students - set(db.session.scalars(select(UserAccount.name)))
        cases = db.session.scalars(select(Case.reference)).all()
        incidents = db.session.scalars(select(Incident.reference)).all()
        people = {
            role: db.session.scalars(select(UserAccount).where(UserAccount.email == f"{role}@demo.example")).one()
            for role in WHO
        }
    for role, person in people.items():
        clients[role] = (walk.client(role)[0], person.id)
    return Reads(walk, clients, frozenset([*names, *cases, *incidents]))


def pages(reads: Reads) -> list[tuple[Rule, str]]:
    return [(rule, role) for rule, method in reads.walk.rules() if method == "GET" and (role := reads.reader(rule))]


def silent(reads: Reads, only: str = "") -> tuple[list[str], int]:
    """Return the pages that show a record and leave no row, and how many pages show one at all."""
    found, telling = [], 0
    for rule, role in pages(reads):
        if only not in ("", rule.endpoint):
            continue
        answer, rows = reads.get(rule, role)
        seen = reads.shows(answer)
        telling += bool(seen)
        if seen and not rows:
            found.append(f"{role} sees {seen[:2]} at {rule.rule} unseen")
    return found, telling


ONE_DATABASE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")
"""Which pages leave a row is settled before the database is asked for it."""


@ONE_DATABASE
def test_every_page_that_shows_a_record_leaves_an_audit_row(reads: Reads) -> None:
    found, telling = silent(reads)
    assert not found, "\n".join(found)
    assert telling > 60


@ONE_DATABASE
def test_a_page_that_leaves_none_is_seen(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: the list of incidents counts as plain."""
    monkeypatch.setattr(reading, "PLAIN_PAGES", frozenset({"incidents.incidents"}))
    found, _telling = silent(reads, "incidents.incidents")
    assert len(found) == 1
    assert "/incidents unseen" in found[0]


@pytest.mark.both_databases
@pytest.mark.parametrize("how", BREAK)
def test_what_cannot_be_audited_is_not_answered(reads: Reads, backend: str, how: str) -> None:
    leaks = []
    looked = [(rule, role) for rule, role in pages(reads) if reading.is_confidential(reads.walk.app, rule.endpoint)]
    # the pages are shared out between the databases; in the full cross each has all of them
    every = (slice(BACKENDS.index(backend), None, 2), slice(None))[full_cross()]
    for rule, role in looked[every if how == "refusing" else slice(None, None, 9)]:
        answer, _rows = reads.get(rule, role, BREAK[how][backend])
        if reads.shows(answer) or answer.status_code not in (303, 302, 404, 503):
            leaks.append(f"{role} at {rule.rule}: {answer.status_code}, {reads.shows(answer)[:2]}")
    assert not leaks, "\n".join(leaks)


@pytest.mark.both_databases
def test_what_cannot_be_audited_is_not_saved(reads: Reads, backend: str) -> None:
    client, _user_id = reads.clients["administrator"]
    [rule] = [rule for rule, _method in reads.walk.rules() if rule.endpoint == "case_acts.note" and _method == "GET"]
    address = reads.walk.address(rule, "own")
    token = client.csrf_token("/account")
    form: dict[str, Any] = {"csrf_token": token, "text": "Called home about Monday.", "request_key": "k"}
    with Rollback(reads.walk.app) as connection:
        for statement in BREAK["refusing"][backend]:
            connection.execute(text(statement))
        answer = client.post(address, data=form)
        assert answer.status_code == 503, answer.status_code
        assert connection.scalar(text("SELECT count(*) FROM case_note WHERE text LIKE 'Called home about M%'")) == 0
    assert answer.headers["Retry-After"].isdecimal()
    with Rollback(reads.walk.app):
        assert client.post(address, data=form).status_code == 303
