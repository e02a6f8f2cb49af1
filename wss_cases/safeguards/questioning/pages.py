"""The questioning of a student by police or security: recorded before it starts, refused until it may."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import select
from wtforms.validators import InputRequired

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, filled, pick, radio
from wss_cases.foundation.forms import select as foundation_select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.telling import calling, refuse_kept_off
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.duties.duty.pages import Told, add_step, carry_out, moment_field, steps_left, wall_minute
from wss_cases.safeguards.duties.duty.queries import user_name
from wss_cases.safeguards.duties.duty.raising import ByHand, open_by_hand
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.questioning import queries
from wss_cases.safeguards.questioning.queries import (
    AdultPresent,
    ClaimedException,
    QuestionedBy,
    Questioning,
    QuestioningNotice,
    QuestioningRow,
    get_questioning,
    notices_of,
    questionings_of,
    students_of,
)
from wss_cases.safeguards.questioning.rules import Missing, has_contact, missing


class QuestioningForm(BaseForm):
    """Who wants to question which student, and whether it has begun."""

    student_id = foundation_select(_l("Student"), coerce=str, validators=[InputRequired(_l("Choose the student."))])
    asked_by = radio(_l("Who wants to question"), QuestionedBy.labels(), _l("Enter who wants to question the student."))
    who = ShortText(_l("Name, badge or unit"), [NotBlank(_l("Enter who wants to question the student."))])
    why = LongText(_l("Why"), [NotBlank(_l("Explain why."))])
    begun = radio(
        _l("Has it started?"), {"no": _l("No, it has not started"), "yes": _l("Yes, it has started")}, default="no"
    )
    started_at = moment_field(_l("When it started"))
    late_reason = LongText(_l("Why it was not recorded before"))


class NoticeForm(BaseForm):
    """One attempt to tell the guardian."""

    at = moment_field(_l("When"), _l("Enter when it was."))
    manner = pick(_l("How"), MANNER_LABELS, _l("Enter how."))
    result = pick(_l("Result"), RESULT_LABELS, _l("Enter the result."))
    told_whom = ShortText(_l("Who was reached"))
    note = LongText(_l("Note"))


class AdultForm(BaseForm):
    """The adult with the student."""

    adult_present = radio(_l("Who is with the student"), AdultPresent.labels(), _l("Enter who is with the student."))
    adult_name = ShortText(_l("Name and role"), [NotBlank(_l("Enter who is with the student."))])


class ExceptionForm(BaseForm):
    """An exception of the law that somebody claims."""

    exception = radio(_l("Which exception is claimed"), ClaimedException.labels(), _l("Choose the exception."))
    exception_reason = LongText(
        _l("What happened, and who claims it"), [NotBlank(_l("Write what happened that makes it an exception."))]
    )


class StartForm(BaseForm):
    """When it began."""

    started_at = moment_field(_l("When it started"), _l("Enter when it was."))


class EndForm(BaseForm):
    """When it ended, and what followed."""

    ended_at = moment_field(_l("When"), _l("Enter when it was."))
    what_followed = LongText(_l("What happened afterward"), [NotBlank(_l("Write what happened afterward."))])


CODE = "questioning_of_student"
CHANNELS = {"phone": "phone", "in_person": "in_person"}
"""Manners of telling a guardian that are channels of a duty's step under the same name; the rest is writing."""


@dataclass(frozen=True)
class Asked:
    """Who wants to question whom and why; `started_at` where it has begun already, with why it was not recorded."""

    student_id: int
    asked_by: QuestionedBy
    who: str
    why: str
    started_at: datetime | None = None
    late_reason: str = ""


@dataclass(frozen=True)
class Notice:
    """One attempt to tell the guardian."""

    at: datetime
    manner: str
    result: str
    told_whom: str = ""
    note: str = ""


@use_case
def record_questioning(uow: UnitOfWork, incident_id: int, request: Asked) -> int:
    """Record that somebody wants to question a student of this report, and raise the duty that goes with it.

    Raises Refused for a student who is not in the report, and for one that has begun without saying why it was late.
    """
    incident = uow.load(Incident, incident_id, Permission.QUESTIONING_RECORD)
    if request.student_id not in {student.id for student in students_of(incident.id)}:
        raise Refused("student_id", _("Choose a student of this report."))
    refuse_blank("who", request.who, _("Enter who wants to question the student."))
    refuse_blank("why", request.why, _("Explain why."))
    late = request.started_at is not None
    if request.started_at is not None:
        refuse_future("started_at", request.started_at, uow.now)
        refuse_blank("late_reason", request.late_reason, _("Explain why it was not recorded before it started."))
    record = uow.add(
        Questioning(
            school_id=incident.school_id, incident_id=incident.id, duty_id=_duty(uow, incident, request).id,
            recorded_at=uow.now, recorded_by_id=uow.actor.user_id, recorded_late=late, **vars(request),
        )
    )  # fmt: skip
    uow.record(record, "questioning.recorded_late" if late else "questioning.recorded")
    return record.id


