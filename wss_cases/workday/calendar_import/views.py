"""Taking in a calendar's file: upload, what each event was taken for, writing it."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.calendar.importing.events import Event, days_of_year, ends_of_year, from_stored
from wss_cases.roster.calendar.importing.queries import CalendarDraft, Uploaded, changes_of_days, uploads, writings
from wss_cases.roster.import_files.report import RowRefused
from wss_cases.workday.calendar.actions import District
from wss_cases.workday.calendar_import import presenters
from wss_cases.workday.calendar_import.actions import Said, discard_draft, keep_answers, upload_calendar, write_draft
from wss_cases.workday.calendar_import.forms import PreviewForm, UploadForm, preview_form, years
from wss_cases.workday.calendar_import.rules import answers_of, read_answers

blueprint = Blueprint("calendar_import", __name__, url_prefix="/school-calendar/import")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def upload() -> Page:
    """Upload a calendar's file; the ones before stand below."""
    require(current_actor(), Permission.SCHOOL_MANAGE, District())
    form = UploadForm()
    form.school_year.choices = choices(years(today_at(None, clock.now())))
    sent = request.files.get("file")

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file of the calendar."))
        return upload_calendar(submitted(form), sent.filename, sent.read(), form.school_year.data)

    return form_page(
        form, act, _address, "workday/calendar_import/upload.html", lines=presenters.upload_lines(uploads()),
        address=_address, calendar_href=url_for("calendar.district_month"),
    )  # fmt: skip


@blueprint.route("/<int:draft_id>", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def preview(draft_id: int) -> Page:
    """What each event of an uploaded calendar was taken for, and the act that writes it."""
    one = _uploaded(draft_id)
    draft, events = one.draft, _events(one.draft)
    shown: dict[str, Any] = {"one": one, "state": presenters.state_words(one), "groups": presenters.groups(events),
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
    """Throw an uploaded calendar away."""
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
        "changes": None if changes is None else presenters.change_lines(changes),
        "number": len(changes or ()), "more": presenters.more_words(changes or ()),
    }  # fmt: skip
