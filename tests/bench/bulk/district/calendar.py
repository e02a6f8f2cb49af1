"""The demo's school years as rows, with the one day that the district declared lost."""

from datetime import date

from tests.bench.bulk.writing.acts import Somebody, Story
from tests.bench.bulk.writing.store import Store
from wss_cases.demo.calendar import Calendar, moment
from wss_cases.foundation.clock import school_year
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind

CALLED_AT = 5 * 60 + 35
"""Minute of the morning at which the district said that the schools could not open."""


def lost_label(day: date) -> str:
    """Why the schools could not open on a day."""
    return "Snow day" if day.month in (12, 1, 2, 3) else "No water in the schools"


def write_calendar(store: Store, calendar: Calendar, district: Somebody) -> None:
    """Write every date of the years; the rows belong to the whole district, which declared one of them itself."""
    for day, (kind, label) in calendar.days.items():
        row = store.new(CalendarDay, school_year=school_year(day), day=day, kind=kind.value, label=label)
        if day == calendar.lost:
            at, kind, label = moment(day, CALLED_AT), DayKind.CLOSED, lost_label(day)
            row |= {"kind": kind.value, "label": label, "said_by_id": district.id, "said_at": at}
            row |= {"planned_kind": DayKind.SCHOOL.value}
            story, subject = Story(None), ("calendar_day", row["id"])
            changes = {"kind": (DayKind.SCHOOL.value, kind.value), "label": ("", label)}
            iso = day.isoformat()
            story.act(at, district, subject, "calendar.said", changes, day=iso, what=kind.value, label=label)
            story.tell(store)
    store.pause()
