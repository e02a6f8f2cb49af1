"""Daily figures: to the unit what the incidents say, whatever is done to them, behind or up to date, killed or not."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.outcomes.making.small_district import Made
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.foundation import operations
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.errors import Refused, existing
from wss_cases.incidents.changes import answer_question
from wss_cases.incidents.incident.models import BehaviorCode, Incident
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, Details, IncidentFilter, PersonDetails
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, Tile
from wss_cases.incidents.lists import conditions_of
from wss_cases.intake.duplicates import merge_into
from wss_cases.intake.report.actions import add_people_to, complete_details, submit_incident
from wss_cases.intake.review.acts import ask_reporter, reopen_review, take_no_action
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.counting.daily_figures import queries as figures_queries
from wss_cases.outcomes.counting.daily_figures.actions import follow, recount
from wss_cases.outcomes.counting.daily_figures.queries import (
    DailyFigure,
    DayFigure,
    DistrictFigure,
    FigureState,
    count_days,
    counted_parts,
    parts_of,
    total_of,
)
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of
from wss_cases.records.retention.deletion.erasure import erase_student

WALL, TUESDAY = "2026-11-24 11:00", 1
PLACES = ("hallway", "cafeteria", "classroom")
ROUNDS = 4


def scope(school_id: int | None = None) -> Scope:
    """The school year so far."""
    return existing(scope_of(school_id, "2026-27", date(2026, 11, 24)))


def stored() -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The rows of the schools and of the district."""
    own = {(row.school_id, row.day): row for row in db.session.execute(select(table_of(DailyFigure)))}
    together = {row.day: row for row in db.session.execute(select(table_of(DistrictFigure)))}
    return (
        {key: DayFigure(row.incidents, row.serious, row.parts) for key, row in own.items()},
        {key: DayFigure(row.incidents, row.serious, row.parts) for key, row in together.items()},
    )


def check_stored() -> None:
    """Recount from the source."""
    live = Incident.state != IncidentState.DUPLICATE
    assert stored() == (
        count_days([live], by_school=True),
        {day: figure for (_all, day), figure in count_days([live]).items()},
    )


def check_read(*schools: int) -> None:
    """What a page reads is what the rows say at this moment."""
    for school_id in (None, *schools):
        live = counted_parts(SYSTEM, here := scope(school_id))
        assert (parts_of(SYSTEM, here), total_of(SYSTEM, here)) == (live, live.total)
        tuesdays = counted_parts(SYSTEM, here, *conditions_of(IncidentFilter(weekday=TUESDAY)))
        assert parts_of(SYSTEM, here, TUESDAY) == tuesdays


