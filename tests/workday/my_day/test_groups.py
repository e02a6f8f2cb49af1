"""My day: each group with what belongs to it and its act one tap away, the same cost for 5 and for 60 follow-ups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from tests.cases.making import actor_for, make_user
from tests.factories.base import one_commit
from tests.factories.cases import CaseFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import IncidentFactory, make_incident
from tests.factories.referrals import PartnerFactory
from tests.pathways.circles.making import open_requirements, plan
from tests.support.pages.asked import asked
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import Cover
from wss_cases.cases.case.models import Case, CaseOrigin, CaseState
from wss_cases.followups.pages.follow_up import reassign
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.pathways.referrals.referral.models import Referral, ReferralState
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.digest.sweep import groups
from wss_cases.workday.my_day.pages import MOST_THINGS
from wss_cases.workday.my_day.queries import MOST_DUE, my_day

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def due(world: Any, on: date, **more: Any) -> Any:
    values = {"owner_id": world.coordinator.id, "case_id": world.case.id, "kind": "other"} | more
    return FollowUpFactory(school_id=world.school.id, due_on=on, **values)


def section(page: Any, title: str) -> str:
    """The words of the card with this heading; '' where there is none."""
    found = [*page.find_all("section"), *page.find_all("details")]
    cards = [card for card in found if card.find_all("h2")]
    return next((card.text for card in cards if card.find_all("h2")[0].text.startswith(title)), "")


def test_the_fifth_person_of_today_and_what_was_given_away_are_folded(world: Any, client_as: Any) -> None:
    for number in range(6):
        due(world, TODAY, title=f"Thing {number}", case_id=None, incident_id=make_incident(world.school).id)
    page = client_as(world.coordinator).page("/my-day")
    [folded] = [one for one in page.find_all("details") if one.text.startswith("Show 2 more")]
    assert "Thing 5" in folded.text and "Thing 3" not in folded.text
    assert all(f"Thing {number}" in section(page, "Today") for number in range(6))


def test_each_group_holds_what_belongs_to_it(world: Any, client_as: Any) -> None:
    due(world, date(2026, 11, 20), title="Late thing")
    due(world, TODAY, title="Thing of today")
    due(world, date(2026, 11, 30), title="Thing after the holiday")
    due(world, date(2026, 12, 20), title="Much later")
    paused = due(world, TODAY, title="Paused thing")
    paused.snoozed_until, paused.snooze_reason, paused.snooze_count = date(2026, 11, 30), "waiting", 1
    db.session.commit()
    page = client_as(world.coordinator).page("/my-day")
    today = section(page, "Today")
    assert "Today (2)" in today
    assert today.index("Late thing") < today.index("Thing of today")
    assert "Paused thing" not in today
    assert "Paused thing" in section(page, "Reminders paused")
    assert "Back on Mon, Nov 30" in section(page, "Reminders paused")
    assert "1 overdue, 1 due today" in page.text
    assert "Much later" not in page.text


def test_what_meets_today_has_its_act(world: Any, client_as: Any, at: Callable[..., datetime]) -> None:
    row = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id,
        kind=Kind.PEER_CONFERENCE.value,
    )  # fmt: skip
    plan(world, open_requirements(world, row), starts_at=NOW + timedelta(hours=3))
    back = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id,
        kind=Kind.REENTRY_CIRCLE.value, pathway="reengagement", state=PathwayState.ACTIVE,
    )  # fmt: skip
    db.session.add(
        ReengagementPlan(
            pathway_id=back.id, case_id=world.case.id, school_id=world.school.id, away_from=date(2026, 11, 16),
            return_on=TODAY, meeting_at=NOW + timedelta(hours=1), meeting_place="Room 104",
        )
    )  # fmt: skip
    db.session.commit()
    page = client_as(world.coordinator).page("/my-day")
    assert "11:00 am Re-entry meeting" in section(page, "Meetings today (2)")
    assert "Prepare the meeting" in section(page, "Meetings today")
    assert "Room 104" in page.text
    assert "Open the circle" in section(page, "Meetings today").split("1:00 pm")[1]
    at("2026-11-24 13:30")
    page = client_as(world.coordinator).page("/my-day")
    assert section(page, "Meetings today").count("Did it take place?") == 2
    assert "11:00 am Re-entry" not in client_as(make_user(world.school)).page("/my-day").text
    dean, name = make_user(world.school, Role.DEAN), world.students[0].shown_name
    db.session.execute(update(CircleMeeting).values(keeper_id=dean.id))
    db.session.commit()
    assert name in section(client_as(dean).page("/my-day"), "Meetings today")
    db.session.execute(update(Case).where(Case.id == world.case.id).values(harm_kind=CaseOrigin.SUPPORT.value))
    db.session.commit()
    page = client_as(dean).page("/my-day")
    assert name not in page.text, "a dean sees no support that has no incident"
    assert not section(page, "Meetings today"), "nor a meeting whose page does not open for them"


def test_what_waits_for_a_decision_is_counted(world: Any, client_as: Any) -> None:
    for number in range(7):
        CaseFactory(school_id=world.school.id, lead_id=world.coordinator.id, state=CaseState.INTAKE)
        IncidentFactory(
            school_id=world.school.id, reporter_id=world.coordinator.id, state=IncidentState.RETURNED,
            number=9000 + number,
        )  # fmt: skip
    row = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id,
        kind=Kind.ACADEMIC.value, pathway="wraparound", state=PathwayState.ACTIVE,
    )  # fmt: skip
    partner = PartnerFactory(name="Northside Youth Support")
    db.session.add(
        Referral(
            pathway_id=row.id, case_id=world.case.id, school_id=world.school.id, partner_id=partner.id,
            state=ReferralState.DECLINED, sent_on=TODAY, answered_on=TODAY, ended_on=TODAY,
        )
    )  # fmt: skip
    db.session.commit()
    page = client_as(world.coordinator).page("/my-day")
    assert "2 more questions" in section(page, "Needs you now")
    text = section(page, "Waiting for me")
    assert "Northside Youth Support cannot accept it" in text
    assert "more new case" in text
    in_intake = 7 + (world.case.state is CaseState.INTAKE)
    assert f"Waiting for me ({in_intake + 1})" in text
    assert "Nothing is waiting for your decision" in client_as(make_user(world.school)).page("/my-day").text


def test_danger_and_questions_come_first_in_the_mail_of_the_morning_too(world: Any) -> None:
    dean, states = make_user(world.school, Role.DEAN), IncidentState
    for number, (state, danger) in enumerate(
        ((states.SUBMITTED, False), (states.RETURNED, False), (states.SUBMITTED, True))
    ):
        IncidentFactory(
            school_id=world.school.id, reporter_id=dean.id, state=state, danger_now=danger, number=9500 + number
        )
    with force_locale("en"):
        found = groups(my_day(actor_for(dean), NOW))
    assert [words for words, _count in found[-1]["lines"]] == [
        "report that cannot wait", "question about your report", "report to review",
    ]  # fmt: skip


def test_what_was_given_away_stays_in_sight_until_it_is_done(world: Any, client_as: Any) -> None:
    dean = make_user(world.school, Role.DEAN, name="Robin Vale")
    row = due(world, date(2026, 11, 20), title="Ask the coach")
    reassign(Invocation(world.actor, NOW), row.id, owner=str(dean.id))
    due(world, TODAY, owner_id=dean.id, title="Theirs anyway")
    client = client_as(world.coordinator)
    text = section(client.page("/my-day"), "Reassigned")
    assert "Reassigned (1)" in text
    assert "with Robin Vale" in text
    assert "Overdue by" in text
    assert "Theirs anyway" not in text
    assert "Ask the coach" in client.page("/follow-ups?whose=given").text
    assert "Theirs anyway" not in client.page("/follow-ups?whose=given").text
    client_as(dean).submit(f"/follow-ups/{row.id}", {"outcome": "done", "note": "Asked them"})
    assert not section(client.page("/my-day"), "Reassigned")


def test_whom_one_covers_for_is_said_and_their_work_is_here(world: Any, client_as: Any) -> None:
    away = make_user(world.school, Role.DEAN, name="Robin Vale")
    due(world, TODAY, owner_id=away.id, title="Ask the coach")
    db.session.add(
        Cover(school_id=world.school.id, user_id=away.id, cover_id=world.coordinator.id, starts_on=TODAY,
              ends_on=date(2026, 11, 30), note="", made_at=NOW, made_by_id=away.id)
    )  # fmt: skip
    db.session.commit()
    page = client_as(world.coordinator).page("/my-day")
    assert "You're covering for Robin Vale until Mon, Nov 30." in page.text
    assert "for Robin Vale" in section(page, "Today")
    assert "is covering for you until" in client_as(away).page("/my-day").text


def test_a_long_day_is_short_on_the_page_and_counted_in_full(world: Any, client_as: Any) -> None:
    aside = {"snoozed_until": date(2026, 11, 30), "snooze_reason": "waiting", "snooze_count": 1}
    with one_commit():
        for number in range(MOST_THINGS + 5):
            due(world, date(2026, 11, 20) if number < 25 else TODAY, title=f"Thing {number}")
        for number in range(3):
            due(world, date(2026, 11, 19), title=f"Paused {number}", **aside)
            due(world, date(2026, 11, 25), title=f"Soon {number}")
            due(world, date(2026, 12, 1), title=f"Later {number}")
    page = client_as(world.coordinator).page("/my-day")
    assert "Today (65)" in page.text and "Coming up (3)" in page.text
    assert "45 more" in section(page, "Today")
    assert "25 overdue, 40 due today" in page.text
    assert len([box for box in page.find_all("input") if box.get("name") == "id"]) == 20 + 3
    assert all(f"Paused {number}" in section(page, "Reminders paused") for number in range(3))
    read, every = (my_day(actor_for(world.coordinator), NOW, most) for most in (MOST_THINGS, MOST_DUE))
    assert read.counts == every.counts == {"overdue": 25, "today": 40, "coming": 3, "snoozed": 3, "later": 3}
    shown, due_now = ([item.row for item in (*day.overdue, *day.due_today)] for day in (read, every))
    assert shown == due_now[:MOST_THINGS], "the oldest, as many as are looked at"
    for part in ("coming", "snoozed"):
        assert [item.row for item in getattr(read, part)] == [item.row for item in getattr(every, part)]


def test_my_day_costs_the_same_queries_for_five_items_and_for_sixty(world: Any, client_as: Any) -> None:
    client = client_as(world.coordinator)
    dean = make_user(world.school, Role.DEAN)
    costs = []
    for more in (5, 55):
        for number in range(more):
            on = TODAY + timedelta(days=number % 5 - 3)
            due(world, on, title=f"Thing {number}")
            due(world, on, owner_id=dean.id, given_by_id=world.coordinator.id)
        client.page("/my-day")
        with asked() as counted:
            client.page("/my-day")
        costs.append(len(counted))
    few, many = costs
    # what was given is counted by itself once it no longer stands on the page as a whole
    assert many - few <= 1
    assert 10 < many <= 31
