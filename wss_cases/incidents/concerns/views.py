"""Worries about a student: the care team's list, one record, and its screening."""

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.pages import Page, form_page
from wss_cases.incidents.additions.actions import record_screening
from wss_cases.incidents.incident.queries import care_records, get_care_record
from wss_cases.incidents.pages.forms import ScreeningForm
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("care", __name__)


@blueprint.get("/care")
@gate(Permission.CARE_WORK)
def records() -> str:
    """List the worries of the care team's schools, those not yet screened first."""
    rows = []
    for record in care_records(current_actor()):
        school = get_school(record.school_id)
        assert school is not None
        rows.append((record, moment_words(record.opened_at, school.time_zone)))
    return render_template("incidents/concerns/list.html", rows=rows)


@blueprint.route("/care/<int:record_id>", methods=["GET", "POST"])
@gate(Permission.CARE_WORK)
def record(record_id: int) -> Page:
    """Show one worry to the care team and record its screening."""
    actor = current_actor()
    found = get_care_record(actor, record_id)
    school = get_school(found.school_id)
    assert school is not None
    form = ScreeningForm()
    return form_page(
        form,
        lambda: record_screening(submitted(form), found.id, form.note.data),
        url_for("care.record", record_id=found.id),
        "incidents/concerns/concern.html",
        record=found,
        student=db.session.get(Student, found.student_id) if found.student_id else None,
        opened=moment_words(found.opened_at, school.time_zone),
        screened=moment_words(found.screened_at, school.time_zone),
    )
