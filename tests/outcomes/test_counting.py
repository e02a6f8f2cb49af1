"""Every measure against a second count: plain loops over the rows themselves."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from tests.outcomes.making import CLOSED, FIRST_DAY, TODAY, Made
from wss_cases.access.actor import SYSTEM
from wss_cases.cases.models import CaseIncident, CaseParticipant
from wss_cases.followups.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.incidents.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.outcomes.queries_overview import Core, Repair, core_of, repair_of
from wss_cases.outcomes.rules import Scope, scope_of
from wss_cases.pathways.circles.agreements.models import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.models import Enrolment, StaffMember
from wss_cases.roster.queries import school_days
from wss_cases.safeguards.models import DisciplineAction, NotifiedStudent, PoliceNotification, PoliceReview
from wss_cases.safeguards.states_police import ReviewState

YEAR_BEGINS = date(2026, 8, 1)


def rows(model: Any) -> list[Any]:
    """Return every row of a table, nothing joined and nothing grouped."""
    return list(db.session.execute(db.select(model.__table__)))


class Second:
    """The rows of one scope, picked by hand."""

    def __init__(self, school_id: int | None) -> None:
        self.school_id = school_id
        self.incidents = {
            row.id: row
            for row in rows(Incident)
            if self.mine(row.school_id, row.local_date) and row.state.value != "duplicate"
        }
        self.people = [row for row in rows(IncidentPerson) if row.incident_id in self.incidents]

    def mine(self, school_id: int, day: date) -> bool:
        """Whether a row lies in the scope."""
        return self.school_id in (None, school_id) and YEAR_BEGINS <= day <= TODAY

    def acted(self, incident_id: int) -> list[Any]:
        """Return who is reported to have caused harm, or whose part is not settled."""
        roles = ("caused_harm", "both", "involved")
        return [p for p in self.people if p.incident_id == incident_id and p.role.value in roles]


@pytest.fixture(params=[None, 0])
def counted(request: pytest.FixtureRequest, session: Any) -> tuple[Second, Scope, Core, Repair]:
    """The district, then one school."""
    made = Made(seed=3)
    school_id = None if request.param is None else made.schools[request.param].id
    scope = scope_of(school_id, "2026-27", TODAY)
    assert scope is not None
    days = school_days(school_id)
    return Second(school_id), scope, core_of(SYSTEM, scope, days), repair_of(SYSTEM, scope, days)


Counted = tuple[Second, Scope, Core, Repair]


def school_days_between(start: date, end: date) -> int:
    """Count school days after a date up to another, one day at a time."""
    day, number = start, 0
    while day < end:
        day += timedelta(days=1)
        number += day.weekday() < 5 and day not in CLOSED and day >= FIRST_DAY
    return number


def check_incidents_and_their_breakdowns(counted: Counted) -> None:
    second, _scope, core, _repair = counted
    incidents = list(second.incidents.values())
    assert core.parts.total == len(incidents) > 20
    assert any(row.state.value == "returned" for row in incidents)
    assert any(row.state.value == "duplicate" for row in rows(Incident))
    plain = {
        "place": Counter(row.location_code for row in incidents),
        "group": Counter(
            None if row.behavior_group is None else str(row.behavior_group) for row in incidents
        ),
        "hour": Counter(
            None if row.local_minute is None else str(row.local_minute // 60) for row in incidents
        ),
    }
    for part, expected in plain.items():
        assert getattr(core.parts, part) == dict(expected)
    assert core.parts.by_day == dict(Counter(row.local_date for row in incidents))


def check_grades_and_behaviors_never_count_witnesses(counted: Counted) -> None:
    second, _scope, core, _repair = counted
    codes = {row.id: row.code for row in rows(BehaviorCode)}
    grades: Counter[str | None] = Counter()
    behaviors: Counter[str | None] = Counter()
    for incident_id in second.incidents:
        acted = second.acted(incident_id)
        grades.update({None if p.grade is None else str(p.grade) for p in acted} or {None})
        behaviors.update({codes.get(p.behavior_code_id) for p in acted} or {None})
    assert core.parts.grade == dict(grades)
    assert core.parts.behavior == dict(behaviors)


def check_serious_incidents(counted: Counted) -> None:
    second, _scope, core, _repair = counted
    serious = [
        row
        for row in second.incidents.values()
        if (row.behavior_group or 0) >= 4 or row.weapon == "other" or row.injury == "minor"
    ]
    assert core.parts.serious == len(serious) > 0


def check_rates_by_month(counted: Counted) -> None:
    second, _scope, core, _repair = counted
    assert [month.first.month for month in core.months] == [8, 9, 10, 11]
    for month in core.months:
        last = min(date(2026, month.first.month + 1, 1) - timedelta(days=1), TODAY)
        days = school_days_between(month.first - timedelta(days=1), last)
        while last.weekday() > 4 or last in CLOSED:
            last -= timedelta(days=1)
        students = sum(
            1
            for row in rows(Enrolment)
            if second.school_id in (None, row.school_id)
            and row.starts_on <= last
            and (row.ends_on is None or row.ends_on >= last)
        )
        number = sum(1 for row in second.incidents.values() if row.local_date.month == month.first.month)
        assert (month.incidents, month.school_days, month.students) == (number, days, students)
        assert month.rate == pytest.approx(number * 100 / students / days)


def check_the_funnel(counted: Counted) -> None:
    second, _scope, _core, repair = counted
    agreements = {row.pathway_id: row.id for row in rows(Agreement)}
    terms: dict[int, list[str]] = {}
    for term in rows(AgreementTerm):
        terms.setdefault(term.agreement_id, []).append(term.state.value)
    cases: dict[int, list[int]] = {}
    for link in rows(CaseIncident):
        cases.setdefault(link.case_id, []).append(link.incident_id)
    came: dict[tuple[str, str], set[int]] = {}
    for row in rows(Pathway):
        met = row.held_on if row.pathway in ("circle", "restorative_conversation") else row.started_on
        states = terms.get(agreements.get(row.id, 0), [])
        kept = bool({"kept", "late"} & set(states)) and not {"open", "not_kept"} & set(states)
        for step, reached in (
            ("proposed", True), ("offered", row.offered_on), ("accepted", row.accepted_on), ("held", met),
            ("agreement", row.id in agreements), ("kept", kept),
        ):  # fmt: skip
            if not reached:
                break
            for name in (row.pathway, "any"):
                came.setdefault((name, step), set()).update(set(cases[row.case_id]) & set(second.incidents))
    in_cases = {incident_id for found in cases.values() for incident_id in found}
    light = 0
    for incident in second.incidents.values():
        if incident.state.value == "closed" and incident.outcome_reason and incident.id not in in_cases:
            light += 1
            for name in ("restorative_conversation", "any"):
                for step in ("proposed", "offered", "accepted", "held"):
                    came.setdefault((name, step), set()).add(incident.id)
    assert repair.funnel["any"]["kept"] > 0 and light > 0
    for name, steps in repair.funnel.items():
        assert steps == {step: len(came.get((name, step), ())) for step in steps}


def check_first_contact(counted: Counted) -> None:
    second, _scope, _core, repair = counted
    within, missed, waiting, reached_at_all = 0, 0, 0, 0
    for person in second.people:
        if person.role.value not in ("harmed", "both"):
            continue
        happened = second.incidents[person.incident_id].local_date
        closed = [
            row.closed_on
            for row in rows(FollowUp)
            if row.incident_person_id == person.id
            and row.state.value == "done"
            and row.outcome != "not_reached"
        ]
        if closed:
            reached_at_all += 1
            within += school_days_between(happened, min(closed)) <= 1
        elif school_days_between(happened, TODAY) <= 1:
            waiting += 1
        else:
            missed += 1
    reach = repair.reach
    assert (reach.within_one, reach.of_all, reach.waiting) == (within, reached_at_all + missed, waiting)
    assert 0 < within < reach.of_all


def check_agreement_terms(counted: Counted) -> None:
    second, _scope, _core, repair = counted
    school_of = {row.id: row.school_id for row in rows(Agreement)}
    person_of = {row.id: row.incident_person_id for row in rows(CaseParticipant)}
    staff_of = {row.id: row.staff_id for row in rows(IncidentPerson)}
    user_of = {row.id: row.user_id for row in rows(StaffMember)}
    kept = late = due = own = 0
    for term in rows(AgreementTerm):
        state = term.state.value
        if not second.mine(school_of[term.agreement_id], term.due_on) or state == "changed":
            continue
        if state == "open" and term.due_on >= TODAY:
            continue
        due += 1
        owner = user_of.get(staff_of.get(person_of[term.owner_participant_id]) or 0)
        by_owner = owner is not None and owner == term.decided_by_id
        own += by_owner and state in ("kept", "late")
        kept += state in ("kept", "late") and not by_owner
        late += state == "late" and not by_owner
    assert (repair.terms.kept, repair.terms.late, repair.terms.due) == (kept, late, due)
    assert own > 0 and due > kept > 0


def check_follow_ups_on_time(counted: Counted) -> None:
    second, _scope, _core, repair = counted
    due = [
        row
        for row in rows(FollowUp)
        if second.mine(row.school_id, row.due_on)
        and row.state.value != "cancelled"
        and (row.state.value == "done" or row.due_on < TODAY)
    ]
    good = [row for row in due if row.closed_on and row.closed_on <= row.due_on]
    assert (repair.on_time.part, repair.on_time.whole) == (len(good), len(due))
    assert 0 < len(good) < len(due)


def check_removals_and_notifications(counted: Counted) -> None:
    second, _scope, _core, repair = counted
    actions = [row for row in rows(DisciplineAction) if second.mine(row.school_id, row.starts_on)]
    for kind in {row.kind for row in actions}:
        same = [row.student_id for row in actions if row.kind is kind]
        assert repair.removals[kind.value] == (len(same), len(set(same)))
    made = {row.id: row for row in rows(PoliceNotification) if second.mine(row.school_id, row.local_date)}
    students = {row.student_id for row in rows(NotifiedStudent) if row.notification_id in made}
    assert repair.police.by_door == dict(Counter(row.door for row in made.values()))
    assert (repair.police.instances, repair.police.students) == (len(made), len(students))
    mine = {row.id for row in rows(Incident) if second.mine(row.school_id, row.local_date)}
    no = [row for row in rows(PoliceReview) if row.incident_id in mine and row.state is ReviewState.REFUSED]
    assert repair.police.refused == len(no) > 0
    assert repair.avoidable == sum(1 for row in made.values() if row.door.value == "other")


CHECKS = [check for name, check in globals().items() if name.startswith("check_")]


def test_every_measure_agrees_with_the_second_count(counted: Counted) -> None:
    assert len(CHECKS) == 9
    for check in CHECKS:
        check(counted)
