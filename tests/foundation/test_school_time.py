"""A date is that of the place: in Python and in SQL alike, on every day of every zone, and where there is no school."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import literal, select

from tests.factories.roster import SchoolFactory
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.school_time import at_local, at_wall, day_in, local_date, school_day, today_at, zone_of
from wss_cases.roster.directory.models import School

EVENING = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
"""20:30 on 24 November in Chicago, 21:30 in New York, 16:30 in Honolulu; the 25th in London."""
CHANGES = ("2026-03-08 07:59", "2026-03-08 08:00", "2026-11-01 06:59", "2026-11-01 07:00", "2027-01-01 05:59")
KNOWN_TO_BOTH = sorted(
    name for name in zoneinfo.available_timezones() if name.split("/")[0] in ("America", "Pacific", "Europe")
)


def test_sql_and_python_say_the_same_date_in_every_zone(session):
    instants = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in CHANGES]
    instants += [EVENING + timedelta(hours=hour) for hour in range(24)]
    for instant in instants:
        asked = select(*(day_in(literal(zone), literal(instant, UtcDateTime())) for zone in KNOWN_TO_BOTH))
        assert list(db.session.execute(asked).one()) == [local_date(instant, zone) for zone in KNOWN_TO_BOTH]


def test_each_row_has_the_date_of_its_school(session):
    zones = ("America/Chicago", "Pacific/Honolulu", "Pacific/Auckland")
    schools = [SchoolFactory(time_zone=zone) for zone in zones]
    asked = select(School.id, school_day(School.id, EVENING)).where(School.id.in_([one.id for one in schools]))
    days = dict(list(db.session.execute(asked)))
    assert [days[one.id] for one in schools] == [date(2026, 11, 24), date(2026, 11, 24), date(2026, 11, 25)]
    assert days == {one.id: today_at(one.id, EVENING) for one in schools}


def test_what_belongs_to_no_school_has_the_date_of_the_district(session):
    assert zone_of(None) == zone_of(0) == "America/Chicago"
    assert today_at(None, EVENING) == date(2026, 11, 24)
    assert db.session.scalar(select(school_day(literal(None), EVENING))) == date(2026, 11, 24)


def test_a_wall_clock_time_is_an_instant_there():
    wall = datetime(2026, 3, 8, 2, 30)
    assert at_wall(wall, "America/Chicago") == at_local(wall.date(), 2, 30, "America/Chicago")
    assert at_wall(datetime(2026, 11, 24, 20, 30), "America/Chicago") == EVENING