def _duty(uow: UnitOfWork, incident: Incident, request: Asked) -> LegalDuty:
    statement = select(LegalDuty).where(
        LegalDuty.incident_id == incident.id, LegalDuty.code == CODE, LegalDuty.state.in_(OPEN_DUTY)
    )
    standing = uow.session.scalars(statement.with_for_update()).first()
    if standing is not None and not _is_taken(uow, standing):
        return standing
    if standing is not None:
        raise Refused("", _("Another questioning on this report has not ended. End it, or record that it is canceled."))
    because = f"{request.who}: {request.why}"
    return open_by_hand(uow, incident, ByHand(CODE, because, request.started_at or uow.now), None)


def _is_taken(uow: UnitOfWork, duty: LegalDuty) -> bool:
    live = select(Questioning.id).where(
        Questioning.duty_id == duty.id, Questioning.ended_at.is_(None), Questioning.called_off_at.is_(None)
    )
    return uow.session.scalar(live.limit(1)) is not None


@use_case
def record_notice(uow: UnitOfWork, questioning_id: int, given: Notice) -> int:
    """Record one attempt to tell the guardian: when, how, with what result."""
    record = _live(uow, questioning_id, None)
    refuse_future("at", given.at, uow.now)
    if has_contact([given.result]) and not given.told_whom.strip():
        raise Refused("told_whom", _("Enter who was reached."))
    if given.told_whom.strip():
        refuse_kept_off("told_whom", [record.student_id], given.told_whom)
    notice = QuestioningNotice(
        questioning_id=record.id, school_id=record.school_id, recorded_by_id=uow.actor.user_id,
        recorded_at=uow.now, **vars(given),
    )  # fmt: skip
    uow.add(notice)
    uow.record(notice, "questioning.notice")
    return record.id


@use_case
def name_adult(uow: UnitOfWork, questioning_id: int, kind: AdultPresent, name: str) -> int:
    """Record which adult is with the student: a guardian, or a support professional of the school."""
    record = _live(uow, questioning_id, uow.version)
    refuse_blank("adult_name", name, _("Enter who is with the student."))
    refuse_kept_off("adult_name", [record.student_id], name)
    record.adult_present, record.adult_name = kind, name
    uow.record(record, "questioning.prepared")
    return record.id


@use_case
def claim_exception(uow: UnitOfWork, questioning_id: int, claimed: ClaimedException, reason: str) -> int:
    """Record that somebody claims an exception of the law, with its reason; the duty stays open all the same."""
    record = _live(uow, questioning_id, uow.version)
    refuse_blank("exception_reason", reason, _("Write what happened that makes it an exception."))
    record.exception, record.exception_reason = claimed, reason
    uow.record(record, "questioning.exception", claimed=claimed.value)
    return record.id


@use_case
def start(uow: UnitOfWork, questioning_id: int, at: datetime) -> int:
    """Record that it began. Refused until the guardian was told or tried, and an adult is with the student.

    Where both stand without an exception, the duty is carried out with it; under an exception it stays open.
    """
    record = _live(uow, questioning_id, uow.version)
    if record.started_at is not None:
        raise Refused("", _("It has already started."))
    notices = notices_of(record.id)
    for what in missing(record, [notice.result for notice in notices]):
        raise Refused("", REFUSALS[what]())
    refuse_future("started_at", at, uow.now)
    if at < record.recorded_at.replace(second=0, microsecond=0):
        raise Refused("started_at", _("This is before it was recorded here. Enter it in a separate record."))
    record.started_at = at
    uow.record(record, "questioning.started")
    if record.exception is None:
        _carry_out(uow, record, notices)
    return record.id


REFUSALS = {
    Missing.NOTICE: lambda: _(
        "It may not start: no one has told the guardian or tried to. Record each attempt with its time, method, and "
        "result."
    ),
    Missing.ADULT: lambda: _(
        "It may not start: no guardian or support professional is with the student. Record who is."
    ),
}
"""Why a questioning may not start, in words."""


