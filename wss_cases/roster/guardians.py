"""Restrictions of a student's guardian: contact, records, and court orders."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, url_for
from sqlalchemy import select
from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import act_page
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import GuardianLimit, Student, StudentGuardian
from wss_cases.roster.directory.queries import get_student
from wss_cases.roster.directory.rules import Restriction


def get_link(link_id: int) -> StudentGuardian:
    """A student's guardian. Raises NotFound; the caller checks the student."""
    return existing(db.session.get(StudentGuardian, link_id))


def limit_of(link: StudentGuardian) -> GuardianLimit | None:
    statement = select(GuardianLimit).where(
        GuardianLimit.student_id == link.student_id, GuardianLimit.guardian_id == link.guardian_id
    )
    return db.session.scalar(statement)


YES, NO, UNKNOWN = "yes", "no", "unknown"
ANSWERS = {YES: _l("Yes"), NO: _l("No"), UNKNOWN: _l("Not known")}
WORDS = {True: YES, False: NO, None: UNKNOWN}
READ = {word: answer for answer, word in WORDS.items()}
NOBODY_KEPT_OFF = "none"


class LimitForm(BaseForm):
    """Whether a guardian may be contacted and may receive records, and what keeps them from the student."""

    restriction = radio(
        _l("Is this person kept away from the student?"),
        {NOBODY_KEPT_OFF: _l("No"), **Restriction.labels()},
        _l("Choose an answer."),
        description=_l(
            "As shown on a paper that the school has seen. After that, no one calls, writes, or sends anything to "
            "this person."
        ),
    )
    restricted_on = DateField(_l("Date of that paper"), validators=[Optional()])
    may_contact = radio(
        _l("May this person be called or written to?"),
        ANSWERS,
        _l("Choose an answer."),
        description=_l("Not known: staff are told to ask the office first."),
    )
    may_receive_records = radio(_l("May this person receive records?"), ANSWERS, _l("Choose an answer."))


@dataclass(frozen=True)
class Limits:
    """What the school knows of one guardian of one student. None: not known; of an order: there is none."""

    may_contact: bool | None
    may_receive_records: bool | None
    restriction: Restriction | None = None
    restricted_on: date | None = None


@use_case
def limit_guardian(uow: UnitOfWork, link_id: int, limits: Limits) -> int:
    """Record the restrictions of a student's guardian; returns the student's id. A guardian kept away by an order is
    never contacted nor sent records; only an administrator of the school may end an order. Raises NotFound, Stale or
    Refused."""
    link = get_link(link_id)
    student = uow.load(Student, link.student_id, Permission.GUARDIAN_LIMIT)
    row = limit_of(link)
    if uow.version != (row.version if row else None):
        raise Stale
    _check(uow, student, limits, row.restriction if row else None)
    row = row or GuardianLimit(student_id=student.id, guardian_id=link.guardian_id)
    kept_off = limits.restriction is not None
    row.restriction, row.restricted_on = limits.restriction, limits.restricted_on if kept_off else None
    row.may_contact = False if kept_off else limits.may_contact
    row.may_receive_records = False if kept_off else limits.may_receive_records
    uow.record(row, "student.guardian_limit")
    return student.id


def _check(uow: UnitOfWork, student: Student, limits: Limits, stood: Restriction | None) -> None:
    if limits.restriction is None:
        if stood is not None and not uow.actor.covers(student.school_id, Role.ADMINISTRATOR):
            words = _("Only an administrator of the school records that an order no longer applies.")
            raise Refused("restriction", words)
    elif limits.restricted_on is None:
        raise Refused("restricted_on", _("Enter the date on the paper."))
    elif limits.restricted_on > today_at(student.school_id, uow.now):
        raise Refused("restricted_on", _("Choose today or an earlier day."))


blueprint = Blueprint("guardians", __name__)


class At(NamedTuple):
    """A student, one of their guardians, and that guardian's restrictions."""

    student: Student
    link: StudentGuardian
    limit: GuardianLimit | None


def _load(actor: Actor, guardian_link_id: int) -> At:
    link = get_link(guardian_link_id)
    student = get_student(actor, link.student_id)
    require(actor, Permission.GUARDIAN_LIMIT, student)
    return At(student, link, limit_of(link))


def _form(at: At) -> LimitForm:
    limit = at.limit
    if limit is None:
        return LimitForm()
    return LimitForm(
        version=limit.version,
        restriction=limit.restriction.value if limit.restriction else NOBODY_KEPT_OFF,
        restricted_on=limit.restricted_on,
        may_contact=WORDS[limit.may_contact],
        may_receive_records=WORDS[limit.may_receive_records],
    )


def _limits(form: LimitForm) -> Limits:
    kept_off = form.restriction.data != NOBODY_KEPT_OFF
    return Limits(
        READ[form.may_contact.data],
        READ[form.may_receive_records.data],
        Restriction(form.restriction.data) if kept_off else None,
        form.restricted_on.data if kept_off else None,
    )


def _words(at: At) -> dict[str, Any]:
    return {
        "student": at.student,
        "title": _("What applies to this guardian"),
        "lede": at.link.guardian.name,
        "go_words": _("Save"),
    }


act_page(
    blueprint,
    "/students/guardians/<int:guardian_link_id>",
    "limit",
    Permission.GUARDIAN_LIMIT,
    load=_load,
    form=_form,
    act=lambda call, at, form: limit_guardian(call, at.link.id, _limits(form)),
    done=lambda at: url_for("students.student", student_id=at.student.id) + "#guardians",
    words=_words,
    template="roster/guardians/limit.html",
)


ROOM = Room(pages=(blueprint,))
