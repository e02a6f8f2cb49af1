"""A setting changes from a day on; what was before stays, a wrong one is put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.plans import SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import Setting
from wss_cases.followups.reminders.rules import ESCALATION_DAYS, TO_ADMINISTRATOR, TO_LEAD, levels_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.school_time import district, today_at
from wss_cases.foundation.settings import forget
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.mail.common.rules import MAIL_OPENS
from wss_cases.roster.directory.models import School
from wss_cases.setup.settings.catalogue import BY_NAME, ENTRIES
from wss_cases.setup.settings.pages import set_setting, withdraw_setting
from wss_cases.workday.caseload.rules import CASELOAD_WEIGHTS, STAGES, Weights
from wss_cases.workday.digest.queries import mornings

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)
MAIL = "/settings/morning-mail"


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    """A Saturday, before the settings are read."""
    return at("2026-11-28 10:00")


def text(answer: Any) -> str:
    """What a page shows, with plain spaces."""
    return str(answer.get_data(as_text=True)).replace("\u202f", " ")


def test_a_change_is_made_from_its_day_on(now: datetime, client_as: Any, at: Any) -> None:
    person, school = client_as(make_user(Role.DISTRICT, name="Dora District")), SchoolFactory()
    assert person.submit(MAIL, {"value": "07:15", "starts_on": "2026-12-01"}).status_code == 303
    forget()
    assert [MAIL_OPENS.on(day) for day in (MONDAY, TUESDAY)] == [time(6, 30), time(7, 15)]
    assert [one.school_id for one in mornings(at("2026-11-30 06:45"))] == [school.id]
    assert mornings(at("2026-12-01 06:45")) == [] and mornings(at("2026-12-01 07:15")) != []
    at("2026-11-28 10:00")
    page = text(person.get("/settings"))
    assert "Time of the morning summary: 6:30 am" in page and "From Tue, Dec 1, 2026: 7:15 am" in page
    page = text(person.get(MAIL))
    assert "Upcoming" in page and "Dora District" in page
    [audit] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "setting.changed"))
    assert audit.changes["value"] == [None, "07:15"] and audit.changes["starts_on"] == [None, "2026-12-01"]
    assert db.session.scalar(select(func.count(TimelineEntry.id)).where(TimelineEntry.kind == "setting.changed")) == 1


def test_a_wrong_one_is_withdrawn_before_its_day_and_else_set_again(now: datetime, client_as: Any, at: Any) -> None:
    user = make_user(Role.DISTRICT)
    person, entry = client_as(user), BY_NAME["morning-mail"]
    first = set_setting(Invocation(acting(user), now), entry, "08:00", date(2026, 11, 28), None)
    second = set_setting(Invocation(acting(user), now), entry, "09:00", MONDAY, first)
    assert person.submit(MAIL, {}, action="withdraw").status_code == 303
    forget()
    assert MAIL_OPENS.on(TUESDAY) == time(8)
    for wrong in (first, second):
        with pytest.raises(Refused):
            withdraw_setting(Invocation(acting(user), now), entry, wrong)
    with pytest.raises(NotFound):
        withdraw_setting(Invocation(acting(user), now), BY_NAME["escalation"], first)
    third = set_setting(Invocation(acting(user), now), entry, "07:00", date(2026, 11, 28), second)
    forget()
    assert MAIL_OPENS.on(MONDAY) == time(7) and third > second
    assert f"{MAIL}?again={first}" in text(person.get(MAIL))
    assert person.form(f"{MAIL}?again={first}", holding="value").values()["value"] == ["08:00"]


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("morning-mail", {"value": "04:59"}, "Enter a time from 5:00 am to 10:00 am."),
        ("morning-mail", {"value": "07:00", "starts_on": "2026-11-27"}, "The first day must be today or later"),
        ("morning-mail", {"value": "07:00", "starts_on": "2029-11-27"}, "The first day must be today or later"),
        ("morning-mail", {"value": "06:30"}, "It is already set that way on that day."),
        ("escalation", {"lead": "4", "administrator": "3"}, "The administrators are not told before"),
        ("escalation", {"lead": "0"}, "Enter a whole number from 1 to 10."),
        ("questionnaires", {"value": "61"}, "Enter a whole number from 3 to 60."),
        ("second-person", {"value": ""}, "Enter a whole number from 1 to 60."),
        ("weights", {"intake": "100"}, "Enter a whole number from 0 to 99."),
        ("school-hours", {"first": "15:00"}, "The last bell must ring after the first one."),
        ("name", {"value": "  "}, "Enter the name of the district."),
        ("plan-tiers", {"value": " \n "}, "Enter at least one tier."),
        ("plan-tiers", {"value": "Tier 1\n" + 61 * "x"}, "Write each tier in at most 60 characters."),
        ("plan-tiers", {"value": "Tier 1\ntier 1"}, "Write each tier only once."),
        ("plan-tiers", {"value": "\n".join(f"Tier {n}" for n in range(13))}, "Enter from 1 to 12 tiers"),
        ("time-zone", {"value": "America/Chicago"}, "It is already set that way on that day."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(now: Any, client_as: Any, name: str, given: Any, words: str) -> None:
    refused = client_as(make_user(Role.DISTRICT)).submit(f"/settings/{name}", given)
    assert refused.status_code == 400 and words in text(refused)
    assert db.session.scalar(select(func.count(Setting.id))) == 0


def test_the_zone_takes_along_the_schools_that_keep_the_districts(now: datetime, client_as: Any) -> None:
    ours, own = SchoolFactory(), SchoolFactory(time_zone="America/New_York")
    person = client_as(make_user(Role.SYSADMIN))
    assert "tell the people who are coming" in text(person.get("/settings/time-zone"))
    assert person.submit("/settings/time-zone", {"value": "America/Denver"}).status_code == 303
    forget()
    assert district().time_zone == "America/Denver" and today_at(None, now) == date(2026, 11, 28)
    zones = {row.id: row.time_zone for row in db.session.scalars(select(School))}
    assert zones == {ours.id: "America/Denver", own.id: "America/New_York"}
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "school.zone_moved")) == 1


def test_new_hours_take_along_the_schools_that_keep_the_old_ones(now: datetime, client_as: Any) -> None:
    ours, own = SchoolFactory().id, SchoolFactory(first_bell=time(9), last_bell=time(15)).id
    person = client_as(make_user(Role.DISTRICT))
    assert person.submit("/settings/school-hours", {"first": "07:30"}).status_code == 303
    first = {row.id: row.first_bell for row in db.session.scalars(select(School))}
    assert first == {ours: time(7, 30), own: time(9)}


def test_two_do_not_overwrite_each_other_and_a_network_sets_nothing(now: datetime, client_as: Any) -> None:
    user, entry = make_user(Role.DISTRICT), BY_NAME["escalation"]
    set_setting(Invocation(acting(user), now), entry, "2,5", MONDAY, None)
    with pytest.raises(Refused, match="Someone else has changed this setting"):
        set_setting(Invocation(acting(user), now), entry, "2,6", MONDAY, None)
    forget()
    assert [levels_of(4, ESCALATION_DAYS.on(day)) for day in (date(2026, 11, 28), MONDAY)] == [
        (TO_LEAD, TO_ADMINISTRATOR),
        (TO_LEAD,),
    ]
    other = make_user(Role.ADMINISTRATOR, SchoolFactory())
    with pytest.raises(NotFound):
        set_setting(Invocation(acting(other), now), entry, "1,2", TUESDAY, None)


def test_every_setting_has_its_page_and_weights_are_read_back(now: datetime, client_as: Any) -> None:
    user = make_user(Role.DISTRICT)
    person = client_as(user)
    for entry in ENTRIES:
        assert str(entry.title) in text(person.get(f"/settings/{entry.name}"))
    for row in person.page("/settings").find_all("li"):
        (name, *_none) = [one.get("href").removeprefix("/settings/") for one in row.find_all("a")] or [""]
        if name in BY_NAME:
            assert ("Needs legal review" in row.text) is BY_NAME[name].unconfirmed, name
    assert all(BY_NAME[name].unconfirmed for name in ("meeting-notice", "council-quorum", "meeting-answers"))
    held = person.form("/settings/weights").values()
    weights = {name: held[name][0] for name in STAGES}
    assert weights == {name: str(points) for name, points in STAGES.items()}
    set_setting(Invocation(acting(user), now), BY_NAME["weights"], "intake=9", MONDAY, None)
    forget()
    assert CASELOAD_WEIGHTS.on(MONDAY) == Weights({**STAGES, "intake": 9})
    assert CASELOAD_WEIGHTS.on(date(2026, 11, 28)) == Weights()
    assert person.get("/settings/none").status_code == 404


def test_tiers_are_offered_from_their_day_and_a_plan_keeps_its_own(now: Any, client_as: Any, at: Any) -> None:
    school = SchoolFactory()
    plan = SchoolPlanFactory(school_id=school.id, tier="Tier 2")
    change = {"value": " Core\r\n\r\nIntensive \r\n", "starts_on": "2026-12-01"}
    boss, head = client_as(make_user(Role.DISTRICT)), make_user(Role.ADMINISTRATOR, school)
    assert boss.submit("/settings/plan-tiers", change).status_code == 303
    page = text(boss.get("/settings"))
    assert "Tier 1, Tier 2, Tier 3" in page and ": Core, Intensive" in page

    def offered() -> list[str]:
        page = client_as(head).page(f"/safety-plans/{plan.id}/change")
        (tier,) = [one for one in page.find_all("select") if one.get("name") == "tier"]
        return [one.get("value") for one in tier.find_all("option")]

    assert offered() == ["", "Tier 1", "Tier 2", "Tier 3"]
    at("2026-12-01 08:00")
    assert offered() == ["", "Core", "Intensive", "Tier 2"]