def _carry_out(uow: UnitOfWork, record: Questioning, notices: list[QuestioningNotice]) -> None:
    duty = uow.session.get_one(LegalDuty, record.duty_id, with_for_update=True)
    if duty.state not in OPEN_DUTY or record.adult_present is None:
        return
    best = next((notice for notice in notices if has_contact([notice.result])), notices[-1])
    adult = f"{record.adult_name} ({AdultPresent(record.adult_present).label})"
    reports = [
        Told(_guardian(best), CHANNELS.get(best.manner, "mail"), best.at, note=best.note),
        Told(adult, "in_person", record.started_at),
    ]
    for step, what in zip(steps_left(uow, duty)[:2], reports, strict=False):
        add_step(uow, duty, step, what)
    if not steps_left(uow, duty):
        done = _("The guardian: %(guardian)s. With the student: %(adult)s.", guardian=_guardian(best), adult=adult)
        carry_out(uow, duty, done, reports[1])


def _guardian(notice: QuestioningNotice) -> str:
    if has_contact([notice.result]):
        return notice.told_whom
    return _("no contact, an attempt (%(result)s)", result=RESULT_LABELS.get(notice.result, notice.result))


@use_case
def end(uow: UnitOfWork, questioning_id: int, at: datetime, what_followed: str) -> int:
    """Record that it ended and what followed, or where it never began that it did not take place and why."""
    record = _live(uow, questioning_id, uow.version)
    refuse_future("ended_at", at, uow.now)
    refuse_blank("what_followed", what_followed, _("Write what happened afterward."))
    if record.started_at is not None and at < record.started_at:
        raise Refused("ended_at", _("It cannot end before it started."))
    record.what_followed = what_followed
    if record.started_at is None:
        record.called_off_at = at
    else:
        record.ended_at = at
    uow.record(record, "questioning.called_off" if record.started_at is None else "questioning.ended")
    return record.id


def _live(uow: UnitOfWork, questioning_id: int, version: int | None) -> Questioning:
    record = uow.load(Questioning, questioning_id, Permission.QUESTIONING_RECORD, version)
    if record.ended_at is not None or record.called_off_at is not None:
        raise Refused("", _("This record is closed."))
    return record


blueprint = Blueprint("questionings", __name__)


@blueprint.route("/incidents/<int:incident_id>/questioning", methods=["GET", "POST"])
@gate(Permission.QUESTIONING_RECORD)
def new(incident_id: int) -> Page:
    """Record that police or security want to question a student, before it starts."""
    actor, now = current_actor(), clock.now()
    incident = get_incident(actor, incident_id, Permission.QUESTIONING_RECORD)
    zone = zone_of(incident.school_id)
    form = QuestioningForm()
    students = [(str(student.id), student.shown_name) for student in students_of(incident_id)]
    form.student_id.choices = choices([("", _("Choose one")), *students])

    def act() -> int:
        begun = form.begun.data == "yes"
        started_at = form.started_at.data if begun else None
        request = filled(
            form,
            Asked,
            student_id=int(form.student_id.data),
            asked_by=QuestionedBy(form.asked_by.data),
            started_at=(at_wall(started_at, zone) if started_at else now) if begun else None,
            late_reason=(form.late_reason.data or "") if begun else "",
        )
        return record_questioning(submitted(form), incident_id, request)

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
    NoticeForm,
    _l("Record an attempt to tell the guardian"),
    lambda call, record_id, form, zone: record_notice(
        call, record_id, filled(form, Notice, at=at_wall(form.at.data, zone))
    ),
)
_step(
    "adult",
    AdultForm,
    _l("Record who is with the student"),
    lambda call, record_id, form, zone: name_adult(
        call, record_id, AdultPresent(form.adult_present.data), form.adult_name.data or ""
    ),
)
_step(
    "exception",
    ExceptionForm,
    _l("Record an exception that is claimed"),
    lambda call, record_id, form, zone: claim_exception(
        call, record_id, ClaimedException(form.exception.data), form.exception_reason.data or ""
    ),
)
_step(
    "start",
    StartForm,
    _l("It is starting now"),
    lambda call, record_id, form, zone: start(call, record_id, at_wall(form.started_at.data, zone)),
)
_step(
    "end",
    EndForm,
    _l("Record its end"),
    lambda call, record_id, form, zone: end(
        call, record_id, at_wall(form.ended_at.data, zone), form.what_followed.data or ""
    ),
)


ROOM = Room(pages=(blueprint,), sentences=queries.SENTENCES, loaders={"questioning": queries.load_questioning})
