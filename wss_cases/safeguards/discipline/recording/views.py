"""The pages of discipline actions: recording one on a report, the school's list, one with its past."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.forms import BaseForm, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.discipline.recording import presenters
from wss_cases.safeguards.discipline.recording.actions import Removal, record_discipline, year_began
from wss_cases.safeguards.discipline.recording.forms import DisciplineForm, HeardForm
from wss_cases.safeguards.discipline.recording.hand_off import hand_to_administrators
from wss_cases.safeguards.discipline.recording.hearing import (
    hear_student,
    is_title_ix_matter,
    may_not_stand,
    waits_to_be_heard,
)
from wss_cases.safeguards.discipline.recording.presenters import row_words
from wss_cases.safeguards.discipline.removals.queries import (
    PAGE,
    ListedAction,
    actions_page,
    get_action,
    offered_to,
    standing_counts,
)
from wss_cases.safeguards.discipline.removals.states import Answer, DisciplineKind, Tried
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm

blueprint = Blueprint("discipline", __name__)
ACTION = "safeguards/discipline/recording/action.html"


@blueprint.route("/incidents/<int:incident_id>/discipline", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def record(incident_id: int) -> Page:
    """Record a removal: first of whom, then with their days away and what adults had offered in sight."""
    actor, now = current_actor(), clock.now()
    incident = get_incident(actor, incident_id, Permission.DISCIPLINE_RECORD)
    students = students_who_caused_harm(incident_id)
    today = today_at(incident.school_id, now)
    form = DisciplineForm(starts_on=today)
    form.may_exclude = can(actor, Permission.DISCIPLINE_DECIDE, incident)
    student = _chosen(students, form.student_id.data or request.args.get("student", ""))
    if student is None and not form.is_submitted():
        return render_template("safeguards/discipline/recording/who.html", incident=incident, students=students)
    if student is not None:
        form.student_id.data = str(student.id)
        if not form.is_submitted() and (student.has_iep or student.has_504):
            form.disability.data = Answer.YES.value
    return form_page(
        form,
        lambda: record_discipline(submitted(form), incident_id, _removal(form)),
        _recorded,
        "safeguards/discipline/recording/record.html",
        incident=incident,
        student=student,
        known=_known(student, incident.school_id, today) if student else None,
        may_exclude=form.may_exclude,
        undecided=incident.state in UNDECIDED,
        title_ix=is_title_ix_matter(incident),
    )


@blueprint.post("/incidents/<int:incident_id>/discipline/hand-on")
@gate(Permission.DISCIPLINE_RECORD)
def hand_on(incident_id: int) -> Response:
    """Hand a removal of more than 3 days to the school's administrators, one of whom decides about it."""
    hand_to_administrators(submitted(BaseForm()), incident_id, id_in(request.form.get("student_id")) or 0)
    flash(_("Every administrator of the school is asked to decide. Nothing is recorded before then."))
    return redirect(url_for("incidents.incident", incident_id=incident_id), 303)


def _chosen(students: Sequence[Student], wanted: str) -> Student | None:
    if len(students) == 1 and not wanted:
        return students[0]
    return next((student for student in students if str(student.id) == wanted), None)


def _removal(form: DisciplineForm) -> Removal:
    return filled(
        form,
        Removal,
        student_id=id_in(form.student_id.data) or 0,
        kind=DisciplineKind(form.kind.data),
        days=form.days.data or 0,
        disability=Answer(form.disability.data),
        suspected=Answer(form.suspected.data),
        answers={what: form[f"answer_{what.value}"].data or "" for what in Tried},
    )


def _known(student: Student, school_id: int, today: Any) -> dict[str, Any]:
    """What stands beside the form before anything is saved: days away, the roster's word, what adults offered."""
    return {
        "days": presenters.days_words(student.id, school_year(today)),
        "disability": presenters.disability_words(student),
        "offered": presenters.offer_words(offered_to(student.id, school_id, year_began(today))),
    }


def _recorded(action_id: int) -> str:
    flash(_("The discipline action is recorded. The plan for the return is open."))
    return url_for("discipline.action", action_id=action_id)


@blueprint.get("/discipline")
@gate(Permission.DISCIPLINE_READ)
def actions() -> str:
    """The chosen school's discipline actions, the newest first, and how many stand this school year."""
    return list_of_year("safeguards/discipline/recording/list.html", actions_page, row_words, standing_counts)


def list_of_year(
    template: str,
    page_of: Callable[[Actor, int | None, int | None, int], Sequence[Any]],
    words: Callable[[Any], dict[str, Any]],
    counts: Callable[[Actor, int | None, date, date], tuple[int, int]],
) -> str:
    """Render a list of the chosen school, the newest first, with how many records and students the school year has."""
    actor = current_actor()
    school_id, before_id = chosen_school_id(actor, *CASE_TEAM), id_in(request.args.get("before"))
    rows = page_of(actor, school_id, before_id, PAGE + 1)
    year, here = school_year(today_at(school_id, clock.now())), str(request.endpoint)
    instances, students = counts(actor, school_id, *school_year_bounds(year))
    return render_template(
        template,
        rows=[words(row) for row in rows[:PAGE]],
        year=year,
        instances=instances,
        students=students,
        older=url_for(here, before=rows[PAGE - 1].id) if len(rows) > PAGE else None,
        newest=url_for(here) if before_id else None,
    )


@blueprint.get("/discipline/<int:action_id>")
@gate(Permission.DISCIPLINE_READ)
def action(action_id: int) -> str:
    """One discipline action as it stands, its packet, what it was before, and its appeal."""
    listed = get_action(current_actor(), action_id)
    return render_template(ACTION, form=HeardForm(version=listed.action.version), **_shown(listed))


@blueprint.post("/discipline/<int:action_id>")
@gate(Permission.DISCIPLINE_RECORD)
def heard(action_id: int) -> Page:
    """Record on the page of a removal for a continuing danger that the student was heard."""
    listed, form = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD), HeardForm()
    done = with_flash(_("What the student said is recorded."), url_for("discipline.action", action_id=action_id))

    def act() -> int:
        return hear_student(submitted(form), action_id, form.student_said.data)

    return form_page(form, act, done, ACTION, **_shown(listed))


def _shown(listed: ListedAction) -> dict[str, Any]:
    row, actor = listed.action, current_actor()
    return {
        "action": row,
        "words": presenters.action_words(listed),
        "student": listed.student,
        "days": presenters.days_words(row.student_id, school_year(row.starts_on)),
        "versions": presenters.version_words(row),
        "appeal": presenters.appeal_words(row.id),
        "may_record": can(actor, Permission.DISCIPLINE_RECORD, row),
        "may_decide": can(actor, Permission.DISCIPLINE_DECIDE, row),
        "may_not_stand": may_not_stand(row),
        "heard_by": presenters.heard_by_words(row) if waits_to_be_heard(row) else "",
    }
