"""Importing a calendar file: read, write, and the events in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import day_words_with_year, time_of_day_words, today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.calendar.importing import models
from wss_cases.roster.calendar.importing.calendar_file import read_events
from wss_cases.roster.directory.models import CalendarDay, ImportRun
from wss_cases.roster.directory.rules import DayKind
from wss_cases.roster.import_files import BundleRefused, Counts, Problem, Report, RowRefused

CALENDAR: Any = CalendarDay.__table__
_NEAR = timedelta(days=1)
"""At some schools the current date may still be yesterday's date in UTC."""
_UNSURE = ("infer", "check", "proposed")


@dataclass
class CalendarReport(Report):
    """The report of a calendar import, with the meaning of each event of the year."""

    year: str = ""
    events: list[models.Event] = field(default_factory=list)
    blocked: bool = False
    """A dry run found that the file cannot be imported as it is."""

    @property
    def waiting(self) -> list[models.Event]:
        """Events that need a person's decision; they are not written."""
        return [event for event in self.events if event.is_open]

    def as_document(self) -> dict[str, Any]:
        """The JSON form: that of a report, with `school_year`, `events` and the number waiting."""
        events = [{**models.as_stored(event), "taken_for": event.taken_for.value} for event in self.events]
        return {**super().as_document(), "school_year": self.year, "waiting": len(self.waiting), "events": events}


def read_calendar(name: str, content: bytes, year: str, decisions: models.Decisions) -> CalendarReport:
    """What a CSV or ICS calendar says about one school year ('2026-27'); nothing is written. Raises BundleRefused if
    the file or the year cannot be read, or no event is understood."""
    report = CalendarReport(source="calendar", files={name: Counts()}, year=year)
    try:
        school_year_bounds(year)
    except ValueError as error:
        words = _("A school year is written 2026-27.")
        raise BundleRefused(Problem(name, None, "--school-year", words)) from error
    report.events = models.with_decisions(read_events(name, content, year, report), decisions)
    for event in report.events:
        _note(report, name, event)
    return report


def import_calendar(
    actor: Actor,
    name: str,
    content: bytes,
    year: str,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    *,
    decisions: models.Decisions | None = None,
    dry_run: bool = False,
) -> CalendarReport:
    """Import a CSV or ICS calendar for one school year ('2026-27') and return the report, which counts dates. An
    event that needs a decision and has none in `decisions` is an ordinary day. Raises BundleRefused if the file or
    the year cannot be read, or no event is understood without a person; then nothing changes."""
    report = read_calendar(name, content, year, decisions or {})
    try:
        if all(event.is_open or event.taken_for is models.EventKind.IGNORED for event in report.events):
            words = _("Every event that may matter needs a person's decision. Upload the file under School calendar.")
            raise RowRefused("kind", words)
        days = models.days_of_year(report.events, year, first, last)
    except RowRefused as refused:
        report.problems += _waiting(report, name)
        report.problems.insert(0, Problem(name, None, refused.column, refused.message))
        if not dry_run:
            raise BundleRefused(*report.problems) from refused
        report.blocked = True
        return report
    if not dry_run:
        with unit_of_work(actor, now) as uow:
            write_calendar(uow, days, report)
        report.landed = True
    return report


def _waiting(report: CalendarReport, name: str) -> list[Problem]:
    return [
        Problem(name, event.row, "title", f"{event.starts_on}: {event.title}. {event.why.label}")
        for event in report.waiting
    ]


def write_calendar(uow: UnitOfWork, days: dict[date, models.DayOf], report: CalendarReport) -> ImportRun:
    """Step: write the dates of a school year and the import run; imports of a year wait for each other."""
    [(name, counts)] = report.files.items()
    uow.next_number(models.series_of(report.year))
    _write(uow, days, report.year, counts)
    run = uow.add(ImportRun(kind="calendar", source=name[:120], started_at=uow.now, report=report.as_document()))
    uow.record(run, "calendar.imported", school_year=report.year)
    return run


def _note(report: CalendarReport, name: str, event: models.Event) -> None:
    if event.kind is models.EventKind.STATE_HOLIDAY_CHECK and event.decided is None:
        words = _("%(title)s is kept as a school day: someone must check whether schools close.", title=event.title)
        report.note(name, event.row, "kind", words)
    elif any(word in event.confidence.lower() for word in _UNSURE) and event.decided is None:
        words = _("%(title)s is not certain: %(why)s", title=event.title, why=event.confidence)
        report.note(name, event.row, "confidence", words)


def _write(uow: UnitOfWork, days: dict[date, models.DayOf], year: str, counts: Counts) -> None:
    statement = select(CALENDAR).where(CALENDAR.c.school_id.is_(None), CALENDAR.c.day.in_(list(days)))
    standing = {row.day: row for row in uow.session.execute(statement.with_for_update())}
    new, changed, planned = [], [], []
    for day, of_file in days.items():
        row, kind, label = standing.get(day), of_file.kind, of_file.label
        unsettled = uow.now if kind is DayKind.CLOSED and day >= today_at(None, uow.now) - _NEAR else None
        if row is None:
            place = {"school_year": year, "school_id": None, "day": day, "planned_label": ""}
            columns = {"kind": kind, "label": label, "last_bell": of_file.last_bell}
            new.append({**columns, **place, "unsettled_since": unsettled})
            continue
        values = {"row_id": row.id, "new_kind": kind, "new_label": label}
        if row.said_at is not None:
            if (row.planned_kind, row.planned_label) != (kind, label):
                planned.append(values)
            continue
        bell = of_file.last_bell or row.last_bell if kind is DayKind.HALF else None
        if (row.kind, row.label, row.last_bell) != (kind, label, bell):
            turned = DayKind.CLOSED in (row.kind, kind) and row.kind != kind
            since = uow.now if turned else row.unsettled_since
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
        # A declaration stays; the calendar's entry is what undoing it returns to.
        later = {"planned_kind": again["kind"], "planned_label": again["label"]}
        uow.session.execute(change.values(**later), planned)


def when_words(event: models.Event) -> str:
    """When an event is: one date, or first and last one, and its number of repetitions."""
    first, last = day_words_with_year(event.starts_on), day_words_with_year(event.ends_on)
    words = first if event.starts_on == event.ends_on else _("%(first)s to %(then)s", first=first, then=last)
    if not event.again:
        return words
    often = ngettext("and %(num)d more time", "and %(num)d more times", len(event.again))
    until = day_words_with_year(event.again[-1])
    return _("%(when)s, %(often)s until %(until)s", when=words, often=often, until=until)


def why_words(event: models.Event) -> str:
    """Why an event has its meaning, with the confidence given in the file."""
    if event.decided is not None and event.by:
        return _("Decided by %(name)s.", name=event.by)
    words = str(event.why.label)
    if event.last_bell:
        words = _("%(words)s Last bell at %(time)s.", words=words, time=time_of_day_words(event.last_bell))
    return f"{words} ({event.confidence})" if event.confidence else words


def event_lines(events: Iterable[models.Event]) -> list[str]:
    """One line per event, those that need a decision first."""
    asks = _("Needs a person's decision")
    return [
        f"{when_words(event)}: {event.title} → {asks if event.is_open else event.taken_for.label}. {why_words(event)}"
        for event in sorted(events, key=lambda event: (not event.is_open, event.starts_on, event.row))
    ]
