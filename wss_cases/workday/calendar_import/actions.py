"""An uploaded calendar: kept with what each event was taken for, answered by people, written when they agree."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.calendar.importing.actions import CalendarReport, read_calendar, write_calendar
from wss_cases.roster.calendar.importing.events import Event, as_stored, days_of_year, ends_of_year, from_stored
from wss_cases.roster.calendar.importing.queries import CalendarDraft, decisions_of, series_of
from wss_cases.roster.import_files.report import BundleRefused, Counts, RowRefused
from wss_cases.workday.calendar.actions import District
from wss_cases.workday.calendar_import import rules

LONGEST_NAME = 120


@dataclass(frozen=True)
class Said:
    """What a person sent: the answers that their page showed, and those that came back."""

    shown: Mapping[str, str]
    sent: Mapping[str, str]


@use_case
def upload_calendar(uow: UnitOfWork, name: str, content: bytes, year: str) -> int:
    """Keep a calendar's file with what each event was taken for; returns its id, of the same file that waits too.

    What people said of the same events before is kept. Raises NotFound, Refused for a file that says nothing.
    """
    require(uow.actor, Permission.SCHOOL_MANAGE, District())
    name = "".join(sign for sign in name if sign.isprintable())[-LONGEST_NAME:]
    digest = hashlib.sha256(content).hexdigest()
    same = select(CalendarDraft.id).where(
        CalendarDraft.school_year == year, CalendarDraft.digest == digest, CalendarDraft.written_at.is_(None)
    )
    waiting: int | None = uow.session.scalar(same.limit(1))
    if waiting is not None:
        return waiting
    try:
        report = read_calendar(name, content, year, decisions_of(year))
    except BundleRefused as refused:
        *rows, whole = refused.problems
        words = [whole.message, *(_("Row %(row)d: %(words)s", row=one.row or 0, words=one.message) for one in rows[:3])]
        raise Refused("file", " ".join(words)) from refused
    draft = CalendarDraft(
        school_year=year, source=name, digest=digest, events=[as_stored(event) for event in report.events],
        problems=[{"row": one.row, "message": one.message} for one in report.problems], made_by_id=uow.actor.user_id,
        made_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(draft, "calendar.uploaded")


@use_case
def keep_answers(uow: UnitOfWork, draft_id: int, said: Said) -> int:
    """Keep what a person said of an uploaded calendar's events. Raises NotFound; Refused where another said otherwise
    since their page was shown."""
    draft = _draft(uow, draft_id)
    _answer(uow, draft, said, settle=False)
    return draft.id


@use_case
def write_draft(uow: UnitOfWork, draft_id: int, said: Said, seen: int) -> int:
    """Write an uploaded calendar as a person answered; `seen` is how often its year was written when they looked.

    Raises NotFound; Refused without a first or last day, or where another person was faster.
    """
    draft = _draft(uow, draft_id)
    if uow.next_number(series_of(draft.school_year)) != seen + 1:
        words = _(
            "The calendar of %(year)s was saved again since this page was shown. See what changes, and submit it "
            "again.", year=draft.school_year,
        )  # fmt: skip
        raise Refused("", words)
    events = _answer(uow, draft, said, settle=True)
    first, last = ends_of_year(events, draft.school_year, draft.first_day, draft.last_day)
    if first is None:
        raise Refused(rules.FIRST, _("No event is the first day of school. Enter the day."))
    if last is None:
        raise Refused(rules.LAST, _("No event is the last day of school. Enter the day."))
    try:
        days = days_of_year(events, draft.school_year, first, last)
    except RowRefused as refused:
        raise Refused(rules.FIRST, refused.message) from refused
    report = CalendarReport(source="calendar", files={draft.source: Counts()}, year=draft.school_year, events=events)
    write_calendar(uow, days, report)
    draft.written_at, draft.written_by_id = uow.now, uow.actor.user_id
    uow.audit("calendar.written", "calendar_draft", draft.id, {"school_year": [None, draft.school_year]})
    return draft.id


@use_case
def discard_draft(uow: UnitOfWork, draft_id: int) -> int:
    """Throw an uploaded calendar away; the calendar stays as it is. Raises NotFound, Refused for a written one."""
    draft = _draft(uow, draft_id)
    uow.audit("calendar.discarded", "calendar_draft", draft.id, {"source": [draft.source, None]})
    uow.session.delete(draft)
    return draft_id


def _draft(uow: UnitOfWork, draft_id: int) -> CalendarDraft:
    require(uow.actor, Permission.SCHOOL_MANAGE, District())
    found = uow.session.get(CalendarDraft, draft_id, with_for_update=True, populate_existing=True)
    draft = existing(found)
    if draft.written_at is not None:
        raise Refused("", _("This calendar was already saved. Upload the file again to change it."))
    return draft


def _answer(uow: UnitOfWork, draft: CalendarDraft, said: Said, *, settle: bool) -> list[Event]:
    events = [from_stored(held) for held in draft.events]
    stored = rules.answers_of(events, draft.first_day, draft.last_day)
    if names := rules.conflicts(stored, said.shown, said.sent):
        titles = [event.title for event in events if rules.field_of(event) in names]
        words = _(
            "Someone else has changed this since your page was shown: %(titles)s. Your choices are still here. "
            "Review them, and submit again.", titles=", ".join(titles) or _("the first or last day"),
        )  # fmt: skip
        raise Refused("", words)
    mine = rules.changed(said.shown, said.sent)
    answered = rules.decided(events, mine, uow.actor.name, settle=settle)
    draft.events = [as_stored(event) for event in answered]
    draft.first_day = rules.day_of(mine, rules.FIRST, draft.first_day)
    draft.last_day = rules.day_of(mine, rules.LAST, draft.last_day)
    changes = {
        f"{new.starts_on} {new.title}": [old.taken_for.value, new.taken_for.value]
        for old, new in zip(events, answered, strict=True)
        if old != new
    }
    uow.audit("calendar.answered", "calendar_draft", draft.id, changes)
    return answered
