"""Restrictions of a student's guardian: contact, records, and court orders."""

from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy import select
from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import GuardianLimit, Student, StudentGuardian
from wss_cases.roster.directory.queries import get_student
from wss_cases.roster.directory.rules import Restriction

YES, NO, UNKNOWN = "yes", "no", "unknown"
ANSWERS = {YES: _l("Yes"), NO: _l("No"), UNKNOWN: _l("Not known")}
WORDS = {True: YES, False: NO, None: UNKNOWN}
READ = {word: answer for answer, word in WORDS.items()}
NOBODY_KEPT_OFF = "none"


class LimitForm(PlainForm):
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


class At(NamedTuple):
    """A student's guardian, and the restrictions recorded of them."""

    link: StudentGuardian
    student: Student
    limit: GuardianLimit | None


def _at(link: StudentGuardian) -> At:
    theirs = GuardianLimit.student_id == link.student_id, GuardianLimit.guardian_id == link.guardian_id
    student = existing(db.session.get(Student, link.student_id))
    return At(link, student, db.session.scalar(select(GuardianLimit).where(*theirs)))


def _found(actor: Actor, guardian_link_id: int) -> At:
    link = existing(db.session.get(StudentGuardian, guardian_link_id))
    get_student(actor, link.student_id)
    return _at(link)


def _start(at: At) -> dict[str, Any]:
    limit = at.limit
    return {} if limit is None else {
        "restriction": limit.restriction.value if limit.restriction else NOBODY_KEPT_OFF,
        "restricted_on": limit.restricted_on, "may_contact": WORDS[limit.may_contact],
        "may_receive_records": WORDS[limit.may_receive_records],
    }  # fmt: skip


def _student_page(at: At) -> str:
    return url_for("students.student", student_id=at.student.id)


pages = Pages("guardians", __name__, trail=lambda at: [
    (_("Find a student"), url_for("students.students")), (at.student.shown_name, _student_page(at))
])  # fmt: skip
LINK = Subject(
    StudentGuardian, _found, row=lambda at: at.link, of=lambda link: existing(db.session.get(Student, link.student_id)),
    version=lambda link: limit.version if (limit := _at(link).limit) else None,
    above=lambda link: (Student, link.student_id),
)  # fmt: skip


@pages.act(
    "/students/guardians/<int:guardian_link_id>", LINK, LimitForm, Permission.GUARDIAN_LIMIT, endpoint="limit",
    title=_l("What applies to this guardian"), lede=lambda at: at.link.guardian.name, button=_l("Save"), start=_start,
    boxed=False, more=lambda *_shown: {"can_blank": True},
    then=lambda at, _answer: _student_page(at) + "#guardians",
)  # fmt: skip
def limit_guardian(uow: UnitOfWork, link: StudentGuardian, form: LimitForm) -> int:
    """Record the restrictions of a student's guardian; returns the student's id. A guardian kept away by an order is
    never contacted nor sent records; only an administrator of the school may end an order."""
    _link, student, limit = _at(link)
    if limit is not None and uow.version is None:
        raise Stale
    kept_off = form.restriction.data != NOBODY_KEPT_OFF
    day = form.restricted_on.data if kept_off else None
    ends_order = not kept_off and limit is not None and limit.restriction is not None
    if ends_order and not uow.actor.covers(student.school_id, Role.ADMINISTRATOR):
        raise Refused("restriction", _("Only an administrator of the school records that an order no longer applies."))
    if kept_off and day is None:
        raise Refused("restricted_on", _("Enter the date on the paper."))
    if day is not None and day > today_at(student.school_id, uow.now):
        raise Refused("restricted_on", _("Choose today or an earlier day."))
    row = limit or GuardianLimit(student_id=student.id, guardian_id=link.guardian_id)
    row.restriction, row.restricted_on = Restriction(form.restriction.data) if kept_off else None, day
    row.may_contact = False if kept_off else READ[form.may_contact.data]
    row.may_receive_records = False if kept_off else READ[form.may_receive_records.data]
    uow.record(row, "student.guardian_limit")
    return student.id


ROOM = Room(pages=(pages,))
