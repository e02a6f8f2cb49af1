"""A school's bells ring weekday by weekday, from a day on; what a day's last bell moves goes by them."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.roster.calendar.days import BellTime, bells_on, last_bells
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
USUAL = (time(8), time(15))


@pytest.fixture
def school(session: Any, at: Any) -> Any:
    at("2026-11-23 09:00")
    return SchoolFactory()


def test_bells_of_a_weekday_hold_from_their_day_on(school: Any, client_as: Any) -> None:
    person = client_as(make_user(Role.ADMINISTRATOR, school, name="Ada Admin"))
    address = f"/school-calendar/schools/{school.id}/bells"
    assert person.submit(address, {"starts_on": "2026-11-25", "last2": "13:30"}).status_code == 303
    [row] = db.session.scalars(select(BellTime))
    assert (row.weekday, row.starts_on, row.first_bell, row.last_bell) == (2, WEDNESDAY, time(8), time(13, 30))
    assert bells_on(school, TUESDAY)[2] == USUAL
    assert bells_on(school, WEDNESDAY) == [USUAL, USUAL, (time(8), time(13, 30)), USUAL, USUAL]
    assert person.submit(address, {"starts_on": "2026-12-02", "last2": "14:00"}).status_code == 303
    places = {(school.id, day) for day in (TUESDAY, date(2026, 11, 18), WEDNESDAY, date(2026, 12, 2))}
    assert last_bells(places) == {(school.id, WEDNESDAY): time(13, 30), (school.id, date(2026, 12, 2)): time(14)}
    page = person.get(address).get_data(as_text=True).replace("\u202f", " ")
    assert "Wednesday: 8:00 am to 1:30 pm" in page and "Ada Admin" in page
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "bells.said")) == 2
    db.session.add(CalendarDay(school_year="2026-27", school_id=school.id, day=WEDNESDAY, kind=DayKind.HALF))
    db.session.commit()
    assert last_bells(places)[school.id, WEDNESDAY] == time(11, 30)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"starts_on": "2026-11-22"}, "The first day must be today or later."),
        ({"last1": "07:00"}, "The last bell must ring after the first one."),
        ({"first4": ""}, "Enter the time."),
    ],
)
def test_odd_bells_are_refused_at_their_field(school: Any, client_as: Any, values: Any, words: str) -> None:
    person = client_as(make_user(Role.ADMINISTRATOR, school))
    refused = person.submit(f"/school-calendar/schools/{school.id}/bells", {"last0": "14:10", **values})
    assert refused.status_code == 400
    page = refused.get_data(as_text=True)
    assert words in page and "14:10" in page
    assert db.session.scalar(select(func.count(BellTime.id))) == 0


def test_two_administrators_do_not_overwrite_each_other(school: Any, client_as: Any) -> None:
    one, other = (client_as(make_user(Role.ADMINISTRATOR, school)) for _each in range(2))
    address = f"/school-calendar/schools/{school.id}/bells"
    held = {name: value[0] for name, value in other.form(address).values().items() if value}
    assert one.submit(address, {"last0": "14:00"}).status_code == 303
    refused = other.post(address, data=held | {"last0": "14:30"})
    assert refused.status_code == 400 and "Someone else has changed the bell times" in refused.get_data(as_text=True)
    assert bells_on(school, date(2026, 11, 23))[0] == (time(8), time(14))
