"""An uploaded calendar: kept with what each event was taken for, answered by people, written when they agree."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import DateField, FileField, HiddenField
from wtforms.validators import Optional

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, year_named
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, choices, day_in
from wss_cases.foundation.forms import choice_field as foundation_select
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.calendar.importing.actions import (
    CalendarReport,
    read_calendar,
    when_words,
    why_words,
    write_calendar,
)
from wss_cases.roster.calendar.importing.models import (
    CalendarDraft,
    Change,
    Event,
    EventKind,
    Uploaded,
    as_stored,
    changes_of_days,
    days_of_year,
    decisions_of,
    ends_of_year,
    from_stored,
    series_of,
    uploads,
    writings,
)
from wss_cases.roster.import_files import BundleRefused, Counts, RowRefused
from wss_cases.workday.calendar.pages import District

FIRST, LAST = "first_day", "last_day"
Answers = dict[str, str]
"""What each event is by `field_of`, and the days given beside them ('' where none is)."""


def field_of(event: Event) -> str:
    return f"event{event.row}"


def answers_of(events: Iterable[Event], first: date | None, last: date | None) -> Answers:
    days = {name: day.isoformat() if day else "" for name, day in ((FIRST, first), (LAST, last))}
    return days | {field_of(event): event.taken_for.value for event in events}


def changed(shown: Mapping[str, str], sent: Mapping[str, str]) -> Answers:
    return {name: value for name, value in sent.items() if value != shown.get(name)}


def conflicts(stored: Mapping[str, str], shown: Mapping[str, str], sent: Mapping[str, str]) -> list[str]:
    mine = changed(shown, sent)
    return [name for name, value in mine.items() if stored.get(name) not in (shown.get(name), value)]


def decided(events: Iterable[Event], said: Mapping[str, str], by: str, *, settle: bool) -> list[Event]:
    """Return the events as a person answered; `settle`: what was open and left so is decided by them as well."""
    found = []
    for event in events:
        kind = EventKind(said.get(field_of(event), event.taken_for))
        changes = kind is not event.taken_for or (settle and event.is_open)
        found.append(replace(event, decided=kind, by=by) if changes else event)
    return found


def day_of(said: Mapping[str, str], name: str, standing: date | None) -> date | None:
    if name not in said:
        return standing
    return day_in(said[name]) if said[name] else None


def read_answers(text: str) -> Answers:
    """Return the answers of a page's hidden field; none where it is not what the page wrote."""
    try:
        held = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in held.items()} if isinstance(held, dict) else {}


def written_answers(answers: Answers) -> str:
    return json.dumps(answers, separators=(",", ":"))


OFFERED = (
    EventKind.NO_SCHOOL, EventKind.HALF_DAY, EventKind.FIRST_DAY, EventKind.LAST_DAY, EventKind.SCHOOL_DAY,
    EventKind.STATE_HOLIDAY_CHECK, EventKind.IGNORED,
)  # fmt: skip
NEXT_YEAR_FROM = 4
"""The month from which the next school year's calendar is what is usually taken in."""


class UploadForm(BaseForm):
    file = FileField(_l("Calendar file"))
    school_year = foundation_select(_l("School year"))


