"""The record of a questioning by police or security: whether it may start, and each step towards it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.forms import BaseForm, choices, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, zone_of
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS
from wss_cases.roster.telling import calling
from wss_cases.safeguards.duties.duty.forms import wall_minute
from wss_cases.safeguards.duties.duty.queries import user_name
from wss_cases.safeguards.questioning import actions, forms
from wss_cases.safeguards.questioning.models import QuestioningNotice
from wss_cases.safeguards.questioning.queries import QuestioningRow, get_questioning, questionings_of, students_of
from wss_cases.safeguards.questioning.rules import has_contact, missing
from wss_cases.safeguards.questioning.states import AdultPresent, ClaimedException, QuestionedBy

blueprint = Blueprint("questionings", __name__)


@blueprint.route("/incidents/<int:incident_id>/questioning", methods=["GET", "POST"])
@gate(Permission.QUESTIONING_RECORD)
def new(incident_id: int) -> Page:
    """Record that police or security want to question a student, before it starts."""
    actor, now = current_actor(), clock.now()
    incident = get_incident(actor, incident_id, Permission.QUESTIONING_RECORD)
    zone = zone_of(incident.school_id)
    form = forms.QuestioningForm()
    students = [(str(student.id), student.shown_name) for student in students_of(incident_id)]
    form.student_id.choices = choices([("", _("Choose one")), *students])

    def act() -> int:
        begun = form.begun.data == "yes"
        started_at = form.started_at.data if begun else None
        request = filled(
            form,
            actions.Asked,
            student_id=int(form.student_id.data),
            asked_by=QuestionedBy(form.asked_by.data),
            started_at=(at_wall(started_at, zone) if started_at else now) if begun else None,
            late_reason=(form.late_reason.data or "") if begun else "",
        )
        return actions.record_questioning(submitted(form), incident_id, request)

    return form_page(
        form,
        act,
        lambda made: url_for("questionings.questioning", questioning_id=made),
        "safeguards/questioning/new.html",
        incident=incident,
        students=students,
    )


@blueprint.get("/questionings/<int:questioning_id>")
@gate(Permission.QUESTIONING_RECORD)
def questioning(questioning_id: int) -> Page:
    """One questioning: whether it may start and what is missing, who was told, who is with the student."""
    row = get_questioning(current_actor(), questioning_id)
    return render_template("safeguards/questioning/show.html", shown=_words(row), record=row.record)


def _words(row: QuestioningRow) -> dict[str, Any]:
    record, zone = row.record, zone_of(row.record.school_id)
    left = missing(record, row.results)
    is_live = record.ended_at is None and record.called_off_at is None

    def moment(at: datetime | None) -> str:
        return moment_words(at, zone) if at else ""

    return {
        "student": row.student.shown_name,
        "asked_by": QuestionedBy(record.asked_by).label,
        "missing": left,
        "may_start": is_live and record.started_at is None and not left,
        "waits": is_live and record.started_at is None,
        "is_live": is_live,
        "reached": has_contact(row.results),
        "tried": bool(row.results),
        "notices": [_notice(notice, zone) for notice in row.notices],
        "adult": AdultPresent.labels().get(record.adult_present, "") if record.adult_present else "",
        "exception": ClaimedException(record.exception).label if record.exception else "",
        "recorded": moment(record.recorded_at),
        "recorded_by": user_name(record.recorded_by_id),
        "started": moment(record.started_at),
        "ended": moment(record.ended_at),
        "called_off": moment(record.called_off_at),
        "incident_href": url_for("incidents.incident", incident_id=record.incident_id),
        "duty_href": url_for("safeguards.duty", duty_id=record.duty_id),
        "tag": state_words(record),
        "tone": "sun" if is_live else "moss",
    }


def _notice(notice: QuestioningNotice, zone: str) -> dict[str, Any]:
    parts = (
        moment_words(notice.at, zone),
        str(MANNER_LABELS.get(notice.manner, notice.manner)),
        notice.told_whom,
        notice.note,
    )
    return {
        "title": str(RESULT_LABELS.get(notice.result, notice.result)),
        "contact": has_contact([notice.result]),
        "meta": " · ".join(part for part in parts if part),
    }


def state_words(record: Any) -> str:
    """Return how far a questioning has come."""
    if record.called_off_at is not None:
        return _("Did not take place")
    if record.ended_at is not None:
        return _("Ended")
    return _("Has started") if record.started_at is not None else _("Not started")


def of_incident(incident_id: int) -> list[dict[str, Any]]:
    """Return the questionings on a report, as rows of a list; the caller has checked the report."""
    return [
        {
            "title": student.shown_name,
            "href": url_for("questionings.questioning", questioning_id=record.id),
            "meta": QuestionedBy(record.asked_by).label,
            "tag": state_words(record),
            "tone": "moss" if record.ended_at or record.called_off_at else "sun",
        }
        for record, student in questionings_of(incident_id)
    ]


def _step(name: str, form_of: type[BaseForm], title: Any, act: Callable[[Invocation, int, Any, str], int]) -> None:
    """Declare the page of one step: the version of the record, the school's wall clock, then the use case.

    `act` takes the call, the record's id, the form and the school's zone.
    """

    @gate(Permission.QUESTIONING_RECORD)
    def page(questioning_id: int) -> Page:
        actor, now = current_actor(), clock.now()
        row = get_questioning(actor, questioning_id)
        require(actor, Permission.QUESTIONING_RECORD, row.record)
        zone = zone_of(row.record.school_id)
        local_now = wall_minute(now, zone)
        form = form_of(version=row.record.version, at=local_now, started_at=local_now, ended_at=local_now)
        return form_page(
            form,
            lambda: act(submitted(form), questioning_id, form, zone),
            url_for("questionings.questioning", questioning_id=questioning_id),
            "safeguards/questioning/step.html",
            title=title,
            shown=_words(row),
            record=row.record,
            calling=calling([row.student]),
        )

    rule = f"/questionings/<int:questioning_id>/{name}"
    blueprint.add_url_rule(rule, name, page, methods=["GET", "POST"])


_step(
    "notice",
    forms.NoticeForm,
    _l("Record an attempt to tell the guardian"),
    lambda call, record_id, form, zone: actions.record_notice(
        call, record_id, filled(form, actions.Notice, at=at_wall(form.at.data, zone))
    ),
)
_step(
    "adult",
    forms.AdultForm,
    _l("Record who is with the student"),
    lambda call, record_id, form, zone: actions.name_adult(
        call, record_id, AdultPresent(form.adult_present.data), form.adult_name.data or ""
    ),
)
_step(
    "exception",
    forms.ExceptionForm,
    _l("Record an exception that is claimed"),
    lambda call, record_id, form, zone: actions.claim_exception(
        call, record_id, ClaimedException(form.exception.data), form.exception_reason.data or ""
    ),
)
_step(
    "start",
    forms.StartForm,
    _l("It is starting now"),
    lambda call, record_id, form, zone: actions.start(call, record_id, at_wall(form.started_at.data, zone)),
)
_step(
    "end",
    forms.EndForm,
    _l("Record its end"),
    lambda call, record_id, form, zone: actions.end(
        call, record_id, at_wall(form.ended_at.data, zone), form.what_followed.data or ""
    ),
)
