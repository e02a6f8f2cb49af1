"""The questioning of a student by police or security: recorded before it starts, refused until it may."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import RESULT_LABELS
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.telling import refuse_kept_off
from wss_cases.safeguards.duties.duty.actions import Told, add_step, carry_out, steps_left
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.raising import ByHand, open_by_hand
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.duties.duty.states import OPEN_DUTY
from wss_cases.safeguards.questioning.models import Questioning, QuestioningNotice
from wss_cases.safeguards.questioning.queries import notices_of, students_of
from wss_cases.safeguards.questioning.rules import Missing, has_contact, missing
from wss_cases.safeguards.questioning.states import AdultPresent, ClaimedException, QuestionedBy

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