class PreviewForm(BaseForm):
    """What each event is; its fields are made by `preview_form`. `shown`: the answers as the page showed them."""

    first_day = DateField(_l("First day of school"), validators=[Optional()])
    last_day = DateField(_l("Last day of school"), validators=[Optional()])
    shown = HiddenField()
    seen = HiddenField()

    def answers(self) -> Answers:
        days = {
            name: field.data.isoformat() if field.data else ""
            for name, field in ((FIRST, self.first_day), (LAST, self.last_day))
        }
        return days | {field.name: str(field.data) for field in self if field.name.startswith("event")}

    @property
    def times_written(self) -> int:
        """How often the year's calendar was written when the page was shown; no number that it can be for none."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def catch_up(self, stored: Answers) -> None:
        """Let the page show what others have answered since, and keep what was changed on it."""
        mine = changed(read_answers(self.shown.data or ""), self.answers())
        for name, value in stored.items():
            if name.startswith("event") and name not in mine:
                self[name].data = value
        self.shown.data = written_answers(stored)


def years(today: date) -> list[tuple[str, str]]:
    """Return the school years that a calendar can be for, the likeliest first."""
    this = school_year(today)
    first = int(this[:4])
    following, before = year_named(first + 1), year_named(first - 1)
    is_near = today.year > first and today.month >= NEXT_YEAR_FROM
    order = [following, this, before] if is_near else [this, following, before]
    return [(year, year) for year in order]


def preview_form(events: Sequence[Event], first: date | None, last: date | None, seen: int) -> PreviewForm:
    fields: dict[str, Any] = {
        field_of(event): foundation_select(event.title, [(kind.value, kind.label) for kind in OFFERED])
        for event in events
    }
    answers = answers_of(events, first, last)
    form: PreviewForm = type("PreviewFormOfEvents", (PreviewForm,), fields)(
        data={name: value for name, value in answers.items() if name in fields}
        | {"first_day": first, "last_day": last, "shown": written_answers(answers), "seen": str(seen)}
    )
    return form


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
        raise Refused(FIRST, _("No event is the first day of school. Enter the day."))
    if last is None:
        raise Refused(LAST, _("No event is the last day of school. Enter the day."))
    try:
        days = days_of_year(events, draft.school_year, first, last)
    except RowRefused as refused:
        raise Refused(FIRST, refused.message) from refused
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
    stored = answers_of(events, draft.first_day, draft.last_day)
    if names := conflicts(stored, said.shown, said.sent):
        titles = [event.title for event in events if field_of(event) in names]
        words = _(
            "Someone else has changed this since your page was shown: %(titles)s. Your choices are still here. "
            "Review them, and submit again.", titles=", ".join(titles) or _("the first or last day"),
        )  # fmt: skip
        raise Refused("", words)
    mine = changed(said.shown, said.sent)
    answered = decided(events, mine, uow.actor.name, settle=settle)
    draft.events = [as_stored(event) for event in answered]
    draft.first_day = day_of(mine, FIRST, draft.first_day)
    draft.last_day = day_of(mine, LAST, draft.last_day)
    changes = {
        f"{new.starts_on} {new.title}": [old.taken_for.value, new.taken_for.value]
        for old, new in zip(events, answered, strict=True)
        if old != new
    }
    uow.audit("calendar.answered", "calendar_draft", draft.id, changes)
    return answered


MOST_CHANGES = 60
"""Lines of what changes; the rest is a number."""


def groups(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the events that ask for a person, those understood, and those ignored, each in the order of days."""
    titles = (_("These need your decision"), _("These were understood"), _("These change nothing"))
    rows: tuple[list[dict[str, Any]], ...] = ([], [], [])
    for event in sorted(events, key=lambda event: (event.starts_on, event.row)):
        place = 0 if event.is_open else 2 if event.taken_for is EventKind.IGNORED else 1
        rows[place].append(
            {"name": field_of(event), "title": event.title, "meta": f"{when_words(event)}. {why_words(event)}",
             "what": event.taken_for.label}
        )  # fmt: skip
    return [{"title": title, "rows": found} for title, found in zip(titles, rows, strict=True)]


def change_lines(changes: Sequence[Change]) -> list[dict[str, str]]:
    return [
        {"title": day_words_with_year(change.day), "meta": _change_words(change)} for change in changes[:MOST_CHANGES]
    ]


def _change_words(change: Change) -> str:
    label = change.becomes.label
    words = _("%(now)s until now, then: %(what)s", now=change.now.label, what=label) if change.now else str(label)
    if change.declared:
        words = _("%(words)s. What someone set for this day stays.", words=words)
    return f"{words} – {change.label}" if change.label else words


def more_words(changes: Sequence[Change]) -> str:
    """Return how many dates more change than are shown; '' for none."""
    more = len(changes) - MOST_CHANGES
    return ngettext("and %(num)d more day", "and %(num)d more days", more) if more > 0 else ""


def upload_lines(found: Iterable[Uploaded]) -> list[dict[str, Any]]:
    return [
        {"id": one.draft.id, "title": f"{one.draft.school_year} · {one.draft.source}", "meta": state_words(one),
         "waits": one.draft.written_at is None}
        for one in found
    ]  # fmt: skip


