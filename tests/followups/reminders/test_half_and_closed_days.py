"""Due dates over half days, summer and closed days: their words in both languages, and the bell of a half day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.roster import make_calendar
from tests.mail.making import scene
from wss_cases.followups.core.presenters import due_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.calendar.bells import BellTime
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind, SchoolDays
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]
FIRST, LAST = date(2026, 8, 24), date(2027, 6, 11)
SNOW, HALF = date(2027, 1, 12), date(2027, 1, 22)


def year_2026() -> dict[date, DayKind]:
    """Every date of 2026-27: a snow day, a half day, summer; nothing of the year after."""
    days = (date(2026, 8, 1) + timedelta(days=number) for number in range(365))
    kinds = {day: DayKind.SCHOOL if FIRST <= day <= LAST and day.weekday() < 5 else DayKind.CLOSED for day in days}
    return kinds | {SNOW: DayKind.CLOSED, HALF: DayKind.HALF}


@pytest.mark.parametrize(
    ("today", "due", "english", "spanish"),
    [
        (HALF, HALF, "Due today, a half day", "Vence hoy, medio día de clases"),
        (date(2027, 1, 21), HALF, "Due tomorrow (Fri, a half day)", "Vence mañana (vie, medio día de clases)"),
        (date(2027, 1, 11), date(2027, 1, 13), "Due Wed, Jan 13", "Vence el mié, 13 ene"),
        (date(2027, 1, 10), date(2027, 1, 11), "Due tomorrow (Mon)", "Vence mañana (lun)"),
        (SNOW, date(2027, 1, 11), "Overdue since Mon, Jan 11", "Con atraso desde el lun, 11 ene"),
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
