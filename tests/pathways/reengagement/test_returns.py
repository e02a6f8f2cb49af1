"""A return: what opens it, once for each cause, and its pages at a desk without JavaScript."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.intake.making import NOW
from tests.pathways.reengagement.making import Removed
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import AgreementKept, Case, CaseResult, CaseState, HarmedSays
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.casework.case_page import acts as casework
from wss_cases.casework.pathway_page import end_early
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.intake.decision import Choice, decide
from wss_cases.pathways.common.models import EndReason, Pathway, PathwayState
from wss_cases.pathways.reengagement.pages import complete
from wss_cases.pathways.reengagement.plan import (
    AwayCause,
    ReengagementPlan,
    back_on,
    is_return,
    return_words,
    returns_of,
)
from wss_cases.roster.directory.models import Enrolment
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.workday.sweep import sweep

TODAY = date(2026, 11, 24)
DAYS = SchoolDays()


@pytest.fixture
def removed(session: Any, at: Any) -> Removed:
    at("2026-11-24 11:00")
    return Removed()


def returns() -> int:
    return db.session.scalar(select(func.count(ReengagementPlan.id))) or 0


def test_a_removal_opens_a_case_with_its_return_in_the_same_act(removed: Removed) -> None:
    [case] = cases_of_incident(removed.incident.id)
    plan, row = removed.plan, removed.row
    assert (row.case_id, row.state, case.lead_id) == (case.id, PathwayState.PROPOSED, removed.coordinator.user_id)
    assert (plan.cause, plan.away_from, plan.return_on) == (AwayCause.REMOVAL, date(2026, 11, 25), date(2026, 11, 27))
    asks = db.session.scalars(select(FollowUp).where(FollowUp.pathway_id == row.id)).one()
    assert (asks.kind, asks.due_on, asks.same_day) == ("reentry_plan", TODAY, True)


def test_the_same_removal_opens_it_once(removed: Removed) -> None:
    removed.remove("same form", starts_on=date(2026, 12, 7), ends_on=date(2026, 12, 8))
    removed.remove("same form", starts_on=date(2026, 12, 7), ends_on=date(2026, 12, 8))
    assert returns() == 1
    assert removed.plan.return_on == date(2026, 12, 9)  # away for longer, one return


def test_another_removal_after_the_return_opens_another(removed: Removed) -> None:
    plan = removed.plan
    plan.returned_on = date(2026, 11, 24)
    plan.away_from = date(2026, 11, 20)
    db.session.commit()
    removed.remove()
    assert returns() == 2


def test_the_decision_that_follows_goes_into_the_same_case(removed: Removed) -> None:
    decide(Invocation(removed.place.actor(), NOW), removed.incident.id, Choice())
    [case] = cases_of_incident(removed.incident.id)
    assert len(case.participants) == 2
    kinds = {row.pathway for row in db.session.scalars(select(Pathway).where(Pathway.case_id == case.id))}
    assert "reengagement" in kinds and len(kinds) > 1


def test_a_removal_recorded_late_opens_the_closed_case_again(removed: Removed) -> None:
    [case] = cases_of_incident(removed.incident.id)
    row = removed.row
    with pytest.raises(Refused, match="first day back"):
        complete(Invocation(removed.coordinator, NOW), row.id, outcome="not_back")
    end_early(Invocation(removed.coordinator, NOW), row.id, EndReason.NO_LONGER_NEEDED, "")
    casework.close(
        Invocation(removed.coordinator, NOW), case.id, result=CaseResult.UNFOUNDED,
        agreement_kept=AgreementKept.NO_AGREEMENT, harmed_says=HarmedSays.NOT_REACHED, what_is_left="Nothing.",
        cancel_reason="done",
    )  # fmt: skip
    removed.remove()
    assert fresh(case).state is CaseState.INTAKE and returns() == 2


def test_a_long_absence_is_opened_by_hand_from_the_student(removed: Removed, client_as: Any) -> None:
    student = removed.place.students[2]
    client = client_as(removed.place.coordinator)
    assert "Back after a long absence" in client.page(f"/students/{student.id}").text
    address = f"/students/{student.id}/return"
    wrong = client.submit(address, {"cause": "long_absence", "away_from": "2026-11-23", "return_on": "2026-11-20"})
    assert wrong.status_code == 400 and 'value="2026-11-20"' in wrong.text
    assert client.submit(address, {"cause": "long_absence", "return_on": "2026-12-01"}).status_code == 303
    case = db.session.get_one(Case, removed.row.case_id)
    assert [person.student_id for person in case.participants] == [student.id] and not case.incidents
    assert "Return after a long absence" in client.page(f"/cases/{case.id}").text
    assert "is already open" in client.submit(address, {"cause": "placement"}).text
    assert returns() == 2


def enrol(student: Any, school: Any, starts_on: date, ends_on: date | None) -> None:
    db.session.add(Enrolment(student_id=student.id, school_id=school.id, starts_on=starts_on, ends_on=ends_on))
    db.session.commit()


def test_an_enrolment_after_a_gap_opens_one_return(session: Any, at: Any) -> None:
    school = SchoolFactory()
    coordinator = acting(make_user(Role.COORDINATOR, school))
    gone, moved, stayed = (StudentFactory(school=school) for _number in range(3))
    enrol(gone, school, date(2026, 8, 24), date(2026, 10, 1))
    enrol(gone, school, date(2026, 11, 23), None)
    enrol(moved, SchoolFactory(), date(2026, 8, 24), date(2026, 11, 20))
    enrol(moved, school, date(2026, 11, 23), None)
    enrol(stayed, school, date(2026, 8, 24), None)
    now = at("2026-11-24 06:31")
    assert sweep(now, dry_run=True) is not None and returns() == 0
    for minute in range(3):
        sweep(now + timedelta(minutes=minute))
    sweep(at("2026-11-25 06:31"))
    [found] = returns_of(coordinator, school.id)
    assert (found.plan.student_id, found.plan.cause) == (gone.id, AwayCause.PLACEMENT)
    assert (found.plan.away_from, found.plan.return_on) == (date(2026, 10, 2), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("earlier", "starts_on", "gap", "expected"),
    [
        ([date(2026, 11, 6)], date(2026, 11, 23), 10, True),  # 10 school days between Fri 6 and Mon 23
        ([date(2026, 11, 6)], date(2026, 11, 20), 10, False),
        ([date(2026, 9, 1), None], date(2026, 11, 23), 10, False),
        ([date(2026, 6, 12)], date(2026, 8, 24), 10, False),  # the summer
        ([], date(2026, 11, 23), 10, False),
    ],
)
def test_a_gap_is_counted_in_school_days_of_one_year(
    earlier: list[date | None], starts_on: date, gap: int, expected: bool
) -> None:
    assert is_return(starts_on, earlier, DAYS, gap) is expected


def test_the_day_back_follows_the_removal() -> None:
    starts = date(2026, 11, 25)
    assert back_on(DAYS, starts, date(2026, 11, 27), 3, False) == date(2026, 11, 30)
    assert back_on(DAYS, starts, None, 2, False) == date(2026, 11, 27)
    assert back_on(DAYS, starts, None, 0, False) == date(2026, 11, 26)
    assert back_on(DAYS, starts, None, 90, True) is None


def test_days_until_the_return_are_said_in_words(app: Any) -> None:
    with app.test_request_context():
        words = {
            day: return_words(day, None, TODAY, DAYS)
            for day in (TODAY, date(2026, 11, 25), date(2026, 11, 27), date(2026, 11, 20), None)
        }
        on_sunday = return_words(date(2026, 11, 20), None, date(2026, 11, 22), DAYS)
    assert on_sunday == "Expected on Fri, Nov 20", "no school day has passed"
    assert list(words.values()) == [
        "Back today",
        "Back tomorrow (Wed)",
        "Back in 3 school days (Fri, Nov 27)",
        "Expected 2 school days ago (Fri, Nov 20)",
        "Day of return not known yet",
    ]


def open_kinds(removed: Removed) -> list[str]:
    wanted = select(FollowUp).where(FollowUp.pathway_id == removed.row.id, FollowUp.state == FollowUpState.OPEN)
    return sorted(row.kind for row in db.session.scalars(wanted))


def test_from_the_plan_to_the_outcome(removed: Removed, client_as: Any, at: Any) -> None:
    client = client_as(removed.place.coordinator)
    page = f"/cases/{removed.row.case_id}/pathways/{removed.row.id}"
    assert "Back in 3 school days (Fri, Nov 27)" in client.page("/returns").text
    early = client.submit(f"{page}/return", {"return_on": "2026-11-20", "supporters": "An aunt", "agreed": "y"})
    assert "cannot be before the first day away" in early.text and "An aunt" in early.text
    given = {"return_on": "2026-11-27", "supporters": "An aunt", "work_missed": "Two essays", "agreed": "y"}
    assert client.submit(f"{page}/return", given).status_code == 303
    assert removed.row.state is PathwayState.PREPARING and open_kinds(removed) == ["work_missed"]
    far = client.submit(f"{page}/return/meeting", {"day": "2026-12-18", "time": "09:00", "place": "Room 12"})
    assert "at most 5 school days from it" in far.text and "Room 12" in far.text
    near = {"day": "2026-11-25", "time": "09:00", "place": "Room 12"}
    assert client.submit(f"{page}/return/meeting", near).status_code == 303
    assert open_kinds(removed) == ["reentry_meeting", "work_missed"]
    at("2026-11-25 10:00")
    client = client_as(removed.place.coordinator)
    assert "Record whether the re-entry meeting took place" in client.page(page).text
    client.submit(f"{page}/return/meeting/answer", {"happened": "student_away"})
    assert "needs a new date" in client.page(page).text
    client.submit(f"{page}/return/meeting", {"day": "2026-11-27", "time": "09:00", "place": "Room 12"})
    at("2026-11-27 10:00")
    client = client_as(removed.place.coordinator)
    client.submit(f"{page}/return/meeting/answer", {"happened": "held"})
    assert client.submit(f"{page}/return/back", {"on": "2026-11-27"}).status_code == 303
    assert open_kinds(removed) == ["reengagement_review", "reengagement_review", "work_missed"]
    at("2026-12-04 10:00")
    client = client_as(removed.place.coordinator)
    silent = client.submit(f"{page}/return/review", {"answer": "needs_more"})
    assert "what is needed now" in silent.text
    soon = client.submit(f"{page}/return/complete", {"outcome": "settled"})
    assert "Review the return once" in soon.text
    client.submit(f"{page}/return/review", {"answer": "support_goes_on"})
    assert client.submit(f"{page}/return/complete", {"outcome": "settled"}).status_code == 303
    assert (removed.row.state, removed.row.outcome) == (PathwayState.COMPLETED, "settled")
    assert open_kinds(removed) == []
    assert "Back in class and settled" in client.page(page).text
    assert "No one is away" in client.page("/returns").text


def test_a_meeting_that_nobody_wants_is_not_asked_for_again(removed: Removed, client_as: Any) -> None:
    client = client_as(removed.place.coordinator)
    page = f"/cases/{removed.row.case_id}/pathways/{removed.row.id}"
    client.submit(f"{page}/return", {"agreed": "y"})
    assert "Plan the re-entry meeting" in client.page(page).text
    client.submit(f"{page}/return/meeting/answer", {"happened": "not_wanted"})
    text = client.page(page).text
    assert "does not want a meeting" in text and "Plan the re-entry meeting" not in text


def test_the_common_pages_lead_to_the_return(removed: Removed, client_as: Any) -> None:
    client = client_as(removed.place.coordinator)
    page = f"/cases/{removed.row.case_id}/pathways/{removed.row.id}"
    assert client.get(f"{page}/start").location.endswith("/return/back")
    assert client.get(f"{page}/complete").location.endswith("/return/complete")
    asks = db.session.scalars(select(FollowUp).where(FollowUp.pathway_id == removed.row.id)).one()
    assert client.get(f"/follow-ups/{asks.id}/return").location.endswith("/return")
    assert "Plan the return with the student" in client.page(f"/follow-ups/{asks.id}").text
