"""Taking in the district's school calendar, one school year at a time."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit import UnitOfWork, unit_of_work
from wss_cases.roster.calendar_file import DayOf, Event, EventKind, days_of_year, read_events
from wss_cases.roster.models import CalendarDay, ImportRun
from wss_cases.roster.oneroster.report import BundleRefused, Counts, Problem, Report, RowRefused

CALENDAR: Any = CalendarDay.__table__
_UNSURE = ("infer", "check", "proposed")


def import_calendar(
    actor: Actor,
    name: str,
    content: bytes,
    year: str,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
) -> Report:
    """Take in a CSV or ICS calendar for one school year ('2026-27') and return the report; counts are dates.

    Raises BundleRefused when the file or the year cannot be read; then nothing is changed.
    """
    report = Report(source="calendar", files={name: Counts()})
    try:
        bounds = school_year_bounds(year)
    except ValueError as error:
        message = _("A school year is written 2026-27.")
        raise BundleRefused(Problem(name, None, "--school-year", message)) from error
    events = read_events(name, content, report)
    try:
        days = days_of_year(events, year, first, last)
    except RowRefused as refused:
        raise BundleRefused(
            *report.problems, Problem(name, None, refused.column, refused.message)
        ) from refused
    for event in events:
        if bounds[0] <= event.starts_on <= bounds[1]:
            _note(report, name, event)
    with unit_of_work(actor, now) as uow:
        _write(uow, days, year, report.files[name])
        kept = {**report.as_document(), "school_year": year}
        run = ImportRun(kind="calendar", source=name[:120], started_at=now, report=kept)
        uow.add(run)
        uow.record(run, "calendar.imported", school_year=year)
    report.landed = True
    return report


def _note(report: Report, name: str, event: Event) -> None:
    if event.kind is EventKind.STATE_HOLIDAY_CHECK:
        words = _(
            "%(title)s is kept as a school day: whether schools close must be checked.", title=event.title
        )
        report.note(name, event.row, "kind", words)
    elif any(word in event.confidence.lower() for word in _UNSURE):
        words = _("%(title)s is not certain: %(why)s", title=event.title, why=event.confidence)
        report.note(name, event.row, "confidence", words)


def _write(uow: UnitOfWork, days: dict[date, DayOf], year: str, counts: Counts) -> None:
    statement = select(CALENDAR.c.day, CALENDAR.c.id, CALENDAR.c.kind, CALENDAR.c.label).where(
        CALENDAR.c.school_id.is_(None), CALENDAR.c.day.in_(list(days))
    )
    standing = {row[0]: (row[1], row[2], row[3]) for row in uow.session.execute(statement)}
    new, changed = [], []
    for day, said in days.items():
        found = standing.get(day)
        if found is None:
            new.append(
                {"school_year": year, "school_id": None, "day": day, "kind": said.kind, "label": said.label}
            )
        elif found[1:] != (said.kind, said.label):
            changed.append({"row_id": found[0], "new_kind": said.kind, "new_label": said.label})
    counts.created, counts.updated = len(new), len(changed)
    counts.unchanged = len(days) - len(new) - len(changed)
    if new:
        uow.session.execute(CALENDAR.insert(), new)
    if changed:
        change = CALENDAR.update().where(CALENDAR.c.id == bindparam("row_id"))
        uow.session.execute(change.values(kind=bindparam("new_kind"), label=bindparam("new_label")), changed)
