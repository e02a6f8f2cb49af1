"""A concern about a student: the reporter's receipt, and whether someone is hurting the student."""

from flask import Blueprint, flash, redirect, render_template, url_for

from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import moment_words, today_at, zone_of
from wss_cases.incidents.incident.queries import get_care_record, own_care_record
from wss_cases.incidents.incident.states import HurtBySomebody
from wss_cases.incidents.pages.pages import HurtForm
from wss_cases.incidents.pages.presenters import place_names
from wss_cases.intake.report.actions import answer_hurt
from wss_cases.journal.rooms import Room
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("worry", __name__)


@blueprint.get("/worries/<int:record_id>")
@gate(Permission.INCIDENT_REPORT)
def receipt(record_id: int) -> str:
    """The reporter's receipt: when, about whom, and who was told. What was done about it is not shown."""
    record = own_care_record(current_actor(), record_id)
    school = get_school(record.school_id)
    day = today_at(record.school_id, record.opened_at)
    team = {n for role in (Role.COORDINATOR, Role.ADMINISTRATOR) for _id, n in holders(role, record.school_id, day)}
    student = db.session.get(Student, record.student_id) if record.student_id else None
    return render_template(
        "intake/concern/saved.html",
        team=sorted(team),
        school=school,
        record=record,
        when=moment_words(record.opened_at, zone_of(record.school_id)),
        student=student.shown_name if student else _("Not identified yet"),
        place=place_names().get(record.location_code, ""),
    )


@blueprint.route("/care/<int:record_id>/hurt", methods=["POST"])
@gate(Permission.CARE_WORK)
def hurt(record_id: int) -> Page:
    """Save whether someone is hurting the student; on yes, a report is opened too, and the page goes to it."""
    record = get_care_record(current_actor(), record_id)
    back = redirect(url_for("care.record", record_id=record.id), 303)
    form = HurtForm()
    if not form.validate():
        flash(_("Enter whether someone is hurting the student."), "error")
        return back
    answer = HurtBySomebody(form.hurt.data)
    answer_hurt(submitted(form), record.id, answer)
    if answer is HurtBySomebody.YES:
        flash(_("A report was opened too. Call the hotline yourself now: each adult has their own duty to call."))
    return back


ROOM = Room(pages=(blueprint,))
