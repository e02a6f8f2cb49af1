"""`flask demo load`: what was asked for, whole, the same again by seed, refused on real data."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, func, or_, select, text

from tests.accounts.sign_in.test_password import sign_in
from tests.support.applications import make_app, people_client
from tests.support.databases import DEMO_PASSWORD, Database, Databases
from tests.support.demo import ROLES
from tests.support.depth import examples
from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import Setting, UserAccount
from wss_cases.cases.case.models import Case
from wss_cases.casework.case_page.pages import blockers
from wss_cases.cli.demo import IS_DEMO
from wss_cases.demo.load import Size, make_district
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import OTHERS_WAIT
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry, Counter, OutboxMessage, TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import Enrolment, School, Student

FIRST_MORNING = "2026-11-24 07:00"
NOT_COMPARED = {"alembic_version", "routing_rule_set", "user_session"}
MADE_ANEW = {"sealed_text", "sealed_key", "key_name", "token_digest", "batch"}
DRAWN_IN = {"counter": {"value"}}
"""Columns that differ each time: texts are sealed under keys of their own, links and undoing are drawn by chance."""


@pytest.fixture
def demo(demo_database: Database, tmp_path: Path) -> Iterator[Flask]:
    """An application on a copy of the small demo district, inside its context."""
    with at_work(demo_database, tmp_path) as application:
        yield application


@pytest.fixture
def empty(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """An application on a migrated database without anybody, inside its context."""
    with at_work(database, tmp_path) as application:
        yield application


@contextmanager
def at_work(database: Database, folder: Path) -> Iterator[Flask]:
    """An application on a database, inside its context, that lets go of it afterwards."""
    application = make_app(database.url, folder, WSS_DEMO_PASSWORD=DEMO_PASSWORD)
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


def make(database: Database, folder: Path, now: datetime, seed: int = 7) -> None:
    """Let people live through a tiny district."""
    with at_work(database, folder):
        make_district(Size(1, 40, 24, 1, seed), "no hash", now, lambda _done: None)


Tiny = Callable[[datetime], Database]


@pytest.fixture
def tiny(databases: Databases, backend: str, tmp_path: Path) -> Tiny:
    """`tiny(now)`: a tiny district as people left it then, made once for who only looks at it or copies it."""
    return lambda now: databases.filled(
        f"tiny-{now:%Y%m%d%H%M}", databases.template(backend), lambda database: make(database, tmp_path, now)
    )


def count(model: type[Base], *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_counts_are_as_asked(demo: Flask) -> None:
    assert (count(School), count(Student), count(Incident)) == (2, 200, 120)
    assert db.session.scalar(select(Setting.value).where(Setting.key == IS_DEMO)) == "yes"
    assert count(Enrolment) >= 190
    assert count(OutboxMessage) == 0


@pytest.mark.both_databases
def test_nothing_points_nowhere_and_numbering_goes_on(demo: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    first = db.session.scalars(select(School).order_by(School.id)).first()
    assert first is not None
    incidents = db.session.scalar(select(func.max(Incident.number)).where(Incident.school_id == first.id))
    cases = db.session.scalar(select(func.max(Case.number)).where(Case.school_id == first.id))
    with unit_of_work(SYSTEM, clock.now()) as uow:
        assert uow.next_number(f"incident:{first.id}") == (incidents or 0) + 1
        assert uow.next_number(f"case:{first.id}") == (cases or 0) + 1
        added = uow.add(School(sourced_id="new", name="A new school", code="NEW"))
        uow.record(added, "school.added")
    assert added.id == 3
    assert count(Counter, or_(Counter.series.like("incident:%"), Counter.series.like("case:%"))) == 4


def test_the_first_school_has_something_of_everything(demo: Flask) -> None:
    first = db.session.scalars(select(School.id).order_by(School.id)).first()
    states = set(db.session.scalars(select(Incident.state).where(Incident.school_id == first)))
    assert states >= {IncidentState.SUBMITTED, IncidentState.RETURNED, IncidentState.ROUTED, IncidentState.CLOSED}
    mine = db.session.scalars(select(UserAccount.id).where(UserAccount.email == "coordinator@demo.example")).one()
    dean = db.session.scalars(select(UserAccount.id).where(UserAccount.email == "dean@demo.example")).one()
    opened = [FollowUp.state == FollowUpState.OPEN, FollowUp.owner_id.in_((mine, dean))]
    assert count(FollowUp, *opened, FollowUp.same_day) > 0
    assert count(Case, Case.lead_id == mine, Case.state != "closed") > 0
    assert demo.test_cli_runner().invoke(args=["reminders", "sweep", "--json"]).output.startswith('{"queued": ')
    assert count(OutboxMessage) > 0


def test_closed_cases_could_be_closed(demo: Flask) -> None:
    closed = db.session.scalars(select(Case).where(Case.state == "closed")).all()
    assert len(closed) > 5
    assert [case.reference for case in closed if blockers(SYSTEM, case)] == []
    leads = {case.id: case.lead_id for case in closed}
    left = select(FollowUp).where(FollowUp.case_id.in_(leads), FollowUp.state == FollowUpState.OPEN)
    rows = db.session.scalars(left).all()
    assert all(row.kind in OTHERS_WAIT or row.owner_id != leads[row.case_id] for row in rows)


def test_every_act_has_its_audit_row_and_its_sentence(demo: Flask) -> None:
    acts = select(TimelineEntry.kind, TimelineEntry.subject_type, TimelineEntry.subject_id, TimelineEntry.at)
    audited = select(AuditEntry.action, AuditEntry.object_type, AuditEntry.object_id, AuditEntry.at)
    told = Counts(map(tuple, db.session.execute(acts)))
    noted = Counts(map(tuple, db.session.execute(audited)))
    assert told <= noted and told.total() > 2000
    for model, kinds in ((Incident, {"incident.submitted"}), (Case, {"case.opened", "support.started"}),
                         (FollowUp, {"followup.made"}), (Pathway, {"pathway.proposed"})):  # fmt: skip
        assert count(TimelineEntry, TimelineEntry.kind.in_(kinds)) == count(model)
    with demo.test_request_context("/"):
        shown = select(TimelineEntry).where(TimelineEntry.kind != "incident.person_changed")
        for entry in db.session.scalars(shown.limit(3000)):
            assert sentence(entry) != entry.kind.replace(".", " ").replace("_", " "), entry.kind


@pytest.mark.any_database("one setting is changed by hand")
def test_loading_again_or_on_real_data_is_refused(demo: Flask) -> None:
    again = demo.test_cli_runner().invoke(args=["demo", "load"])
    assert again.exit_code == 1 and "loaded already" in again.output
    db.session.execute(text("UPDATE setting SET value = 'unfinished'"))
    db.session.commit()
    half = demo.test_cli_runner().invoke(args=["demo", "load"])
    assert half.exit_code == 1 and "did not finish" in half.output
    db.session.execute(text("DELETE FROM setting"))
    db.session.commit()
    real = demo.test_cli_runner().invoke(args=["demo", "load"])
    assert real.exit_code == 1 and "real schools or people" in real.output
    assert count(School) == 2


def test_demo_people_sign_in(demo: Flask) -> None:
    assert count(UserAccount, UserAccount.is_demo) == 9
    for role in ("dean", "district", "district2", "auditor"):
        client = people_client(demo)
        assert sign_in(client, f"{role}@demo.example", DEMO_PASSWORD).status_code == 303


def test_accounts_are_printed_once_loaded_and_before_each_run(empty: Flask) -> None:
    run = empty.test_cli_runner().invoke
    size = ["--schools", "1", "--students", "30", "--incidents", "10", "--years", "1", "--seed", "3"]
    assert run(args=["demo", "load", "--students", "3"]).exit_code == 2
    too_large = run(args=["demo", "load", "--incidents", "5001"])
    assert too_large.exit_code == 2 and "make bench" in too_large.output
    empty.config["WSS_DEMO_PASSWORD"] = "too short"
    assert run(args=["demo", "load", *size]).exit_code == 1
    empty.config["WSS_DEMO_PASSWORD"] = ""
    loaded = run(args=["demo", "load", *size])
    assert loaded.exit_code == 0, loaded.output
    words = loaded.stdout.split("Password of each: ")[1].strip()
    assert len(words) >= 15
    again = run(args=["prepare"])
    assert f"Password of each: {words}" in again.stdout
    assert all(f"{role}@demo.example" in again.stdout for role in ROLES)
    assert sign_in(people_client(empty), "dean@demo.example", words).status_code == 303


def rows(table: Table) -> list[tuple[Any, ...]]:
    left_out = MADE_ANEW | {"id"} | DRAWN_IN.get(table.name, set())
    columns = [column for column in table.columns if column.name not in left_out]
    return sorted(map(tuple, db.session.execute(select(*columns))), key=repr)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    metadata: MetaData = Base.metadata
    return {name: rows(table) for name, table in metadata.tables.items() if name not in NOT_COMPARED}


def test_the_same_seed_gives_the_same_rows(
    databases: Databases, backend: str, tiny: Tiny, at: Callable[..., datetime], tmp_path: Path
) -> None:
    now = at(FIRST_MORNING)
    copies = [databases.copy(tiny(now))]
    at("2026-11-24 07:10")  # nobody who lives through it looks at the clock
    for seed in (7, 8)[: examples(1, 2)]:
        copies.append(databases.copy(databases.template(backend)))
        make(copies[-1], tmp_path, now, seed)
    found = []
    for copy in copies:
        with at_work(copy, tmp_path):
            found.append(everything())
        databases.drop(copy)
    assert found[0] == found[1]
    assert all(other["student"] != found[0]["student"] for other in found[2:]), "and another seed another district"
    assert len(found[0]["timeline_entry"]) > 200


@pytest.mark.parametrize(
    "wall",
    [FIRST_MORNING, "2026-11-24 15:30", "2026-11-29 12:00", "2026-12-25 20:00", "2027-07-04 09:00", "2027-08-03 09:00"][
        :: examples(3, 1)
    ],
)
def test_a_first_sweep_queues_something_on_any_day(
    databases: Databases, tiny: Tiny, at: Callable[..., datetime], tmp_path: Path, wall: str
) -> None:
    """Takes some seconds each: people live through a small district, on every third of these days where not everything
    is proven."""
    now = at(wall)
    copy = databases.copy(tiny(now))
    with at_work(copy, tmp_path) as application:
        assert count(FollowUp, FollowUp.created_at > now) == 0
        assert count(Incident, Incident.submitted_at > now) == 0
        assert count(FollowUp, FollowUp.same_day, FollowUp.state == FollowUpState.OPEN) > 0
        swept = application.test_cli_runner().invoke(args=["reminders", "sweep", "--json"])
    databases.drop(copy)
    assert swept.exit_code == 0 and '"queued": 0' not in swept.output
