"""A deletion really deletes: nothing of the child in any table, file or page; what is another child's stays whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, Table, Text, func, select, text

from tests.factories.accounts import acting, make_user
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.records.retention.canary import Planter, files_with, found_in
from tests.support.applications import make_app, people_client
from tests.support.databases import Database
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import Case, CaseNote
from wss_cases.foundation import clock, operations
from wss_cases.foundation.db import Base, db
from wss_cases.incidents.incident.models import Incident, IncidentDraft, IncidentPerson
from wss_cases.journal.audit.actions import seal
from wss_cases.journal.audit.queries import verify
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.circles.circle.models import CircleAttendance, CircleMeeting, CircleOutsideKeeper
from wss_cases.pathways.legal_holds import HoldKind, LegalHold, is_student_held, open_hold
from wss_cases.records.retention.core.pages import (
    Decision,
    DeletionItem,
    DeletionState,
    ItemState,
    RecordDeletion,
    RemovedFigure,
)
from wss_cases.records.retention.core.queries import kinds_of
from wss_cases.records.retention.deletion.pages import carry_out, confirm
from wss_cases.records.retention.reach import TABLES, Reader, Whose
from wss_cases.records.retention.schedule import decide
from wss_cases.roster.directory.models import Enrolment, GuardianLimit, Student

pytestmark = pytest.mark.both_databases

WORD, OTHER = "zqcanary", "zqkeeper"


@dataclass
class World:
    """One school with a child whose record may go, another child beside them, and two who decide."""

    app: Any
    folder: Path
    school: Any
    planter: Planter
    keeper: Any
    shared: Any
    case: Any
    proposer: Any
    confirmer: Any

    @property
    def student_id(self) -> int:
        return self.planter.ids["student"]


@pytest.fixture
def world(database: Database, tmp_path: Path, at: Callable[..., Any]) -> Iterator[World]:
    at("2026-11-24 10:00")
    app = make_app(database.url, tmp_path / "instance")
    with app.app_context():
        school = SchoolFactory()
        proposer, confirmer = make_user(Role.ADMINISTRATOR, school), make_user(Role.ADMINISTRATOR, school)
        planter = Planter(WORD)
        planter.everything(school=school.id, user_account=confirmer.id)
        keeper = StudentFactory(school=school, given_name="Zqkeeper", family_name="Stays")
        EnrolmentFactory(student=keeper)
        child = db.session.get_one(Student, planter.ids["student"])
        shared = make_incident(
            school, [child, keeper], state="closed", narrative="Zqcanary and Zqkeeper met; ZQCANARY left."
        )
        case = CaseFactory(school_id=school.id, state="closed", closed_at=clock.now(), result="repaired")
        CaseIncidentFactory(case_id=case.id, incident_id=shared.id)
        for one in (child, keeper):
            CaseParticipantFactory(case_id=case.id, student_id=one.id)
        db.session.add(CaseNote(case_id=case.id, at=clock.now(), text="Spoke with zqcanary’s mother and Zqkeeper."))
        db.session.add(
            IncidentDraft(user_id=proposer.id, payload={"people": [str(child.id)], "narrative": [WORD]},
                          updated_at=clock.now())
        )  # fmt: skip
        db.session.commit()
        yield World(
            app, Path(database.name).parent if database.kind == "sqlite" else tmp_path, school, planter, keeper,
            shared, case, proposer, confirmer,
        )  # fmt: skip
        db.session.remove()
        db.engine.dispose()


def propose_and_confirm(world: World, *students: int) -> int:
    for student_id in students or (world.student_id,):
        decide(
            Invocation(acting(world.proposer), clock.now()),
            student_id,
            decision=Decision.DELETE,
            reason="",
            keep_until=None,
        )
    deletion = db.session.scalars(select(RecordDeletion).order_by(RecordDeletion.id.desc())).first()
    assert deletion is not None
    count = len(students) or 1
    confirm(Invocation(acting(world.confirmer), clock.now(), version=deletion.version), deletion.id, typed=count)
    return deletion.id


def test_nothing_of_the_child_is_left_anywhere(world: World) -> None:
    about = [name for name, kept in TABLES.items() if kept.whose is Whose.STUDENT]
    assert [name for name in about if name not in world.planter.ids] == []
    planted = {where.split(".")[0] for where in found_in([WORD])}
    assert {"incident", "case_note", "guardian", "imported_row", "circle_note", "timeline_entry"} <= planted
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    deletion_id = propose_and_confirm(world)
    seal(clock.now())
    assert carry_out(clock.now()) == {"deleted": 1, "kept": 0, "done": 1, "to_erase": 0}
    assert found_in([WORD]) == []
    _gone_from_files(world)
    _other_child_is_whole(world)
    row = db.session.get_one(RecordDeletion, deletion_id)
    assert row.state is DeletionState.DONE and row.erased_at is not None and len(row.digest) == 64
    assert row.counts["incident"] == 1 and row.counts["circle_note"] == 1 and row.counts["drafts"] == 2
    assert {figure.what for figure in db.session.scalars(select(RemovedFigure))} >= {"incident", "case_record"}
    _pages_hold_nothing(world)
    seal(clock.now())
    assert verify(clock.now()).broken is None
    assert carry_out(clock.now()) == {"deleted": 0, "kept": 0, "done": 0, "to_erase": 0}


def _gone_from_files(world: World) -> None:
    if db.engine.dialect.name == "sqlite":
        db.session.remove()
        assert files_with(world.folder, [WORD]) == []
        return
    words = "most_common_vals::text ILIKE :word OR histogram_bounds::text ILIKE :word"
    samples = text(f"SELECT tablename || '.' || attname FROM pg_stats WHERE {words}")
    with db.engine.connect() as connection:
        assert connection.execute(samples, {"word": f"%{WORD}%"}).all() == []


def _other_child_is_whole(world: World) -> None:
    incident = db.session.get_one(Incident, world.shared.id)
    assert incident.narrative == "[…] and Zqkeeper met; […] left."
    note = db.session.scalars(select(CaseNote).where(CaseNote.case_id == world.case.id)).one()
    assert note.text == "Spoke with […]’s mother and Zqkeeper."
    people = db.session.scalars(select(IncidentPerson).where(IncidentPerson.incident_id == incident.id)).all()
    assert [person.student_id for person in people] == [world.keeper.id]
    assert [one.student_id for one in db.session.get_one(Case, world.case.id).participants] == [world.keeper.id]
    assert db.session.get_one(Student, world.keeper.id).given_name == "Zqkeeper"


def _pages_hold_nothing(world: World) -> None:
    for role in (Role.ADMINISTRATOR, Role.COORDINATOR):
        client = people_client(world.app, make_user(role, world.school))
        addresses = ["/incidents", "/cases", f"/cases/{world.case.id}", f"/incidents/{world.shared.id}", "/disclosures"]
        for address in (*addresses, "/my-day", f"/incidents?q={WORD}"):
            answer = client.get(address)
            assert answer.status_code in (200, 302, 404), address
            assert "zqcanary" not in answer.text.casefold().replace(f"q={WORD}", "").replace(f'value="{WORD}"', ""), (
                address
            )
        assert client.get(f"/students/{world.student_id}").status_code == 404


def _helps_in_case_of_others(world: World) -> tuple[Case, CircleOutsideKeeper]:
    """The child helped to keep a circle of a case about the other one, came, and is named in its note."""
    case = CaseFactory(school_id=world.school.id, state="closed", closed_at=clock.now(), result="repaired")
    CaseParticipantFactory(case_id=case.id, student_id=world.keeper.id)
    circle = PathwayFactory(case_id=case.id, school_id=world.school.id)
    placed = {"pathway_id": circle.id, "case_id": case.id, "school_id": world.school.id}
    helper = CircleOutsideKeeper(
        student_id=world.student_id, adult_id=world.proposer.id, name="", added_at=clock.now(), **placed
    )
    meeting = CircleMeeting(keeper_id=world.proposer.id, starts_at=clock.now(), happened=True, **placed)
    db.session.add_all([helper, meeting, CaseNote(case_id=case.id, at=clock.now(), text="Zqcanary kept it well.")])
    db.session.flush()
    db.session.add(CircleAttendance(meeting_id=meeting.id, outside_keeper_id=helper.id, attended=True))
    db.session.commit()
    return case, helper


def test_who_helped_to_keep_a_circle_goes_with_their_own_record_and_the_case_stays(world: World) -> None:
    case, helper = _helps_in_case_of_others(world)
    propose_and_confirm(world)
    assert carry_out(clock.now())["deleted"] == 1
    assert found_in([WORD]) == []
    assert db.session.get(CircleOutsideKeeper, helper.id) is None
    assert not db.session.scalars(select(CircleAttendance).where(CircleAttendance.outside_keeper_id.is_not(None))).all()
    assert [one.student_id for one in db.session.get_one(Case, case.id).participants] == [world.keeper.id]
    note = db.session.scalars(select(CaseNote).where(CaseNote.case_id == case.id)).one()
    assert note.text == "[…] kept it well."


def test_a_case_goes_with_whom_it_is_about_whoever_helped_in_it(world: World) -> None:
    case, helper = _helps_in_case_of_others(world)
    reach = Reader(db.session, world.keeper.id).reach(permanent=True)
    assert case.id in reach.gone["case_record"] and helper.id in reach.gone["circle_outside_keeper"]
    assert world.student_id not in reach.gone["student"]
    with unit_of_work(acting(world.proposer), clock.now()) as uow:
        open_hold(
            uow, LegalHold(school_id=world.school.id, kind=HoldKind.COURT_ORDER, reason="Order 8", case_id=case.id)
        )
    assert is_student_held(world.student_id), "a hold on the case keeps who helped in it"
    assert "case" in kinds_of([world.student_id])[world.student_id]


def test_a_table_that_nobody_deletes_from_is_seen(world: World) -> None:
    planted = Table("case_diary", Base.metadata, Column("id", Integer, primary_key=True), Column("words", Text))
    try:
        planted.create(db.engine)
        with db.engine.begin() as connection:
            connection.execute(planted.insert().values(words=f"What {WORD} said"))
        assert "case_diary.words" in found_in([WORD])
    finally:
        planted.drop(db.engine)
        Base.metadata.remove(planted)


def test_the_temporary_part_goes_after_five_years_and_who_it_was_stays(world: World, at: Callable[..., Any]) -> None:
    row = db.session.scalars(select(Enrolment).where(Enrolment.student_id == world.student_id)).one()
    row.starts_on, row.ends_on = date(2019, 8, 20), date(2021, 11, 24)
    db.session.commit()
    at("2026-11-23 23:59")
    with pytest.raises(Exception, match="may not be deleted yet"):
        propose_and_confirm(world)
    at("2026-11-24 00:01")
    propose_and_confirm(world)
    assert carry_out(clock.now())["deleted"] == 1
    permanent = {name for name, kept in TABLES.items() if kept.kind == "identity"} - {
        "enrolment",
        "guardian_limit",
        "survey_opt_out",
    }
    assert {where.split(".")[0] for where in found_in([WORD])} == permanent
    limits = select(GuardianLimit).where(GuardianLimit.student_id == world.student_id)
    assert db.session.scalars(limits).all(), "whom an order holds away stays known: it holds no word that was typed"


def test_a_kill_between_records_loses_nothing_and_goes_on(world: World) -> None:
    second = Planter("zqsecond", number=2)
    shared = {name: number for name, number in world.planter.ids.items() if TABLES[name].whose is not Whose.STUDENT}
    second.everything(**shared)
    deletion_id = propose_and_confirm(world, world.student_id, second.ids["student"])
    before = found_in(["zqsecond"])
    operations.configure("unit.before_commit:raise:2")
    try:
        with pytest.raises(operations.FailpointReached):
            carry_out(clock.now())
    finally:
        operations.configure("")
    db.session.remove()
    assert found_in([WORD]) == [] and found_in(["zqsecond"]) == before
    states = select(DeletionItem.state).where(DeletionItem.deletion_id == deletion_id).order_by(DeletionItem.id)
    assert list(db.session.scalars(states)) == [ItemState.DELETED, ItemState.WAITING]
    # a tick that has no time left for it still deletes one record: none waits for good behind mail
    assert carry_out(clock.now(), 0.0) == {"deleted": 1, "kept": 0, "done": 1, "to_erase": 0}
    assert found_in(["zqsecond"]) == []
    counted = db.session.get_one(RecordDeletion, deletion_id).counts
    assert counted["incident"] == 2 and counted["student"] == 2


@pytest.mark.parametrize("on", ["student", "case"])
def test_a_hold_that_comes_after_the_confirmation_still_keeps_the_record(world: World, on: str) -> None:
    propose_and_confirm(world)
    ids = world.planter.ids
    held = {"student_id": ids["student"]} if on == "student" else {"case_id": ids["case_record"]}
    with unit_of_work(acting(world.proposer), clock.now()) as uow:
        open_hold(uow, LegalHold(school_id=world.school.id, kind=HoldKind.COURT_ORDER, reason="Order 7", **held))
    before = found_in([WORD])
    assert carry_out(clock.now()) == {"deleted": 0, "kept": 1, "done": 1, "to_erase": 0}
    assert found_in([WORD]) == before
    assert db.session.scalars(select(DeletionItem.why_kept)).one() == "hold"
    kept = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "record.kept")
    assert db.session.scalar(kept) == 1