def state_words(one: Uploaded) -> str:
    nobody = _("the operator")
    if one.draft.written_at is not None:
        when = moment_words(one.draft.written_at, district_zone())
        return _("Saved by %(name)s, %(when)s", name=one.written_by or nobody, when=when)
    when = moment_words(one.draft.made_at, district_zone())
    return _("Uploaded by %(name)s, %(when)s; not saved yet", name=one.made_by or nobody, when=when)


blueprint = Blueprint("calendar_import", __name__, url_prefix="/school-calendar/import")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def upload() -> Page:
    require(current_actor(), Permission.SCHOOL_MANAGE, District())
    form = UploadForm()
    form.school_year.choices = choices(years(today_at(None, clock.now())))
    sent = request.files.get("file")

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file of the calendar."))
        return upload_calendar(submitted(form), sent.filename, sent.read(), form.school_year.data)

    return form_page(
        form, act, _address, "workday/calendar_import/upload.html", lines=upload_lines(uploads()),
        address=_address, calendar_href=url_for("calendar.district_month"),
    )  # fmt: skip


@blueprint.route("/<int:draft_id>", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def preview(draft_id: int) -> Page:
    """What each event of an uploaded calendar was taken for, and the act that writes it."""
    one = _uploaded(draft_id)
    draft, events = one.draft, _events(one.draft)
    shown: dict[str, Any] = {"one": one, "state": state_words(one), "groups": groups(events),
                             "calendar_href": url_for("calendar.district_month"), "problems": draft.problems,
                             "list_href": url_for(".upload")}  # fmt: skip
    if draft.written_at is not None and request.method == "GET":
        return render_template("workday/calendar_import/written.html", **shown)
    form = preview_form(events, draft.first_day, draft.last_day, writings(draft.school_year))

    def act() -> int:
        said = Said(read_answers(form.shown.data or ""), form.answers())
        try:
            if "later" in request.form:
                return keep_answers(submitted(form), draft_id, said)
            return write_draft(submitted(form), draft_id, said, form.times_written)
        except Refused:
            _catch_up(form, draft_id)
            raise

    def done(_id: int) -> str:
        kept = "later" in request.form
        flash(_("Your choices are kept. Nothing is saved yet.") if kept else _("The calendar is saved."))
        return _address(draft_id)

    return form_page(form, act, done, "workday/calendar_import/preview.html", **shown, **_effects(draft, events))


@blueprint.post("/<int:draft_id>/discard")
@gate(Permission.SCHOOL_MANAGE)
def discard(draft_id: int) -> Page:
    _uploaded(draft_id)
    discard_draft(submitted(BaseForm()), draft_id)
    flash(_("The uploaded file is discarded. The calendar stays as it was."))
    return redirect(url_for(".upload"), 303)


def _address(draft_id: int) -> str:
    return url_for("calendar_import.preview", draft_id=draft_id)


def _uploaded(draft_id: int) -> Uploaded:
    require(current_actor(), Permission.SCHOOL_MANAGE, District())
    for one in uploads(draft_id):
        return one
    raise NotFound


def _events(draft: CalendarDraft) -> list[Event]:
    return [from_stored(held) for held in draft.events]


def _catch_up(form: PreviewForm, draft_id: int) -> None:
    """Show what others have done since the page was made; what this person changed on it stays."""
    for one in uploads(draft_id):
        form.catch_up(answers_of(_events(one.draft), one.draft.first_day, one.draft.last_day))
        form.seen.data = str(writings(one.draft.school_year))


def _effects(draft: CalendarDraft, events: list[Event]) -> dict[str, Any]:
    """What writing an uploaded calendar would change, as it is answered so far."""
    ends = ends_of_year(events, draft.school_year, draft.first_day, draft.last_day)
    try:
        found = changes_of_days(days_of_year(events, draft.school_year, *ends))
    except RowRefused:
        changes = None
    else:
        # before the first and after the last day, only what the calendar says otherwise by now
        first, last = (day or date.max for day in ends)
        changes = [change for change in found if first <= change.day <= last or change.now is not None]
    return {
        "first": day_words_with_year(ends[0]), "last": day_words_with_year(ends[1]),
        "changes": None if changes is None else change_lines(changes),
        "number": len(changes or ()), "more": more_words(changes or ()),
    }  # fmt: skip


ROOM = Room(pages=(blueprint,))
