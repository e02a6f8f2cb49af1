"""The page on which a school says what applies to a guardian of a student."""

from typing import Any, NamedTuple

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.models import GuardianLimit, Student, StudentGuardian
from wss_cases.roster.directory.queries import get_student
from wss_cases.roster.directory.states import Restriction
from wss_cases.roster.guardians.actions import Limits, limit_guardian
from wss_cases.roster.guardians.forms import NOBODY_KEPT_OFF, READ, WORDS, LimitForm
from wss_cases.roster.guardians.queries import get_link, limit_of

blueprint = Blueprint("guardians", __name__)


class At(NamedTuple):
    """A student, one of their guardians, and what was recorded of that one."""

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
