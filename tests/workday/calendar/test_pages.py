"""A day of the calendar is declared through the pages: what moves is said before, moves, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.cases.making import TODAY, World, make_world
from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import make_calendar
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Form, forms, parse
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import LIAISON
from wss_cases.followups.pages import follow_up as follow_up_pages
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.roster.calendar.days import day_at
from wss_cases.roster.calendar.importing.actions import import_calendar
from wss_cases.roster.directory.models import CalendarDay, CalendarMove
from wss_cases.roster.directory.rules import DayKind
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.calendar.pages import settle_changes
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]
NEXT = date(2026, 11, 25)
SNOW = {"kind": "closed", "label": "Snow day"}


@dataclass
class Day:
    """What stands on the snow day of one school, and the administrator who declares it."""

    world: World
    now: datetime
    follow_up: FollowUp
    closed: FollowUp
    late: FollowUp
    mentoring: Pathway
    circle: Pathway
    meeting: CircleMeeting
    administrator: Any
    client: PageClient

    @property
    def address(self) -> str:
        return f"/school-calendar/schools/{self.world.school.id}/2026-11-24"

    def declare(self, values: dict[str, str] | None = None, address: str = "", **more: Any) -> Any:
        """Send the form, then confirm on the page that says what moves."""
        address = address or self.address
        checked = self.client.submit(address, values or SNOW)
        assert checked.status_code == 200, checked.get_data(as_text=True)[:3000]
        return self.confirm(checked, address, **more)

    def confirm(self, checked: Any, address: str = "", **more: Any) -> Any:
        """Send what the check page holds."""
        [form] = [one for one in forms_of(checked) if "confirmed" in one.names]
        data = {name: held[0] for name, held in form.values().items() if held} | more
        return self.client.post(address or self.address, data=data)


def forms_of(response: Any) -> list[Form]:
    return forms(parse(response.get_data(as_text=True)))


@pytest.fixture
def day(session: Any, at: At, client_as: Any) -> Day:
    now = at("2026-11-24 05:50")
    world = make_world(next_review_on=TODAY)
    make_calendar(date(2026, 11, 1), date(2026, 12, 31))
    placed = {"school_id": world.school.id, "case_id": world.case.id}
    owned = {**placed, "owner_id": world.coordinator.id}
    circle = PathwayFactory(state=PathwayState.PREPARING, next_step_on=TODAY, owner_id=world.coordinator.id, **placed)
    meeting = CircleMeeting(
        pathway_id=circle.id, keeper_id=world.coordinator.id, starts_at=now + timedelta(hours=5), **placed
    )
    db.session.add(meeting)
    mentoring = PathwayFactory(kind=Kind.ONE_TO_ONE.value, state=PathwayState.ACTIVE, next_step_on=TODAY, **placed)
    administrator = make_user(Role.ADMINISTRATOR, world.school)
    made = Day(
        world, now, FollowUpFactory(**owned), FollowUpFactory(state=FollowUpState.DONE, outcome="reached", **owned),
        FollowUpFactory(due_on=date(2026, 11, 20), **owned), mentoring, circle, meeting, administrator,
        client_as(administrator),
    )  # fmt: skip
    db.session.expunge_all()
    return made


def told(case_id: int) -> list[str]:
    return [sentence(entry) for entry in case_history(case_id)]


def test_a_snow_day_says_what_it_moves_and_then_moves_it(day: Day) -> None:
    checked = day.client.submit(day.address, SNOW)
    page = checked.get_data(as_text=True)
    assert "This moves" in page and "Tue, Nov 24 to Wed, Nov 25" in page
    assert "First contact with the person harmed" in page and "Review of the case" in page
    assert "Next step: One-to-one mentoring" in page
    assert "Circle at 10:50 am: needs a new day" in page.replace("\u202f", " ")
    assert fresh(day.follow_up).due_on == TODAY
    assert day_at(day.world.school.id, TODAY).is_open

    answer = day.confirm(checked)
    assert (answer.status_code, answer.location) == (303, f"{day.address}/moved")
    assert fresh(day.follow_up).due_on == NEXT
    assert fresh(day.follow_up).original_due_on == TODAY
    assert (fresh(day.closed).due_on, fresh(day.late).due_on) == (TODAY, date(2026, 11, 20))
    assert fresh(day.world.case).next_review_on == NEXT
    assert fresh(day.mentoring).next_step_on == NEXT
    assert fresh(day.circle).next_step_on == TODAY
    assert fresh(day.meeting).starts_at == day.meeting.starts_at
    [ask] = db.session.scalars(select(FollowUp).where(FollowUp.kind == "plan_meeting"))
    assert (ask.due_on, ask.owner_id, ask.pathway_id) == (NEXT, day.world.coordinator.id, day.circle.id)

    shown = day.client.get(answer.location).get_data(as_text=True)
    assert "What moved" in shown and "Snow day" in shown and day.administrator.name in shown
    history = told(day.world.case.id)
    assert (
        "Follow-up moved to Wed, Nov 25, 2026: First contact with the person harmed. "
        "There is no school on Tue, Nov 24, 2026 (Snow day)" in history
    )
    assert "Next review moved to Wed, Nov 25, 2026. There is no school on Tue, Nov 24, 2026 (Snow day)" in history
    own = day.client.get(f"/follow-ups/{day.follow_up.id}").get_data(as_text=True)
    assert "first due Tue, Nov 24" in own and "There is no school on Tue, Nov 24 (Snow day)." in own
    assert "Snow day" in day.client.get(f"/school-calendar/schools/{day.world.school.id}?of=2026-11").text


def test_what_tells_of_a_need_for_housing_moves_unsaid(day: Day, client_as: Any) -> None:
    placed = {"school_id": day.world.school.id, "case_id": day.world.case.id}
    kept = PathwayFactory(kind=Kind.HOUSING_BASIC_NEEDS.value, state=PathwayState.ACTIVE, next_step_on=TODAY, **placed)
    asked = FollowUpFactory(kind=LIAISON, owner_id=day.world.coordinator.id, **placed)
    db.session.commit()
    told = ("Basic needs support", "liaison")
    page = day.client.submit(day.address, SNOW).get_data(as_text=True)
    assert "One-to-one mentoring" in page and not any(words in page for words in told)
    day.declare()
    assert (fresh(kept).next_step_on, fresh(asked).due_on) == (NEXT, NEXT)
    for address in ("moved", "take-back"):
        page = day.client.get(f"{day.address}/{address}").get_data(as_text=True)
        assert "One-to-one mentoring" in page and not any(words in page for words in told), address
    both = make_user(Role.ADMINISTRATOR, day.world.school)
    db.session.add(RoleGrant(user_id=both.id, role=Role.COORDINATOR, school_id=day.world.school.id, starts_on=TODAY))
    db.session.commit()
    page = client_as(both).get(f"{day.address}/moved").get_data(as_text=True)
    assert all(words in page for words in told)


def test_nothing_is_mailed_for_the_old_day_and_one_mail_for_the_new(day: Day, at: At) -> None:
    day.declare()
    sweep(at("2026-11-24 10:00"))
    queued_for = select(OutboxMessage.dedupe_key).where(OutboxMessage.kind == "followup.due")
    owner_id = day.world.coordinator.id
    assert set(db.session.scalars(queued_for)) == {f"followup:{day.late.id}:2026-11-20:{owner_id}"}
    sweep(at("2026-11-25 10:00"))
    assert f"followup:{day.follow_up.id}:2026-11-25:{owner_id}" in set(db.session.scalars(queued_for))


def test_taking_it_back_brings_back_what_nobody_touched(day: Day, at: At) -> None:
    other = FollowUpFactory(school_id=day.world.school.id, case_id=day.world.case.id, owner_id=day.world.coordinator.id)
    db.session.expunge_all()
    day.declare()
    moved_on = date(2026, 11, 30)
    follow_up_pages.move(Invocation(day.world.actor, day.now), other.id, due_on=moved_on, reason="asked")
    page = day.client.get(f"{day.address}/take-back").get_data(as_text=True)
    assert "This comes back" in page and "Wed, Nov 25 to Tue, Nov 24" in page
    assert day.client.submit(f"{day.address}/take-back").status_code == 303
    assert (fresh(day.follow_up).due_on, fresh(other).due_on) == (TODAY, moved_on)
    assert fresh(day.world.case).next_review_on == TODAY
    assert fresh(day.mentoring).next_step_on == TODAY
    [ask] = db.session.scalars(select(FollowUp).where(FollowUp.kind == "plan_meeting"))
    assert ask.state is FollowUpState.CANCELLED
    assert day_at(day.world.school.id, TODAY).is_open
    assert any("There is school on that day after all" in words for words in told(day.world.case.id))
    shown = day.client.get(f"{day.address}/moved").get_data(as_text=True)
    assert "What came back" in shown
    # a second time finds nothing declared
    assert day.client.get(f"{day.address}/take-back").status_code == 303


@pytest.mark.parametrize("act", ["moved", "closed"])
def test_what_is_taken_back_to_a_day_that_has_no_school_by_now_moves_on(
    day: Day, at: At, client_as: Any, act: str
) -> None:
    owner = client_as(day.world.coordinator)
    address = f"/follow-ups/{day.follow_up.id}"
    if act == "moved":
        values = {"due_on": "2026-12-01", "reason": "asked"}
        assert owner.submit(f"{address}/move", values).status_code == 303
    else:
        assert owner.submit(address, {"outcome": "reached", "manner": "phone"}).status_code == 303
    day.declare()
    settle_changes(at("2026-11-24 05:56"))
    settle_changes(at("2026-11-24 05:57"))
    assert owner.submit("/my-day", action="/follow-ups/undo").status_code == 303
    assert fresh(day.follow_up).state is FollowUpState.OPEN
    settle_changes(at("2026-11-24 05:58"))
    assert fresh(day.follow_up).due_on == NEXT
    assert any("Snow day" in words for words in told(day.world.case.id))


def test_a_half_day_needs_its_bell_and_moves_nothing(day: Day) -> None:
    refused = day.client.submit(day.address, {"kind": "half", "label": "Boiler"})
    assert refused.status_code == 400
    assert "Enter when the last bell of the half day rings." in refused.get_data(as_text=True)
    assert "Boiler" in refused.get_data(as_text=True)
    answer = day.declare({"kind": "half", "label": "Boiler", "last_bell": "11:45"})
    assert answer.status_code == 303
    assert (fresh(day.follow_up).due_on, day_at(day.world.school.id, TODAY).last_bell) == (TODAY, time(11, 45))
    assert "Half day, last bell at 11:45 am – Boiler" in day.client.get(answer.location).get_data(as_text=True).replace(
        "\u202f", " "
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"label": "Snow"}, "Choose the type of day."),
        ({"kind": "closed", "label": "  "}, "Enter the reason in a few words"),
        ({"kind": "closed", "label": "x" * 121}, "Use at most 120 characters."),
        ({"kind": "half", "label": "Boiler", "last_bell": "25:99"}, "Not a valid time value"),
    ],
)
def test_bad_answers_are_named_and_kept(day: Day, values: dict[str, str], words: str) -> None:
    answer = day.client.submit(day.address, values)
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)
    assert day_at(day.world.school.id, TODAY).is_open


def test_past_days_and_days_far_off_are_not_declared(day: Day) -> None:
    base = day.address.rpartition("/")[0]
    assert "This day is past." in day.client.get(f"{base}/2026-11-23").get_data(as_text=True)
    assert "Choose a day within the next year." in day.client.get(f"{base}/2028-11-23").get_data(as_text=True)
    values = SNOW | {"confirmed": "1", "csrf_token": day.client.csrf_token(day.address)}
    assert day.client.post(f"{base}/2026-11-23", data=values).status_code == 400
    assert day_at(day.world.school.id, date(2026, 11, 23)).is_open
    for text in ("2026-13-01", "today", "9999-12-31x"):
        assert day.client.get(f"{base}/{text}").status_code == 404
    assert day.client.get(f"{base}?of=9999-12").status_code == 200
    assert day.client.get(f"{base}?of=x").status_code == 200


def test_the_same_form_twice_declares_once(day: Day) -> None:
    checked = day.client.submit(day.address, SNOW)
    assert [day.confirm(checked).status_code for _time in range(2)] == [303, 303]
    count = select(func.count()).select_from(CalendarMove).where(CalendarMove.subject_type == "follow_up")
    assert db.session.scalar(count) == 1
    declared = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "calendar.declared")
    assert db.session.scalar(declared) == 1


def test_who_saw_another_day_is_told_that_it_changed(day: Day, client_as: Any) -> None:
    checked = day.client.submit(day.address, SNOW)
    colleague = client_as(make_user(Role.ADMINISTRATOR, day.world.school))
    other = Day(**{**vars(day), "client": colleague})
    assert other.declare({"kind": "half", "label": "Boiler", "last_bell": "11:45"}).status_code == 303
    assert day.confirm(checked).status_code == 409
    assert day_at(day.world.school.id, TODAY).label == "Boiler"
    page = day.client.form(f"{day.address}/take-back")
    assert other.declare(SNOW).status_code == 303
    data = {name: held[0] for name, held in page.values().items() if held}
    assert day.client.post(f"{day.address}/take-back", data=data).status_code == 409


def test_the_district_sees_numbers_and_its_own_day_moves_every_school(day: Day, client_as: Any, at: At) -> None:
    district = client_as(make_user(Role.DISTRICT))
    other = Day(**{**vars(day), "client": district})
    checked = district.submit(day.address, SNOW).get_data(as_text=True)
    assert "3 things" in checked and day.world.case.reference not in checked
    elsewhere = make_world(next_review_on=TODAY)
    kept = make_world(next_review_on=TODAY)
    db.session.add(CalendarDay(school_year="2026-27", school_id=kept.school.id, day=TODAY, kind=DayKind.SCHOOL))
    db.session.commit()
    db.session.expunge_all()
    assert other.declare(address="/school-calendar/district/2026-11-24").status_code == 303
    assert fresh(day.follow_up).due_on == TODAY  # until the minute's sweep
    sweep(at("2026-11-24 05:51"))
    assert (fresh(day.follow_up).due_on, fresh(day.world.case).next_review_on) == (NEXT, NEXT)
    assert fresh(elsewhere.case).next_review_on == NEXT
    assert fresh(kept.case).next_review_on == TODAY
    [entry] = db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "followup.no_school"))
    assert entry.actor_id is None
    # the district's file, taken in again, does not undo what was declared; taking back does
    text = "start_date,end_date,title,kind\n2026-08-24,2026-08-24,F,first_day\n2027-06-11,2027-06-11,L,last_day\n"
    import_calendar(SYSTEM, "c.csv", text.encode(), "2026-27", day.now)
    assert not day_at(None, TODAY).is_open
    assert district.submit("/school-calendar/district/2026-11-24/take-back").status_code == 303
    settle_changes(at("2026-11-24 05:53"))
    assert (fresh(day.follow_up).due_on, fresh(day.world.case).next_review_on) == (TODAY, TODAY)


def test_an_imported_day_off_moves_what_stands_on_it_with_the_next_sweep(day: Day, at: At) -> None:
    text = (
        "start_date,end_date,title,kind\n2026-08-24,2026-08-24,F,first_day\n2027-06-11,2027-06-11,L,last_day\n"
        "2026-11-24,2026-11-25,Thanksgiving,no_school\n"
    )
    import_calendar(SYSTEM, "c.csv", text.encode(), "2026-27", day.now)
    assert fresh(day.follow_up).due_on == TODAY
    sweep(at("2026-11-24 05:51"))
    assert fresh(day.follow_up).due_on == date(2026, 11, 26)
    assert "(Thanksgiving)" in " ".join(told(day.world.case.id))
    sweep(at("2026-11-24 05:56"))
    left = select(func.count()).select_from(CalendarDay).where(CalendarDay.unsettled_since.is_not(None))
    assert db.session.scalar(left) == 0
    moves = select(func.count()).select_from(CalendarMove).where(CalendarMove.subject_type == "follow_up")
    assert db.session.scalar(moves) == 1


def test_every_week_begins_on_sunday(day: Day) -> None:
    page = day.client.page(f"/school-calendar/schools/{day.world.school.id}?of=2026-11")
    [table] = [one for one in page.find_all("table") if one.get("class") == "month"]
    assert [one.text for one in table.find_all("th")][:2] == ["Sun", "Mon"]
    assert [one.text for one in table.find_all("td")][:2] != ["", ""]
