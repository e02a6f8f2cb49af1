"""Opening check-in/check-out or mentoring without an incident: with a reason, and with the family's agreement.

It is a case like any other (lead, reviews, hand-over, transfer, retention), but of no report: nothing counts it among
incidents, priors or rates, and deans do not see it.
"""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case, CaseOrigin
from wss_cases.cases.case.pages import open_case_for
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.proposals import propose
from wss_cases.pathways.mentoring.opening.models import SupportStart
from wss_cases.pathways.mentoring.opening.queries import living_support
from wss_cases.pathways.mentoring.opening.rules import is_adult
from wss_cases.pathways.mentoring.opening.states import OPENED_WITHOUT_INCIDENT, AgreedHow, AgreedWho, Because
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import contacts_of, school_days
from wss_cases.routing.engine.pages import Kind, Person
from wss_cases.routing.engine.pages import Pathway as Family

TIER = 2
REVIEW_AFTER = 20
"""School days until the first review of the case."""


@dataclass(frozen=True)
class Support:
    """What is opened and why, and who of the family said yes, how and when (`guardian_id` None: the student)."""

    kind: Kind
    because: Because
    why: str
    agreed_who: AgreedWho
    guardian_id: int | None
    agreed_how: AgreedHow
    agreed_on: date


@use_case
def open_support(uow: UnitOfWork, student_id: int, support: Support) -> int:
    """Open support for a student of the own school; the pathway is proposed. Returns the pathway's id.

    Raises NotFound for who may not, Refused without a reason or an agreement, from a guardian whom the school may not
    contact, and where the student has this kind of support already.
    """
    student = uow.load(Student, student_id, Permission.SUPPORT_OPEN)
    if student.school_id is None or support.kind not in OPENED_WITHOUT_INCIDENT:
        raise NotFound
    refuse_blank("why", support.why, _("Enter the reason in a sentence."))
    today = today_at(student.school_id, uow.now)
    if support.agreed_on > today:
        raise Refused("agreed_on", _("Choose today or an earlier day."))
    guardian_id, name = _who_agreed(student, support, today)
    standing = living_support(student.id, student.school_id, support.kind)
    if standing is not None:
        raise Refused("kind", _("The student has this already: case %(case)s.", case=standing.case.reference))
    case = _open_case(uow, student, student.school_id, today)
    row = propose(
        uow, case,
        pathway=Family.MENTORING, kind=support.kind, for_whom=Person.BOTH, participant_id=case.participants[0].id,
        tier=TIER, rules=[], start_by=today, owner_id=uow.actor.user_id,
    )  # fmt: skip
    start = SupportStart(
        case_id=case.id, school_id=case.school_id, because=support.because, why=support.why,
        agreed_who=support.agreed_who, guardian_id=guardian_id, agreed_name=name, agreed_how=support.agreed_how,
        agreed_on=support.agreed_on, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.record(
        start,
        "support.started",
        because=support.because.value,
        how=support.agreed_how.value,
        day=support.agreed_on.isoformat(),
    )
    return row.id


def _who_agreed(student: Student, support: Support, today: date) -> tuple[int | None, str]:
    if support.agreed_who is AgreedWho.STUDENT:
        if not is_adult(student.birth_date, today):
            words = _("Only a student who is 18 or older can agree alone. Ask a parent or guardian.")
            raise Refused("agreed_who", words)
        return None, student.shown_name
    guardian = next((who for who in contacts_of(student.id) if who.id == support.guardian_id), None)
    if guardian is None:
        raise Refused("guardian_id", _("Choose a parent or guardian the school may contact."))
    return guardian.id, guardian.name


def _open_case(uow: UnitOfWork, student: Student, school_id: int, today: date) -> Case:
    return open_case_for(
        uow,
        student,
        school_id=school_id,
        origin=CaseOrigin.SUPPORT,
        tier=TIER,
        lead_id=uow.actor.user_id,
        review_on=school_days(school_id).add(today, REVIEW_AFTER),
    )