class Town:
    """Two schools in which anything may be done to reports, drawn from a seed."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.draw, self.now = random.Random(seed), now
        self.schools = [SchoolFactory(), SchoolFactory()]
        self.students = {
            school.id: [StudentFactory(school=school, grade=self.draw.randint(6, 12)) for _ in range(8)]
            for school in self.schools
        }
        for students in self.students.values():
            for student in students:
                EnrolmentFactory(student=student)
        teams = {school.id: [make_user(role, school) for role in (Role.REPORTER, Role.DEAN)] for school in self.schools}
        self.teams = {number: [acting(user) for user in users] for number, users in teams.items()}
        self.codes = list(db.session.scalars(select(BehaviorCode).where(BehaviorCode.code_set == "groups").limit(8)))
        self.done: set[str] = set()

    def one(self, *states: IncidentState) -> Incident | None:
        found = list(db.session.scalars(select(Incident).where(Incident.state.in_(states)).order_by(Incident.id)))
        return fresh(self.draw.choice(found)) if found else None

    def acts(self) -> list[Callable[[], bool]]:
        """Return everything that can be done, some of it twice, in an order of its own."""
        acts = [
            self.submit, self.submit, self.submit, self.complete, self.complete, self.add, self.ask, self.answer,
            self.drop, self.merge, self.reopen, self.redate, self.move, self.erase,
        ]  # fmt: skip
        self.draw.shuffle(acts)
        return acts

    def act(self, act: Callable[[], bool]) -> None:
        """Do one thing, where it can be done."""
        try:
            if act():
                self.done.add(act.__name__)
        except Refused:
            db.session.rollback()

    def submit(self) -> bool:
        school = self.draw.choice(self.schools)
        people = tuple(
            CapturedPerson(PersonKind.STUDENT, one.id)
            for one in self.draw.sample(self.students[school.id], self.draw.randint(1, 3))
        )
        when = self.now - timedelta(days=self.draw.randint(0, 4), minutes=self.draw.randint(5, 200))
        tile = self.draw.choice([one for one in Tile if one.value in ("fight", "disruption", "property")])
        capture = Capture(school.id, False, tile, self.draw.choice(PLACES), when, people=people)
        return bool(submit_incident(Invocation(self.teams[school.id][0], self.now), capture))

    def complete(self) -> bool:
        report = self.one(IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW)
        if report is None:
            return False
        roles = (PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.WITNESS, PersonRole.BOTH)
        parts = tuple(
            PersonDetails(one.id, role, self.draw.choice(self.codes).id if role in roles[::3] else None)
            for one in report.people
            for role in [self.draw.choice(roles)]
        )
        details = Details(
            self.draw.choice(PLACES), injury=self.draw.choice(("none", "minor")), people=parts,
            weapon=self.draw.choice(("none", "other")),
        )  # fmt: skip
        return bool(complete_details(Invocation(self.dean(report), self.now), report.id, details))

    def add(self) -> bool:
        report = self.one(IncidentState.SUBMITTED)
        if report is None:
            return False
        who = CapturedPerson(PersonKind.STUDENT, self.draw.choice(self.students[report.school_id]).id)
        return bool(add_people_to(Invocation(self.dean(report), self.now), report.id, [who], None))

    def ask(self) -> bool:
        report = self.one(IncidentState.SUBMITTED)
        return report is not None and bool(
            ask_reporter(Invocation(self.dean(report), self.now), report.id, question="Where was it?")
        )

    def answer(self) -> bool:
        report = self.one(IncidentState.RETURNED)
        return report is not None and bool(
            answer_question(Invocation(self.teams[report.school_id][0], self.now), report.id, "There.")
        )

    def drop(self) -> bool:
        report = self.one(IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW)
        return report is not None and bool(
            take_no_action(Invocation(self.dean(report), self.now), report.id, reason="unfounded", note="As seen.")
        )

    def merge(self) -> bool:
        report = self.one(IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW)
        if report is None:
            return False
        others = select(Incident.reference).where(
            Incident.school_id == report.school_id, Incident.id != report.id,
            Incident.state != IncidentState.DUPLICATE,
        )  # fmt: skip
        target = db.session.scalar(others.order_by(Incident.id))
        return target is not None and bool(merge_into(Invocation(self.dean(report), self.now), report.id, target))

    def reopen(self) -> bool:
        report = self.one(IncidentState.DUPLICATE, IncidentState.NO_FURTHER_ACTION)
        return report is not None and bool(
            reopen_review(Invocation(self.dean(report), self.now), report.id, reason="New facts")
        )

    def redate(self) -> bool:
        return self._change("incident.redated", local_date=date(2026, 11, self.draw.randint(2, 23)))

    def move(self) -> bool:
        return self._change(
            "incident.moved", school_id=self.draw.choice(self.schools).id, number=self.draw.randint(10**6, 10**9)
        )

    def _change(self, kind: str, **values: Any) -> bool:
        """No use case does this yet; whichever will is audited with what stood there before."""
        report = self.one(*IncidentState)
        if report is None:
            return False
        with unit_of_work(SYSTEM, self.now) as uow:
            row = uow.session.get_one(Incident, report.id, with_for_update=True)
            for name, value in values.items():
                setattr(row, name, value)
            uow.record(row, kind)
        return True

    def erase(self) -> bool:
        students = self.students[self.draw.choice(self.schools).id]
        if len(students) < 6:
            return False
        gone = students.pop()
        with unit_of_work(SYSTEM, self.now) as uow:
            uow.no_audit()
            erase_student(uow, gone.id, permanent=True)
        return True

    def dean(self, report: Incident) -> Any:
        return self.teams[report.school_id][1]


@pytest.mark.both_databases
def test_whatever_happens_the_figures_are_exact(session: Any, at: Callable[..., datetime]) -> None:
    now = at(WALL)
    town = Town(11, now)
    db.session.commit()
    schools = [school.id for school in town.schools]
    acts = [act for _round in range(ROUNDS) for act in town.acts()]
    for number, act in enumerate(acts):
        town.act(act)
        check_read(*schools)
        if number % 6 == 5:
            follow(now)
            check_stored()
            check_read(*schools)
    assert {act.__name__ for act in acts} - town.done == set()
    follow(now)
    check_stored()
    assert stored()[0]


def test_a_count_killed_half_way_goes_on_where_it_was(session: Any, at: Callable[..., datetime]) -> None:
    now = at(WALL)
    made = Made(seed=2, incidents=30)
    SchoolFactory()
    db.session.commit()
    operations.configure("unit.before_commit:raise:3")  # the mark, a school, and then
    try:
        with pytest.raises(operations.FailpointReached):
            recount(now, 60)
    finally:
        operations.configure("")
    db.session.rollback()
    assert {key[0] for key in stored()[0]} == {made.schools[0].id}
    assert recount(now, 0) == {"schools": 0, "finished": False}
    check_read(made.schools[0].id)  # half a count is never read
    assert recount(now, 60) == {"schools": 2, "finished": True}
    check_stored()
    check_read(made.schools[0].id)


def test_wrong_figures_are_put_right_by_the_command(app: Any, session: Any, at: Callable[..., datetime]) -> None:
    at(WALL)
    Made(seed=4, incidents=20)
    assert app.test_cli_runner().invoke(args=["outcomes", "recount"]).exit_code == 0
    check_stored()
    db.session.execute(update(table_of(DailyFigure)).values(incidents=7))
    db.session.execute(delete(table_of(DistrictFigure)).where(DistrictFigure.day > date(2026, 10, 1)))
    db.session.commit()
    with pytest.raises(AssertionError):
        check_stored()
    done = app.test_cli_runner().invoke(args=["outcomes", "recount", "--json"])
    assert done.stdout == '{"schools": 2, "finished": true}\n'
    check_stored()


def test_far_behind_a_page_counts_from_the_rows(
    session: Any, at: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at(WALL)
    town = Town(3, now)
    db.session.commit()
    recount(now, 60)
    for _number in range(4):
        town.submit()
    monkeypatch.setattr(figures_queries, "MOST_BEHIND", 2)
    check_read()
    last = db.session.scalar(select(func.max(AuditEntry.id))) or 0
    dean, report = town.teams[town.schools[0].id][1], town.one(IncidentState.SUBMITTED)
    for _reading in range(5):
        with unit_of_work(dean, now) as uow:
            uow.audit("incident.read", "incident", report.id if report else None)
    assert figures_queries.changes_after(last, 9) == []
    assert parts_of(SYSTEM, scope()).total == 4
    follow(now)
    assert parts_of(SYSTEM, scope()).total == 4
    last = db.session.scalar(select(func.max(AuditEntry.id)))
    assert db.session.get_one(FigureState, 1).upto == last
