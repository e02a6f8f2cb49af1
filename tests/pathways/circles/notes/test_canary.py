"""Privileged words in many notes stand in no answer, header, log, mail, export, search, column or file for others.

Each way of looking is first shown to see a leak that was planted for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.test import TestResponse

from tests.factories.accounts import make_user
from tests.factories.cases import PathwayFactory
from tests.pathways.circles.notes.audit_refused import audit_refused
from tests.pathways.circles.notes.canary import (
    FORMS,
    NOTES,
    STEM,
    as_bytes,
    files,
    forms_of,
    leaks,
    rows,
    standing_in,
    texts,
)
from tests.support.applications import make_app, people_client
from tests.support.databases import Database, Databases
from tests.support.demo import ROLES, client_of
from tests.support.depth import examples
from tests.support.pages.client import PageClient
from tests.support.pages.crawl import links, walk
from tests.support.pages.reading import parse
from tests.support.servers.live_system import LiveSystem
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import Actor, Grant, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.cases.case.models import Case, CaseNote
from wss_cases.casework.case_page.acts import add_note
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, TimelineEntry
from wss_cases.outcomes.documents import TYPES
from wss_cases.outcomes.exports.report_files import LIVE
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.notes.pages import write_note
from wss_cases.roster.directory.models import School

EVERY_LEVEL = 1
PLANTED = "QZPLANTEDHERON"


class Kept(logging.Handler):
    """Keeps every record of every logger, written out."""

    def __init__(self) -> None:
        super().__init__(EVERY_LEVEL)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record with its arguments and traceback."""
        self.lines.append(logging.Formatter("%(message)s").format(record) + repr(record.args))


@dataclass
class Told:
    """A demo district in which somebody who is no demo person keeps circles with many notes."""

    app: Flask
    database: Database
    keeper: Actor
    circles: list[int]
    case_id: int
    log: Kept = field(default_factory=Kept)

    def page(self, circle: int, part: str = "notes") -> str:
        return f"/cases/{self.case_id}/pathways/{circle}/{part}"

    def keeper_client(self) -> PageClient:
        with self.app.app_context():
            return people_client(self.app, db.session.get_one(UserAccount, self.keeper.user_id))


def school_of_the_dean() -> School:
    found = select(RoleGrant.school_id).join(UserAccount).where(UserAccount.email == "dean@demo.example")
    return db.session.get_one(School, db.session.execute(found).scalars().first())


def plant(app: Flask, circles: int = 4) -> tuple[Actor, list[int], int]:
    """Add circles with a keeper of their own to a case of the demo people's school, and write the notes."""
    with app.app_context():
        school = school_of_the_dean()
        user = make_user(Role.COORDINATOR, school)
        keeper = Actor(user.id, user.name, (Grant(Role.COORDINATOR, school.id),))
        case = (
            db.session.execute(select(Case).where(Case.school_id == school.id, Case.state != "closed"))
            .scalars()
            .first()
        )
        assert case is not None
        made = [
            PathwayFactory(case_id=case.id, school_id=school.id, kind="peace_circle", owner_id=user.id).id
            for _ in range(circles)
        ]
        case_id, now = case.id, clock.now()
        for circle in made:
            add_keeper(Invocation(keeper, now), circle, keeper=user.id)
        for number, words in enumerate(texts()):
            write_note(Invocation(keeper, now), made[number % circles], words)
    return keeper, made, case_id


@contextmanager
def kept_logs(app: Flask, log: Kept) -> Iterator[None]:
    """Keep what every logger says at any level, the database's statements and rows included."""
    everything, statements = logging.getLogger(), logging.getLogger("sqlalchemy.engine")
    before = everything.level, statements.level
    everything.addHandler(log)
    everything.setLevel(EVERY_LEVEL)
    statements.setLevel(logging.DEBUG)
    with app.app_context():
        db.engine.echo = "debug"
    yield
    with app.app_context():
        db.engine.echo = False
    everything.removeHandler(log)
    everything.setLevel(before[0])
    statements.setLevel(before[1])


