"""Student concerns: the care team's list, one record, and its screening."""

from typing import Any

from flask import render_template, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import moment_words, zone_of
from wss_cases.incidents.incident.models import CareRecord
from wss_cases.incidents.incident.queries import care_records, get_care_record
from wss_cases.incidents.incident.states import HurtBySomebody
from wss_cases.incidents.pages import HurtForm, place_names
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import schools_by_id

pages = Pages("care", __name__)


@pages.get("/care")
@gate(Permission.CARE_WORK)
def records() -> str:
    """Student concerns of the care team's schools, unscreened ones first."""
    records = care_records(current_actor())
    rows = [(record, moment_words(record.opened_at, zone_of(record.school_id))) for record in records]
    return render_template("incidents/concerns/list.html", rows=rows)


class ScreeningForm(PlainForm):
    """The result of a clinician's screening; stored only in the care record."""

    note = LongText(_l("What was found and what happens next"), [NotBlank(_l("Write what was found."))])


def _words(record: CareRecord, _form: ScreeningForm) -> dict[str, Any]:
    zone = zone_of(record.school_id)
    return {
        "facts": [
            {"label": _("Reported by"), "value": user_names([record.reporter_id]).get(record.reporter_id, "")},
            {"label": _("Where"), "value": place_names().get(record.location_code, "")},
            {
                "label": _("Is someone hurting this student?"),
                "value": record.hurt_by_somebody.label if record.hurt_by_somebody else "",
            },
        ],
        "ask_hurt": record.screened_at is None and record.hurt_by_somebody in (None, HurtBySomebody.NOT_KNOWN),
        "hurt": HurtForm(formdata=None),
        "office": schools_by_id([record.school_id])[record.school_id].phone,
        "student": db.session.get(Student, record.student_id) if record.student_id else None,
        "opened": moment_words(record.opened_at, zone),
        "screened": moment_words(record.screened_at, zone),
    }


@pages.act(
    "/care/<int:record_id>", Subject(CareRecord, get_care_record), ScreeningForm, Permission.CARE_WORK, adds=True,
    endpoint="record", title=_l("Concern about a student"), button=_l("Record the screening"), more=_words,
    then=lambda record, _answer: url_for("care.record", record_id=record.id),
    template="incidents/concerns/concern.html",
)  # fmt: skip
def record_screening(uow: UnitOfWork, record: CareRecord, form: ScreeningForm) -> None:
    """Record that a clinician screened the student; only once."""
    if record.screened_at is not None:
        raise Refused("", _("The screening is already recorded."))
    record.screened_at, record.screened_by_id, record.screen_note = uow.now, uow.actor.user_id, form.note.data
    uow.record(record, "care.screened")


ROOM = Room(pages=(pages,))
