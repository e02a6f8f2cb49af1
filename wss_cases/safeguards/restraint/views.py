"""The pages of restraint and time-out: recording one on a report, the school's list, one record with its review."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.forms import BaseForm, choices, filled
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import at_wall, today_at, zone_of
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import INJURY_LABELS, MANNER_LABELS
from wss_cases.roster.telling.queries import calling
from wss_cases.safeguards.discipline.recording.views import list_of_year
from wss_cases.safeguards.discipline.removals.rules import told_late
from wss_cases.safeguards.duties.duty.queries import students_in, user_name
from wss_cases.safeguards.restraint import actions
from wss_cases.safeguards.restraint.forms import GuardianToldForm, RestraintForm, ReviewForm
from wss_cases.safeguards.restraint.queries import ListedRestraint, get_restraint, restraint_counts, restraints_page
from wss_cases.safeguards.restraint.states import RestraintKind

blueprint = Blueprint("restraints", __name__)


@blueprint.route("/incidents/<int:incident_id>/restraint", methods=["GET", "POST"])
@gate(Permission.RESTRAINT_RECORD)
def record(incident_id: int) -> Page:
    """Record a restraint or time-out on a report."""
    incident = get_incident(current_actor(), incident_id, Permission.RESTRAINT_RECORD)
    zone = zone_of(incident.school_id)
    students = students_in(incident_id)
    form = RestraintForm()
    form.student_id.choices = choices([("", _("Choose one")), *((str(s.id), s.shown_name) for s in students)])

    def done(record_id: int) -> str:
        flash(_("The record is saved."))
        return url_for("restraints.restraint", restraint_id=record_id)

    return form_page(
        form,
        lambda: actions.record_restraint(submitted(form), incident_id, _given(form, zone)),
        done,
        "safeguards/restraint/record.html",
        incident=incident,
        students=students,
        calling=calling(students),
    )


def _given(form: RestraintForm, zone: str) -> actions.Restraint:
    told_at = form.guardian_told_at.data
    return filled(
        form,
        actions.Restraint,
        student_id=int(form.student_id.data),
        kind=RestraintKind(form.kind.data),
        started_at=at_wall(form.started_at.data, zone),
        ended_at=at_wall(form.ended_at.data, zone),
        guardian_told_at=at_wall(told_at, zone) if told_at else None,
    )


@blueprint.get("/restraints")
@gate(Permission.DISCIPLINE_READ)
def restraints() -> str:
    """The chosen school's restraints and time-outs, the newest first, counted for the school year."""
    return list_of_year("safeguards/restraint/list.html", restraints_page, restraint_row, restraint_counts)


def restraint_row(listed: ListedRestraint) -> dict[str, Any]:
    """Return one row of a list of restraints and time-outs."""
    row = listed.record
    return {
        "title": listed.student.shown_name,
        "href": url_for("restraints.restraint", restraint_id=row.id),
        "meta": f"{RestraintKind(row.kind).label} · {day_words_with_year(row.local_date)} · {listed.reference}",
        "tag": _("Guardian not told") if row.guardian_told_at is None else None,
    }


@blueprint.get("/restraints/<int:restraint_id>")
@gate(Permission.DISCIPLINE_READ)
def restraint(restraint_id: int) -> str:
    """One restraint or time-out, whether the guardian was told the same day, and its review."""
    actor = current_actor()
    listed = get_restraint(actor, restraint_id)
    return render_template(
        "safeguards/restraint/show.html",
        record=listed.record,
        student=listed.student,
        words=_words(listed),
        may_record=can(actor, Permission.RESTRAINT_RECORD, listed.record),
    )


def _words(listed: ListedRestraint) -> dict[str, Any]:
    row, zone = listed.record, zone_of(listed.record.school_id)
    minutes = int((row.ended_at - row.started_at).total_seconds() // 60)
    told_at = row.guardian_told_at
    return {
        "what": RestraintKind(row.kind).label,
        "reference": listed.reference,
        "start": moment_words(row.started_at, zone),
        "end": moment_words(row.ended_at, zone),
        "minutes": ngettext("%(num)d minute", "%(num)d minutes", minutes),
        "harm": INJURY_LABELS[row.harm],
        "told": dotted(moment_words(told_at, zone), MANNER_LABELS.get(row.guardian_manner, ""), row.guardian_name),
        "late": told_late(row.local_date, told_at, clock.now(), zone),
        "reviewed": day_words_with_year(row.reviewed_on) if row.reviewed_on else "",
        "recorded": f"{moment_words(row.recorded_at, zone)}, {user_name(row.recorded_by_id)}",
    }


def _act(
    restraint_id: int,
    name: str,
    form_of: Callable[..., BaseForm],
    act: Callable[[Invocation, Any, str], int],
    notice: Any,
) -> Page:
    """Show the form of one act on a record, by the template `name`; `act` takes the call, the form and the zone."""
    actor, listed = current_actor(), get_restraint(current_actor(), restraint_id)
    record = listed.record
    require(actor, Permission.RESTRAINT_RECORD, record)
    form = form_of(version=record.version, reviewed_on=today_at(record.school_id, clock.now()))
    return form_page(
        form,
        lambda: act(submitted(form), form, zone_of(record.school_id)),
        with_flash(notice, url_for("restraints.restraint", restraint_id=restraint_id)),
        f"safeguards/restraint/{name}.html",
        record=record,
        words=_words(listed),
        calling=calling([listed.student]),
    )


@blueprint.route("/restraints/<int:restraint_id>/guardian", methods=["GET", "POST"])
@gate(Permission.RESTRAINT_RECORD)
def told(restraint_id: int) -> Page:
    """Write down when and how the guardian was told."""

    def act(call: Invocation, form: GuardianToldForm, zone: str) -> int:
        told_at = at_wall(form.guardian_told_at.data, zone)
        return actions.tell_guardian(call, restraint_id, told_at, form.guardian_manner.data, form.guardian_name.data)

    return _act(restraint_id, "told", GuardianToldForm, act, _("It is on record that the guardian was told."))


@blueprint.route("/restraints/<int:restraint_id>/review", methods=["GET", "POST"])
@gate(Permission.RESTRAINT_RECORD)
def review(restraint_id: int) -> Page:
    """Write down what the review found."""

    def act(call: Invocation, form: ReviewForm, _zone: str) -> int:
        return actions.review(call, restraint_id, form.reviewed_on.data, form.review.data or "")

    return _act(restraint_id, "review", ReviewForm, act, _("The review is on record."))