@pytest.fixture(scope="module")
def told(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    database = databases.copy(databases.demo(backend))
    app = make_app(database.url, tmp_path_factory.mktemp("canary"))
    log = Kept()
    with kept_logs(app, log):
        keeper, circles, case_id = plant(app)
    yield Told(app, database, keeper, circles, case_id, log)
    with app.app_context():
        db.engine.dispose()


def case_pages(client: PageClient, case_id: int, limit: int = examples(30, 120)) -> dict[str, TestResponse]:
    """Return every page of one case that its links lead to, each tab and each pathway, not a sample of each kind."""
    queue, seen = [f"/cases/{case_id}"], dict[str, TestResponse]()
    while queue and len(seen) < limit:
        address = queue.pop(0)
        if address in seen:
            continue
        seen[address] = client.get(address)
        if seen[address].mimetype == "text/html" and seen[address].status_code == 200:
            queue += [
                found for found in links(parse(seen[address].text), address) if found.startswith(f"/cases/{case_id}")
            ]
    return seen


def test_the_keeper_reads_all_of_it(told: Told) -> None:
    """The notes are there: what is found nowhere else is found here."""
    client = told.keeper_client()
    pages = [client.page(told.page(circle)).text for circle in told.circles]
    assert sum(page.count(STEM) for page in pages) == NOTES
    assert all(leaks(page) for page in pages)


@pytest.mark.parametrize("role", ROLES)
def test_no_page_that_anybody_else_reaches_holds_it(told: Told, role: str) -> None:
    client = client_of(told.app, role)
    visits = walk(told.app, client, limit=examples(15, 60))
    found = [v.address for v in visits if leaks(v.response.data) or leaks(str(v.response.headers))]
    assert found == [] and len(visits) > 1
    of_case = case_pages(client, told.case_id)
    assert [address for address, answer in of_case.items() if leaks(answer.data) or leaks(str(answer.headers))] == []
    for circle in told.circles:
        for part in ("notes", "privilege/waiver", "privilege/exception"):
            answer = client.get(told.page(circle, part))
            assert answer.status_code == 404 and not leaks(answer.data), (role, part)
        for part in ("keepers", "privilege", ""):
            assert not leaks(client.get(told.page(circle, part).rstrip("/")).data)


@pytest.mark.parametrize("role", ROLES)
def test_no_search_and_no_export_finds_it(told: Told, role: str) -> None:
    client = client_of(told.app, role)
    asked = [f"{page}?q=lantern" for page in ("/students/search", "/cases", "/incidents", "/people", "/circles")]
    asked += [f"/audit?object_type=circle_note&action={action}" for action in ("", "circle.note_written")]
    files = [f"/outcomes/files/{name}.{form}" for name in ("history", *LIVE) for form in TYPES]
    reason = {"csrf_token": client.csrf_token("/account"), "reason": "To look for what must not be in it."}
    assert len(asked) + len(files) > 8
    taken = set[str]()
    for address in asked + files:
        sent = client.post(address, data=reason) if address in files else None
        answer = sent or client.get(address, headers={"X-Search": "lantern"}, follow_redirects=True)
        assert answer.status_code < 500 and not leaks(answer.data) and not leaks(str(answer.headers)), address
        if address in files and answer.status_code == 200:
            taken.add(address)
    if role in ("administrator", "district"):
        assert taken >= {f"/outcomes/files/{name}.{form}" for name in LIVE for form in ("csv", "xlsx")}


def every_file(told: Told, databases: Databases) -> list[Path]:
    folder = databases.postgres().data if told.database.kind == "postgresql" else None
    log = [path for path in (folder / "pg_wal").iterdir() if path.is_file()] if folder else []
    return [*files(told.database, folder), *log]


@pytest.mark.both_databases
def test_a_leak_into_the_shared_record_would_be_seen(told: Told, databases: Databases) -> None:
    """The looking is believed because it sees a note that somebody pasted into the case."""
    planted = forms_of(PLANTED)
    with told.app.app_context():
        note_id = add_note(
            Invocation(told.keeper, clock.now()), told.case_id, text=f"They said {PLANTED} in the circle."
        )
    try:
        found = case_pages(client_of(told.app, "dean"), told.case_id)
        assert [address for address, answer in found.items() if leaks(answer.data, planted)]
        columns = {(table, column) for table, column, value in rows(told.database) if leaks(as_bytes(value), planted)}
        assert {one for one in columns if not one[0].startswith("search_")} == {("case_note", "text")}
        assert ("search_entry", "words") in columns, "and found by its words, as every shared note is"
        assert standing_in(every_file(told, databases), planted)
    finally:
        with told.app.app_context():
            entries = select(TimelineEntry).where(
                TimelineEntry.subject_type == "case_note", TimelineEntry.subject_id == note_id
            )
            for row in (*db.session.scalars(entries), db.session.get_one(CaseNote, note_id)):
                db.session.delete(row)
            db.session.commit()


def test_no_column_holds_it_in_clear(told: Told) -> None:
    seen = list(rows(told.database))
    assert sum(1 for table, column, _ in seen if (table, column) == ("circle_note", "sealed_text")) >= NOTES
    assert [(table, column) for table, column, value in seen if leaks(as_bytes(value))] == []


@pytest.mark.both_databases
def test_no_log_holds_it_and_a_failure_is_told_without_values(told: Told) -> None:
    def refuse(act: str) -> None:
        if act in ("circle.notes_read", "circle.note_written"):
            raise LookupError(f"{act} {texts(1)[0]}")

    client, address = told.keeper_client(), told.page(told.circles[0])
    with kept_logs(told.app, told.log):
        token = client.csrf_token(address)
        with told.app.app_context():
            engine = db.engine
        with audit_refused(engine, refuse):
            body = {"csrf_token": token, "text": texts(1)[0]}
            answers = [client.get(address), client.post(address, data=body)]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert not any(leaks(answer.data) or leaks(str(answer.headers)) for answer in answers)
    words = "\n".join(told.log.lines)
    assert "unexpected LookupError" in words and "INSERT INTO circle_note" in words
    assert not leaks(words)
    with kept_logs(told.app, told.log):
        logging.getLogger("wss").error("%s", texts(1)[0])
    assert leaks(told.log.lines.pop())


@pytest.mark.both_databases
def test_a_failed_statement_is_told_without_its_values(told: Told) -> None:
    with told.app.app_context():
        with pytest.raises(SQLAlchemyError) as failure:
            db.session.execute(text("INSERT INTO no_such_table VALUES (:said)"), {"said": texts(1)[0]})
        db.session.rollback()
    assert "no_such_table" in str(failure.value) and not leaks(str(failure.value))


def leave_some_mail(turns: int) -> None:
    """Leave one of so many reminders of a follow-up to be sent: they differ in their names and days alone."""
    others = OutboxMessage.kind.startswith("followup.") & (OutboxMessage.id % turns != 0)
    db.session.execute(delete(OutboxMessage).where(others))
    db.session.commit()


def test_no_mail_and_no_command_holds_it(told: Told, smtp_server: MailServer, tmp_path: Path) -> None:
    system = LiveSystem(told.database, tmp_path, {"SMTP_URL": smtp_server.url, "MAIL_FROM": "wss@district.example"})
    with told.app.app_context():
        school = school_of_the_dean()
        other = make_user(Role.COORDINATOR, school)
        add_keeper(Invocation(told.keeper, clock.now()), told.circles[0], keeper=other.id)
    year = ("--school-year", "2026-27")
    said = [
        system.flask("outcomes", "report", next(iter(LIVE)), *year, "--format", "csv"),
        system.flask("outcomes", "report", "history", *year, "--format", "json"),
        system.flask("notes", "shred", "--dry-run"),
        system.flask("notes", "rotate"),
        system.flask("permissions", "matrix"),
        system.flask("reminders", "deliver"),
        system.flask("reminders", "sweep"),
    ]
    with told.app.app_context():
        leave_some_mail(examples(6, 1))
    assert not any(leaks(done.stdout) or leaks(done.stderr) for done in said)
    system.flask("reminders", "deliver")
    mails = [mail.everything for mail in smtp_server.mails]
    assert any("You are now a circle keeper" in mail for mail in mails)
    assert not any(leaks(mail) for mail in mails)
    assert not any(leaks(path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.both_databases
def test_no_file_of_the_database_holds_it(told: Told, databases: Databases) -> None:
    found = every_file(told, databases)
    assert found and standing_in(found, FORMS) == set()
