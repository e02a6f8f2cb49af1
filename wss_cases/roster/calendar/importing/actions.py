"""Taking in the district's school calendar, one school year at a time."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.calendar.importing.calendar_file import DayOf, Event, EventKind, days_of_year, read_events
from wss_cases.roster.directory.models import CalendarDay, ImportRun
from wss_cases.roster.directory.states import DayKind
from wss_cases.roster.import_files.report import BundleRefused, Counts, Problem, Report, RowRefused

CALENDAR: Any = CalendarDay.__table__
_NEAR = timedelta(days=1)
"""A date this long ago in Greenwich may still be today at a school."""
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
        words = _("A school year is written 2026-27.")
        raise BundleRefused(Problem(name, None, "--school-year", words)) from error
    events = read_events(name, content, report)
    try:
        days = days_of_year(events, year, first, last)
    except RowRefused as refused:
        raise BundleRefused(*report.problems, Problem(name, None, refused.column, refused.message)) from refused
    for event in events:
        if bounds[0] <= event.starts_on <= bounds[1]:
            _note(report, name, event)
    with unit_of_work(actor, now) as uow:
        _write(uow, days, year, report.files[name])
        document = {**report.as_document(), "school_year": year}
        run = uow.add(ImportRun(kind="calendar", source=name[:120], started_at=now, report=document))
        uow.record(run, "calendar.imported", school_year=year)
    report.landed = True
    return report


def _note(report: Report, name: str, event: Event) -> None:
    if event.kind is EventKind.STATE_HOLIDAY_CHECK:
        words = _("%(title)s is kept as a school day: whether schools close must be checked.", title=event.title)
        report.note(name, event.row, "kind", words)
    elif any(word in event.confidence.lower() for word in _UNSURE):
        words = _("%(title)s is not certain: %(why)s", title=event.title, why=event.confidence)
        report.note(name, event.row, "confidence", words)


def _write(uow: UnitOfWork, days: dict[date, DayOf], year: str, counts: Counts) -> None:
    statement = select(CALENDAR).where(CALENDAR.c.school_id.is_(None), CALENDAR.c.day.in_(list(days)))
    standing = {row.day: row for row in uow.session.execute(statement)}
    new, changed, planned = [], [], []
    for day, of_file in days.items():
        row, kind, label = standing.get(day), of_file.kind, of_file.label
        unsettled = uow.now if kind is DayKind.CLOSED and day >= today_at(None, uow.now) - _NEAR else None
        if row is None:
            place = {"school_year": year, "school_id": None, "day": day, "planned_label": ""}
            new.append({"kind": kind, "label": label, **place, "unsettled_since": unsettled})
            continue
        values = {"row_id": row.id, "new_kind": kind, "new_label": label}
        if row.said_at is not None:
            if (row.planned_kind, row.planned_label) != (kind, label):
                planned.append(values)
        elif (row.kind, row.label) != (kind, label):
            turned = DayKind.CLOSED in (row.kind, kind) and row.kind != kind
            since, bell = uow.now if turned else row.unsettled_since, row.last_bell if kind is DayKind.HALF else None
            changed.append(values | {"since": since, "bell": bell})
    counts.created, counts.updated = len(new), len(changed) + len(planned)
    counts.unchanged = len(days) - counts.created - counts.updated
    change = CALENDAR.update().where(CALENDAR.c.id == bindparam("row_id"))
    again: dict[str, Any] = {"kind": bindparam("new_kind"), "label": bindparam("new_label")}
    if new:
        uow.session.execute(CALENDAR.insert(), new)
    if changed:
        more: dict[str, Any] = {"unsettled_since": bindparam("since"), "last_bell": bindparam("bell")}
        uow.session.execute(change.values(**again, **more), changed)
    if planned:
        # what somebody declared stands; the calendar's own word is what a taking back returns to
        later = {"planned_kind": again["kind"], "planned_label": again["label"]}
        uow.session.execute(change.values(**later), planned)
