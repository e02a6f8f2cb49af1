"""The record of disclosures: of one student, on screen and on paper, and of all for whoever verifies it."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.visibility import first_in_view
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.forms import filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.journal.models import Disclosure
from wss_cases.pathways.referrals.referral.letters import purpose_read, service_words
from wss_cases.pathways.referrals.referral.states import FIELD_LABELS
from wss_cases.records.disclosures.actions import Given, record_disclosure
from wss_cases.records.disclosures.forms import DisclosureForm
from wss_cases.records.disclosures.queries import (
    PAGE,
    RECORD_ROLES,
    ListedDisclosure,
    disclosures,
    get_student,
    shown_as,
)
from wss_cases.roster.directory.models import Student

blueprint = Blueprint("disclosures", __name__)
ON_PAPER = 1000
SCHOOL = _l("The school")
UNASKED = {
    "referral": _l("The school, with written consent"),
    "police_notification": _l("The school, without consent (police notification)"),
}
"""Where nobody asked: on what ground the school told somebody, by what it was told with."""


@blueprint.get("/disclosures")
@gate(Permission.DISCLOSURE_READ)
def everyone() -> Page:
    """Every disclosure that the actor may read, the latest first."""
    actor = current_actor()
    rows = disclosures(actor, before=_before(request.args.get("before", "")), limit=PAGE + 1)
    older = None
    if len(rows) > PAGE:
        last = rows[PAGE - 1].row
        older = url_for("disclosures.everyone", before=f"{last.at.isoformat()}~{last.id}")
    return render_template(
        "records/disclosures/list.html",
        rows=[
            _line(row) | {"student": shown_as(actor, row.student), "href": _address(row.student)} for row in rows[:PAGE]
        ],
        older=older,
        newest=url_for("disclosures.everyone") if request.args.get("before") else None,
    )


@blueprint.get("/students/<int:student_id>/disclosures")
@gate(Permission.DISCLOSURE_READ)
def student(student_id: int) -> Page:
    """One student's disclosures; `paper` for the sheet that is kept with the record."""
    actor = current_actor()
    pupil = get_student(actor, student_id)
    on_paper = "paper" in request.args
    since = None if actor.has(Role.AUDITOR) else first_in_view(actor, pupil.school_id, *RECORD_ROLES)
    return render_template(
        "records/disclosures/sheet.html" if on_paper else "records/disclosures/student.html",
        student=pupil,
        name=shown_as(actor, pupil),
        faded_before=day_words_with_year(since) if since and pupil.id not in actor.past_students else "",
        rows=[_line(row) for row in disclosures(actor, student_id, limit=ON_PAPER)],
        may_record=can(actor, Permission.DISCLOSURE_RECORD, pupil),
        may_open=can(actor, Permission.STUDENT_READ, pupil),
        printed_on=day_words_with_year(today_at(pupil.school_id, clock.now())),
    )


@blueprint.route("/students/<int:student_id>/disclosures/new", methods=["GET", "POST"])
@gate(Permission.DISCLOSURE_RECORD)
def record(student_id: int) -> Page:
    """Add one by hand."""
    pupil = get_student(current_actor(), student_id)
    form = DisclosureForm()

    def act() -> int:
        return record_disclosure(submitted(form), student_id, filled(form, Given))

    return form_page(
        form, act, _address(pupil), "records/disclosures/record.html", student=pupil, name=pupil.shown_name
    )


def student_panel(actor: Actor, pupil: Student) -> tuple[str, dict[str, Any]] | None:
    """Return the link to a student's disclosures on the student's page; None for whoever may not read them."""
    if not can(actor, Permission.DISCLOSURE_READ, pupil):
        return None
    return "records/disclosures/_panel.html", {"href": _address(pupil)}


def _line(disclosure: ListedDisclosure) -> dict[str, Any]:
    row, veiled = disclosure.row, disclosure.veiled
    by_hand, partner = row.object_type == "student", _("A partner of the school")
    what = [_("A need")] if veiled and by_hand else row.fields
    return {
        "on": day_words_with_year(local_date(row.at, zone_of(disclosure.student.school_id))),
        "asked_by": partner if veiled and row.asked_by else row.asked_by or str(UNASKED.get(row.object_type, SCHOOL)),
        "told_whom": partner if veiled else row.told_whom,
        "what": "; ".join(name if by_hand else _field_words(name) for name in what),
        "interest": _("Support by a partner") if veiled else service_words(row.interest) or _read(row, row.interest),
        "purpose": _("Support by a partner") if veiled else _purpose(row),
        "made_by": disclosure.made_by or _("The system"),
    }


def _read(row: Disclosure, words: str) -> str:
    """Return words in the reader's language where the system wrote them; what somebody wrote stays as it is."""
    return _(words) if words and row.object_type not in ("student", "referral") else words


def _purpose(row: Disclosure) -> str:
    of_referral = row.object_type == "referral"
    return purpose_read(row.purpose, row.told_whom, row.interest) if of_referral else _read(row, row.purpose)


def _field_words(name: str) -> str:
    """Return a field of the record in words; a correction names the day on which the mistake was told."""
    try:
        return day_words_with_year(date.fromisoformat(name))
    except ValueError:
        return str(FIELD_LABELS.get(name, name))


def _address(pupil: Student) -> str:
    return url_for("disclosures.student", student_id=pupil.id)


def _before(text: str) -> tuple[datetime, int] | None:
    at, _tilde, digits = text.partition("~")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    number = id_in(digits)
    if instant.tzinfo is None or number is None:
        return None
    return (instant, number) if 2000 <= instant.year < 2200 else None
