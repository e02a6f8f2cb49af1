"""Check-ins at the end of a school year: before the students leave, or at the school they go to; never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import World, make_world
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import EnrolmentFactory, SchoolFactory
from wss_cases.access.actor import SYSTEM, Invocation
from wss_cases.casework.transfer.pages import continue_elsewhere
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import make, make_for_event
from wss_cases.foundation.db import db
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.models import PathwayState
from wss_cases.roster.calendar.importing.actions import import_calendar
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.duties.duty.models import due_at
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]
LAST_FIVE = {date(2027, 6, day) for day in (7, 8, 9, 10, 11)}


def file_of(start: int, more: str = "") -> bytes:
    """A district calendar from the last Monday of August to 11 June."""
    first = date(start, 8, 31) - timedelta(days=date(start, 8, 31).weekday())
    rows = f"{first},{first},First,first_day\n{start + 1}-06-11,{start + 1}-06-11,Last,last_day\n{more}"
    return f"start_date,end_date,title,kind\n{rows}".encode()


@pytest.fixture
def world(session: Any, at: At) -> World:
    now = at("2027-05-25 10:00")
    import_calendar(SYSTEM, "c.csv", file_of(2026), "2026-27", now)
    return make_world(next_review_on=date(2027, 6, 1))


def made(world: World, now: datetime, event: str = "agreement_made") -> list[FollowUp]:
    with unit_of_work(SYSTEM, now) as uow:
        rows = make_for_event(
            uow, event, school_id=world.school.id, owner_id=world.coordinator.id, from_day=now.date(),
            case_id=world.case.id,
        )  # fmt: skip
    return [fresh(row) for row in rows]


def test_check_ins_after_the_last_day_go_to_the_last_five_and_say_why(world: World, at: At) -> None:
    rows = made(world, at("2027-05-25 10:00"))
    by_wanted = {row.original_due_on: row.due_on for row in rows}
    assert by_wanted.pop(date(2027, 6, 1)) == date(2027, 6, 1)  # 5 school days: still this year
    assert len(by_wanted) == 2
    assert set(by_wanted.values()) <= LAST_FIVE
    assert len(set(by_wanted.values())) == 2
    said = [sentence(entry) for entry in case_history(world.case.id)]
    assert sum("is after the last school day of the year" in words for words in said) == 2


def test_the_page_says_where_it_was_to_be_and_a_later_day_by_hand_is_refused(
    world: World, at: At, client_as: Any
) -> None:
    late = max(made(world, at("2027-05-25 10:00")), key=lambda row: row.original_due_on)
    client = client_as(world.coordinator)
    page = client.get(f"/follow-ups/{late.id}").get_data(as_text=True)
    assert "after the last school day of the year" in page
    refused = client.submit(f"/follow-ups/{late.id}/move", {"due_on": "2027-09-07", "reason": "asked"})
    assert refused.status_code == 400
    assert "The last school day is Fri, Jun 11" in refused.get_data(as_text=True)
    assert client.submit(f"/follow-ups/{late.id}/move", {"due_on": "2027-06-04", "reason": "asked"}).status_code == 303
    assert "It was due on" not in client.get(f"/follow-ups/{late.id}").get_data(as_text=True)


def test_several_moved_at_once_leave_a_check_in_in_its_year(world: World, at: At, client_as: Any) -> None:
    at("2027-05-25 10:00")
    common = {"school_id": world.school.id, "case_id": world.case.id, "owner_id": world.coordinator.id}
    call = FollowUpFactory(**common, kind="other", title="Ask the coach", due_on=date(2027, 5, 24))
    asked = FollowUpFactory(**common, kind="check_in_person_harmed", due_on=date(2027, 5, 24))
    client = client_as(world.coordinator)
    values = {"how": "one", "due_on": "2027-09-07", "reason": "asked"}
    address = f"/follow-ups/re-plan?id={call.id}&id={asked.id}"
    page = client.submit(address, values, holding="how").get_data(as_text=True)
    assert "A check-in must come before the last school day (Fri, Jun 11)." in page
    token = client.csrf_token("/account")
    sent = {"csrf_token": token, "reason": "asked", "move": [f"{row.id}.1.2027-09-07" for row in (call, asked)]}
    assert client.post("/follow-ups/re-plan/move", data=sent).status_code == 400
    assert {fresh(row).due_on for row in (call, asked)} == {date(2027, 5, 24)}


def test_a_day_of_an_unknown_year_says_so_and_is_moved_when_its_calendar_comes(
    world: World, at: At, client_as: Any
) -> None:
    now = at("2027-07-20 10:00")
    with unit_of_work(SYSTEM, now) as uow:
        row = make(
            uow, school_id=world.school.id, kind="guardian_contact", owner_id=world.coordinator.id,
            due_on=date(2027, 8, 3), case_id=world.case.id,
        )  # fmt: skip
    follow_up_id = row.id
    client = client_as(world.coordinator)
    words = "The school calendar of that year is not known yet."
    assert words in client.get(f"/follow-ups/{follow_up_id}").get_data(as_text=True)
    import_calendar(SYSTEM, "c.csv", file_of(2027), "2027-28", now)
    sweep(now)
    assert db.session.get_one(FollowUp, follow_up_id).due_on == date(2027, 8, 30)
    assert words not in client.get(f"/follow-ups/{follow_up_id}").get_data(as_text=True)


def test_a_student_who_goes_to_another_school_is_checked_on_there(world: World, at: At) -> None:
    now = at("2027-05-25 10:00")
    import_calendar(SYSTEM, "c.csv", file_of(2027), "2027-28", now)
    there = SchoolFactory()
    for student in world.students:
        EnrolmentFactory(student=student, school_id=there.id, starts_on=date(2027, 8, 30))
    rows = made(world, now)
    late = [row for row in rows if row.original_due_on > date(2027, 6, 11)]
    assert len(late) == 2
    assert all(row.due_on == row.original_due_on >= date(2027, 8, 30) for row in late)
    said = [sentence(entry) for entry in case_history(world.case.id)]
    assert sum("It is due at the student’s next school" in words for words in said) == 2


def test_one_who_stays_keeps_the_check_in_before_the_summer(world: World, at: At) -> None:
    there = SchoolFactory()
    EnrolmentFactory(student=world.students[0], school_id=there.id, starts_on=date(2027, 8, 30))
    assert all(row.due_on <= date(2027, 6, 11) for row in made(world, at("2027-05-25 10:00")))


def test_a_check_in_goes_along_with_its_pathway_to_the_new_school(world: World, at: At) -> None:
    now = at("2027-05-25 10:00")
    there = SchoolFactory()
    placed = {"case_id": world.case.id, "school_id": world.school.id}
    own = PathwayFactory(
        kind=Kind.ONE_TO_ONE.value, for_whom="caused_harm", participant_id=world.people[0].id,
        state=PathwayState.ACTIVE, **placed,
    )  # fmt: skip
    mine = {"owner_id": world.coordinator.id, "kind": "check_in_person_harmed", **placed}
    along = FollowUpFactory(pathway_id=own.id, due_on=date(2027, 6, 3), **mine)
    stays = FollowUpFactory(due_on=date(2027, 6, 3), **mine)
    world.students[0].school_id = there.id
    db.session.commit()
    ids = (along.id, stays.id, world.case.id, world.people[0].id)
    chosen = {"pathways": [str(own.id)], "here": "goes_on"}
    continue_elsewhere(Invocation(world.actor, now), ids[3], note="Draws.", **chosen)
    rows = {row.id: row for row in db.session.scalars(select(FollowUp))}
    assert rows[ids[0]].state is FollowUpState.CANCELLED
    assert rows[ids[1]].state is FollowUpState.OPEN
    [new] = [row for row in rows.values() if row.school_id == there.id]
    assert (new.kind, new.due_on) == ("check_in_person_harmed", date(2027, 6, 3))


def test_clocks_in_hours_know_no_calendar() -> None:
    raised = datetime.fromisoformat("2027-06-11T22:00:00+00:00")
    assert due_at(raised, 48) == raised + timedelta(hours=48)
