"""The real sweep and delivery on days picked from the nine years: clock changes, leap day, year end, edited, half and
closed days; and due dates in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import make_calendar
from tests.mail.making import scene
from tests.support.depth import full_cross
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.presenters import due_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.delivery.queue import deliver
from wss_cases.roster.calendar.days import BellTime, Said, day_at
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind, SchoolDays
from wss_cases.workday.calendar.pages import declare_day, take_back_day
from wss_cases.workday.sweep import sweep

DAY = timedelta(days=1)
WALLS = ("00:10", "05:50", "06:29", "06:30", "10:00", "12:30", "13:59", "14:00", "17:59", "18:00", "23:50")
OTHER_WALLS = WALLS if full_cross() else ("06:30", "14:00", "23:50")
"""When it runs on the days on which nothing is due and nothing happens: once mail is due, and as the day ends."""
SNOW, BACK, HALF = "snow", "back", "half"
SAMPLES: tuple[tuple[str, date, str], ...] = (
    ("America/Chicago", date(2024, 3, 11), ""),  # the Monday after the clock goes forward
    ("America/Los_Angeles", date(2027, 11, 8), ""),  # and after it goes back
    ("America/Denver", date(2028, 2, 29), ""),
    ("America/New_York", date(2029, 6, 8), SNOW),  # the last school day of its year
    ("America/Chicago", date(2031, 12, 19), SNOW),  # over the winter and into the new year
    ("America/Los_Angeles", date(2026, 1, 13), BACK),
    ("America/New_York", date(2032, 10, 6), HALF),
)


@pytest.fixture
def mail(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A folder that mail is written to."""
    before = app.config["MAIL_FOLDER"]
    app.config["MAIL_FOLDER"] = str(tmp_path)
    yield tmp_path
    app.config["MAIL_FOLDER"] = before


def walk(
    at: Callable[..., datetime], zone: str, day: date, expected: date, happens: Callable[[datetime, str], None]
) -> None:
    """Let the scheduler run at telling times from the day before to three days after the next school day."""
    for number in range(-1, 5):
        for wall in WALLS if day + number * DAY in (day, expected) else OTHER_WALLS:
            now = at(f"{day + number * DAY} {wall}", zone)
            if number == 0:
                happens(now, wall)
            sweep(now)
            deliver(now)


@pytest.mark.parametrize(("zone", "day", "what"), SAMPLES)
def test_each_due_date_fires_once_in_its_hours(
    session: Any, mail: Path, at: Callable[..., datetime], zone: str, day: date, what: str
) -> None:
    here = scene()
    here.school.time_zone = zone
    year = date(day.year - (day.month < 8), 8, 1)
    break_ = [day + number * DAY for number in range(1, 4)] if day.month == 12 else []
    make_calendar(day - 9 * DAY, day + 9 * DAY, closed=break_)
    administrator = acting(make_user(Role.ADMINISTRATOR, here.school))
    made = at(f"{day - DAY} 12:00", zone)
    plain = here.due(day, created_at=made).id
    same_day = here.due(day, created_at=made, same_day=True).id
    school_id = here.school.id
    db.session.commit()

    def happens(now: datetime, wall: str) -> None:
        if wall == "05:50" and what in (SNOW, BACK):
            mark = day_at(school_id, day).mark
            declare_day(Invocation(administrator, now), school_id, day, Said(DayKind.CLOSED, "Snow day"), mark)
        if wall == "10:00" and what == BACK:
            take_back_day(Invocation(administrator, now), school_id, day, day_at(school_id, day).mark)
        if wall == "06:29" and what == HALF:
            half = Said(DayKind.HALF, "Boiler", time(11, 30))
            declare_day(Invocation(administrator, now), school_id, day, half, day_at(school_id, day).mark)

    expected = _expected(day, what, break_)
    walk(at, zone, day, expected, happens)
    assert year <= expected
    sent = _sent(zone)
    assert {row.due_on for row in db.session.scalars(select(FollowUp))} == {expected}
    assert [when.date() for when in sent[plain]] == [expected]
    assert [when.date() for when in sent[same_day]] == [expected]
    early = {BACK: "10:00"}.get(what, "06:30")
    assert f"{sent[plain][0]:%H:%M}" == early
    assert f"{sent[same_day][0]:%H:%M}" == ("12:30" if what == HALF else "14:00")


def _expected(day: date, what: str, closed: list[date]) -> date:
    day += DAY if what == SNOW else timedelta()
    while day.weekday() > 4 or day in closed:
        day += DAY
    return day


def _sent(zone: str) -> dict[int, list[datetime]]:
    rows = select(OutboxMessage).where(OutboxMessage.kind == "followup.due", OutboxMessage.state == OutboxState.SENT)
    found: dict[int, list[datetime]] = {}
    for row in db.session.scalars(rows.order_by(OutboxMessage.id)):
        assert row.sent_at is not None
        found.setdefault(row.object_id, []).append(row.sent_at.astimezone(ZoneInfo(zone)))
    return found


