"""The settings of a district: each from a day on, with its page, its bounds and what it changes; name, zone, year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
from tests.factories.plans import SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from tests.support.pages.crawl import look
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import Setting
from wss_cases.followups.reminders.rules import ESCALATION_DAYS, TO_ADMINISTRATOR, TO_LEAD, levels_of
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.school_time import (
    DISTRICT_NAME,
    DISTRICT_TIME_ZONE,
    day_words,
    district,
    district_day,
    district_zone,
    today_at,
)
from wss_cases.foundation.settings import KNOWN_DISTRICT, forget
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.mail.common.rules import MAIL_OPENS
from wss_cases.outcomes.counting.scope.rules import years_between
from wss_cases.roster.directory.models import CalendarDay, School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import DayKind
from wss_cases.setup.settings.catalogue import BY_NAME, ENTRIES
from wss_cases.setup.settings.pages import set_setting, withdraw_setting
from wss_cases.workday.calendar_import import years
from wss_cases.workday.caseload.rules import CASELOAD_WEIGHTS, STAGES, Weights
from wss_cases.workday.digest.queries import mornings

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)
MAIL = "/settings/morning-mail"


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    """A Saturday, before the settings are read."""
    return at("2026-11-28 10:00")


def text(answer: Any) -> str:
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
        ("meeting-notice", {"value": "61"}, "Enter a whole number from 0 to 60."),
        ("council-quorum", {"value": "1"}, "Enter a whole number from 2 to 100."),
        ("meeting-answers", {"value": "0"}, "Enter a whole number from 1 to 120."),
        ("return-gap", {"value": "2"}, "Enter a whole number from 3 to 60."),
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


PAGE = "/settings/year-start"
ENTRY = BY_NAME["year-start"]


def said(text: str, starts_on: date, now: datetime) -> None:
    newest = db.session.scalar(select(func.max(Setting.id)).where(Setting.key == ENTRY.setting.key))
    set_setting(Invocation(acting(make_user(Role.DISTRICT)), now), ENTRY, text, starts_on, newest)
    forget()


def test_years_that_have_begun_keep_their_days_and_no_day_is_lost_or_twice(now: datetime, at: Any) -> None:
    said("07-01", date(2026, 11, 28), now)
    assert school_year_bounds("2025-26") == (date(2025, 8, 1), date(2026, 7, 31))
    assert school_year_bounds("2026-27") == (date(2026, 8, 1), date(2027, 6, 30))
    assert school_year_bounds("2027-28") == (date(2027, 7, 1), date(2028, 6, 30))
    said("08-15", date(2028, 7, 1), now)
    said("09-30", date(2027, 7, 2), at("2027-07-02 08:00"))
    assert school_year_bounds("2027-28") == (date(2027, 7, 1), date(2028, 8, 14)), "it has begun"
    assert years_between("2026-27", "2028-29") == ["2026-27", "2027-28", "2028-29"]
    day, before = date(2025, 1, 1), "2024-25"
    while day < date(2030, 1, 1):
        year = school_year(day)
        first, last = school_year_bounds(year)
        assert first <= day <= last and (year == before or day == first), day
        day, before = day + timedelta(days=1), year


def test_a_calendar_is_known_by_the_last_day_of_its_own_year(now: datetime) -> None:
    said("07-01", date(2026, 11, 28), now)
    day = date(2026, 8, 1)
    while day <= date(2027, 6, 30):
        db.session.add(CalendarDay(school_year=school_year(day), day=day, kind=DayKind.SCHOOL))
        day += timedelta(days=1)
    db.session.flush()
    days = school_days(None)
    assert days.knows(date(2027, 6, 1)) and not days.knows(date(2027, 7, 1))
    assert days.last_of_year("2026-27") == date(2027, 6, 30)
    assert [year for year, _label in years(date(2027, 5, 1))] == ["2027-28", "2026-27", "2025-26"]
    assert [year for year, _label in years(date(2027, 7, 1))] == ["2027-28", "2028-29", "2026-27"]


def test_what_no_first_day_can_be_is_refused(now: datetime, client_as: Any) -> None:
    person = client_as(make_user(Role.DISTRICT))
    for given, field, words in (
        ({"month": "9", "day": "31"}, "day", "Enter a day of this month."),
        ({"month": "8", "day": "0"}, "day", "Enter a day of this month."),
        ({"month": "8", "day": "1"}, "", "It is already set that way on that day."),
    ):
        refused = person.submit(PAGE, given)
        page = refused.get_data(as_text=True)
        assert refused.status_code == 400 and words in page and (not field or f'href="#{field}"' in page)
    assert db.session.scalar(select(func.count(Setting.id))) == 0
    assert person.submit(PAGE, {"month": "8", "day": "15"}).status_code == 303
    [row] = db.session.scalars(select(Setting))
    assert (row.value, row.starts_on) == ("08-15", date(2026, 11, 28))


ClientAs = Callable[[Any], PageClient]
AT_NIGHT = "2026-11-24 01:00"
YESTERDAY = date(2026, 11, 23)
"""What the day is in Honolulu when it is one at night in Chicago."""


@pytest.fixture
def honolulu(session: Any, at: Callable[..., datetime]) -> datetime:
    """A district of its own zone, at an instant at which Chicago is a day ahead."""
    session.add_all(
        [Setting(key=DISTRICT_NAME, value="Oahu <1>"), Setting(key=DISTRICT_TIME_ZONE, value="Pacific/Honolulu")]
    )
    session.flush()
    session.info.pop(KNOWN_DISTRICT, None)
    return at(AT_NIGHT)


def administrator(ends_on: date | None = None) -> Any:
    """A system administrator until the end of a day."""
    user = UserFactory()
    RoleGrantFactory(user_id=user.id, role=Role.SYSADMIN, ends_on=ends_on)
    return user


@pytest.mark.both_databases
def test_days_are_the_districts_in_python_and_in_sql(honolulu: datetime, session: Any) -> None:
    assert district_zone() == "Pacific/Honolulu"
    assert today_at(None, honolulu) == session.scalar(select(district_day(honolulu))) == YESTERDAY
    assert day_words(YESTERDAY) == "Mon, Nov 23"


def test_a_role_ends_with_the_districts_day(
    honolulu: datetime, client_as: ClientAs, at: Callable[..., datetime]
) -> None:
    client = client_as(administrator(ends_on=YESTERDAY))
    assert client.get("/people").status_code == 200
    at("2026-11-24 04:30")
    assert client.get("/people").status_code == 404


def test_a_new_school_has_the_districts_zone(honolulu: datetime, session: Any) -> None:
    session.add(School(sourced_id="s1", name="Diamond Head", code="DHS"))
    session.flush()
    assert session.scalar(select(School.time_zone).where(School.code == "DHS")) == "Pacific/Honolulu"


def test_every_page_knows_it_without_a_further_statement(app: Flask, session: Any, client_as: ClientAs) -> None:
    client = client_as(administrator())
    client.get("/people")  # the first page of a process compares the schema too
    before = look(app, client, "/people")
    session.add_all(
        [Setting(key=DISTRICT_NAME, value="Oahu"), Setting(key=DISTRICT_TIME_ZONE, value="Pacific/Honolulu")]
    )
    session.flush()
    after = look(app, client, "/people")
    asked = [[one for one in visit.statements if one.startswith("SELECT")] for visit in (before, after)]
    assert len(asked[0]) == len(asked[1])
    assert ["user_session" in one for one in asked[1] if "FROM setting" in one] == [True]
    words = after.response.data.decode()
    assert "Oahu" in words and "Oahu" not in before.response.data.decode()


def test_the_sign_in_page_bears_the_districts_name(honolulu: datetime, client: PageClient) -> None:
    page = client.page("/sign-in")
    assert page.find_all("title")[0].text.strip().endswith("Oahu <1>")
    assert page.find_all("header")[0].text.strip().startswith("Oahu <1>")
