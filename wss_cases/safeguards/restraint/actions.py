"""The record of a restraint or time-out (23 Ill. Adm. Code 1.285): made, the guardian told the same day, reviewed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants.queries import holders
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making.actions import close_row, make
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling.queries import refuse_kept_off
from wss_cases.safeguards.duties.duty.queries import students_in
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.restraint.models import RestraintRecord
from wss_cases.safeguards.restraint.states import RestraintKind

LONGEST = timedelta(hours=12)
CONTACT = "guardian_contact"
REVIEW = "restraint_review"
REVIEW_AFTER = 2
"""School days until the review that the record asks for."""


@dataclass(frozen=True)
class Restraint:
    """One restraint or time-out as the form gives it; `harm` is an injury code, its words are needed with one."""

    student_id: int
    kind: RestraintKind
    started_at: datetime
    ended_at: datetime
    danger: str
    tried: str
    staff_present: str
    harm: str
    harm_words: str = ""
    guardian_told_at: datetime | None = None
    guardian_manner: str = ""
    guardian_name: str = ""


@use_case
def record_restraint(uow: UnitOfWork, incident_id: int, given: Restraint) -> int:
    """Record a restraint or time-out of a student of this incident, whatever their part in it.

    Raises Refused for impossible times, or without the danger, what was tried, who was there and the harm. Where the
    guardian is not told yet, that is due today; the review is due in two school days.
    """
    incident = uow.load(Incident, incident_id, Permission.RESTRAINT_RECORD)
    if given.student_id not in {student.id for student in students_in(incident.id)}:
        raise Refused("student_id", _("Choose a student of this incident."))
    _check(given, uow.now)
    zone = zone_of(incident.school_id)
    record = uow.add(
        RestraintRecord(
            school_id=incident.school_id,
            incident_id=incident.id,
            local_date=local_date(given.started_at, zone),
            recorded_by_id=uow.actor.user_id,
            recorded_at=uow.now,
            **vars(given),
        )
    )
    uow.record(record, "restraint.recorded", what=given.kind.value)
    _follow(uow, record)
    return record.id


def _check(given: Restraint, now: datetime) -> None:
    refuse_future("started_at", given.started_at, now)
    refuse_future("ended_at", given.ended_at, now)
    if given.ended_at < given.started_at:
        raise Refused("ended_at", _("It cannot end before it starts."))
    if given.ended_at - given.started_at > LONGEST:
        raise Refused("ended_at", _("This is longer than a school day. Check the times."))
    for name in ("danger", "tried", "staff_present"):
        refuse_blank(name, getattr(given, name), _("The record needs this in writing."))
    if given.harm != "none" and not given.harm_words.strip():
        raise Refused("harm_words", _("Enter who was hurt and how."))
    check_told(given.started_at, given.guardian_told_at, given.guardian_manner, now)
    if given.guardian_told_at is not None:
        refuse_kept_off("guardian_name", [given.student_id], given.guardian_name)


def check_told(started_at: datetime, told_at: datetime | None, manner: str, now: datetime) -> None:
    """Raise Refused for a notice to the guardian that cannot be: before it happened, not yet, or without its manner."""
    if told_at is None:
        if manner:
            raise Refused("guardian_told_at", _("Enter when the guardian was told."))
        return
    refuse_future("guardian_told_at", told_at, now)
    if told_at < started_at:
        raise Refused("guardian_told_at", _("The guardian cannot be told before it happened."))
    if not manner:
        raise Refused("guardian_manner", _("Enter how the guardian was told."))


def _follow(uow: UnitOfWork, record: RestraintRecord) -> None:
    today, days = today_at(record.school_id, uow.now), school_days(record.school_id)
    administrators = [user_id for user_id, _name in holders(Role.ADMINISTRATOR, record.school_id, today)]
    owner = next(iter(administrators), uow.actor.user_id)
    if record.guardian_told_at is None:
        make(
            uow, school_id=record.school_id, kind=CONTACT, owner_id=uow.actor.user_id,
            due_on=days.on_or_after(today), incident_id=record.incident_id, single_mail=True,
        )  # fmt: skip
    make(
        uow, school_id=record.school_id, kind=REVIEW, owner_id=owner,
        due_on=days.add(today, REVIEW_AFTER), incident_id=record.incident_id,
    )  # fmt: skip


def _close_oldest(
    uow: UnitOfWork, record: RestraintRecord, outcome: str, *, evidence: Any = None, **wanted: Any
) -> None:
    """Close the oldest follow-up of a kind that is open on the report."""
    open_ones = select(FollowUp).filter_by(incident_id=record.incident_id, state=FollowUpState.OPEN, **wanted)
    for row in uow.session.scalars(open_ones.order_by(FollowUp.id).limit(1).with_for_update()):
        close_row(uow, row, outcome, evidence=evidence)


@use_case
def tell_guardian(uow: UnitOfWork, record_id: int, told_at: datetime, manner: str, name: str = "") -> int:
    """Write down when and how the guardian was told, which closes the contact that the record asked for.

    Raises Refused for a time that cannot be, a second time, or somebody whom an order keeps from the student.
    """
    record = uow.load(RestraintRecord, record_id, Permission.RESTRAINT_RECORD, uow.version)
    if record.guardian_told_at is not None:
        raise Refused("", _("It is already on record that the guardian was told."))
    check_told(record.started_at, told_at, manner, uow.now)
    refuse_kept_off("guardian_name", [record.student_id], name)
    record.guardian_told_at, record.guardian_manner, record.guardian_name = told_at, manner, name
    zone = zone_of(record.school_id)
    shown = {"manner": manner, "on": local_date(told_at, zone).isoformat()}
    # the contact that this record asked for, in the same moment
    _close_oldest(uow, record, "reached", evidence=shown, kind=CONTACT, created_at=record.recorded_at)
    uow.record(record, "restraint.guardian_told")
    return record.id


@use_case
def review(uow: UnitOfWork, record_id: int, reviewed_on: date, words: str) -> int:
    """Write down what the review found. Raises Refused for no words, a day that cannot be, or a second review."""
    record = uow.load(RestraintRecord, record_id, Permission.RESTRAINT_RECORD, uow.version)
    if record.reviewed_on is not None:
        raise Refused("", _("The review is already on record."))
    refuse_blank("review", words, _("Write what the review found, and what will be done differently."))
    if not record.local_date <= reviewed_on <= today_at(record.school_id, uow.now):
        raise Refused("reviewed_on", _("Choose a day between then and today."))
    record.reviewed_on, record.review = reviewed_on, words
    _close_oldest(uow, record, "done", kind=REVIEW)  # one record asks for one
    uow.record(record, "restraint.reviewed")
    return record.id