At = Callable[..., datetime]
FIRST, LAST = date(2026, 8, 24), date(2027, 6, 11)
CLOSED, HALF_DAY = date(2027, 1, 12), date(2027, 1, 22)


def year_2026() -> dict[date, DayKind]:
    """Every date of 2026-27: a snow day, a half day, summer; nothing of the year after."""
    days = (date(2026, 8, 1) + timedelta(days=number) for number in range(365))
    kinds = {day: DayKind.SCHOOL if FIRST <= day <= LAST and day.weekday() < 5 else DayKind.CLOSED for day in days}
    return kinds | {CLOSED: DayKind.CLOSED, HALF_DAY: DayKind.HALF}


@pytest.mark.parametrize(
    ("today", "due", "english", "spanish"),
    [
        (HALF_DAY, HALF_DAY, "Due today, a half day", "Vence hoy, medio día de clases"),
        (date(2027, 1, 21), HALF_DAY, "Due tomorrow (Fri, a half day)", "Vence mañana (vie, medio día de clases)"),
        (date(2027, 1, 11), date(2027, 1, 13), "Due Wed, Jan 13", "Vence el mié, 13 ene"),
        (date(2027, 1, 10), date(2027, 1, 11), "Due tomorrow (Mon)", "Vence mañana (lun)"),
        (CLOSED, date(2027, 1, 11), "Overdue since Mon, Jan 11", "Con atraso desde el lun, 11 ene"),
        (date(2027, 1, 13), date(2027, 1, 11), "Overdue by 1 school day", "1 día de clases de atraso"),
        (date(2027, 7, 20), LAST, "Overdue since Fri, Jun 11", "Con atraso desde el vie, 11 jun"),
        (
            date(2027, 6, 10),
            date(2027, 9, 3),
            "Due Fri, Sep 3, 2027, in the next school year",
            "Vence el vie, 3 sept 2027, en el próximo año escolar",
        ),
    ],
)
def test_due_dates_in_words_over_closed_half_and_summer_days(
    session: Any, at: At, today: date, due: date, english: str, spanish: str
) -> None:
    at(f"{today} 10:00")
    days = SchoolDays(year_2026())
    with force_locale("en"):
        assert due_words(due, today, days).words == english
    with force_locale("es"):
        assert due_words(due, today, days).words == spanish


def test_no_count_of_days_is_made_up_for_a_year_whose_calendar_is_not_known(session: Any, at: At) -> None:
    at("2027-03-01 10:00")
    days = SchoolDays(year_2026())
    assert due_words(date(2027, 9, 28), date(2027, 9, 1), days).words == "Due Tue, Sep 28"
    assert due_words(date(2027, 3, 30), date(2027, 3, 1), days).words == "Due in 21 school days (Tue, Mar 30)"
    assert due_words(date(2027, 9, 28), date(2027, 9, 1), SchoolDays()).words.startswith("Due in 19")


@pytest.mark.parametrize(
    ("bell", "own", "silent", "mails"),
    [(time(12, 15), False, "11:14", "11:15"), (time(12, 15), True, "11:14", "11:15"), (None, False, "10:29", "10:30")],
)
def test_a_same_day_item_on_a_half_day_goes_by_the_bell_of_that_day(
    session: Any, at: At, bell: time | None, own: bool, silent: str, mails: str
) -> None:
    here = scene()
    make_calendar(date(2026, 11, 1), date(2026, 12, 31), half=[date(2026, 11, 24)] if not own else [])
    day = db.session.scalars(select(CalendarDay).where(CalendarDay.day == date(2026, 11, 24))).one()
    if own:
        given = {"school_year": "2026-27", "kind": DayKind.HALF, "last_bell": bell}
        db.session.add(CalendarDay(school_id=here.school.id, day=day.day, **given))
    else:
        day.last_bell = bell
    db.session.commit()
    here.due(same_day=True, created_at=at("2026-11-24 08:00"), single_mail=True)
    queued = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.kind == "followup.due")
    sweep(at(f"2026-11-24 {silent}"))
    assert db.session.scalar(queued) == 0
    sweep(at(f"2026-11-24 {mails}"))
    assert db.session.scalar(queued) == 1


def test_a_same_day_item_goes_by_the_bell_of_its_weekday(session: Any, at: At) -> None:
    here = scene()
    make_calendar(date(2026, 11, 1), date(2026, 12, 31))
    said = {"starts_on": date(2026, 11, 2), "first_bell": time(8), "said_at": at("2026-11-01 08:00")}
    for weekday, bell in ((1, time(13, 30)), (2, time(12))):
        db.session.add(BellTime(school_id=here.school.id, weekday=weekday, last_bell=bell, **said))
    db.session.commit()
    here.due(same_day=True, created_at=at("2026-11-24 08:00"), single_mail=True)
    queued = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.kind == "followup.due")
    sweep(at("2026-11-24 12:29"))
    assert db.session.scalar(queued) == 0
    sweep(at("2026-11-24 12:30"))
    assert db.session.scalar(queued) == 1
