"""Counts of police notifications: by ground, not confirmed, avoidable, and refused reviews."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import _, _l
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.counting.cache import cached_count
from wss_cases.outcomes.counting.scope.queries import PreparedOfScope, by_days, within
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty
from wss_cases.safeguards.police.review.models import (
    LAW_AT_ONCE,
    NotificationGround,
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    ReviewState,
)

AVOIDABLE: Final = "avoidable"
NOT_CONFIRMED: Final = "emergency_not_confirmed"
LAW_NOT_CONFIRMED: Final = "required_by_law_not_confirmed"
NOT_CONFIRMED_LABELS: Final = {
    NOT_CONFIRMED: _l("Police notification: emergency not confirmed"),
    LAW_NOT_CONFIRMED: _l("Police notification: required by law, not confirmed (firearm or gun threat)"),
}


def apart_words(emergency: int, by_law: int) -> str:
    """The sentence about notifications that are never counted as avoidable."""
    return _(
        "Not confirmed, separate: %(emergency)s emergency, %(law)s required by law",
        emergency=f"{emergency:,}",
        law=f"{by_law:,}",
    )


@dataclass
class Police:
    """The notifications by ground, the different students in them, and the refused reviews.

    `unconfirmed`: emergencies that the second review did not confirm. `law_unconfirmed`: firearms and gun threats
    reported at once, as the law requires, that proved unfounded. Both count under no ground and are never avoidable, so
    that no one hesitates to call. `avoidable`: notifications that were neither of these, nor an emergency, nor required
    by a duty that stands.
    """

    by_door: dict[NotificationGround, int] = field(default_factory=dict)
    students: int = 0
    refused: int = 0
    unconfirmed: int = 0
    law_unconfirmed: int = 0
    avoidable: int = 0

    @property
    def instances(self) -> int:
        return sum(self.by_door.values()) + self.unconfirmed + self.law_unconfirmed


def refused_reviews(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of the refused police reviews of the period's incidents. The statement joins the incident."""
    of_period = within(actor, scope, PoliceReview.school_id, Incident.local_date)
    return [PoliceReview.state == ReviewState.REFUSED, *of_period]


def notified(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    return within(actor, scope, PoliceNotification.school_id, PoliceNotification.local_date)


def not_confirmed() -> ColumnElement[bool]:
    """Condition: the second review did not confirm the notification's emergency."""
    return exists().where(
        PoliceReview.id == PoliceNotification.review_id,
        PoliceReview.door == NotificationGround.EMERGENCY,
        PoliceReview.review_due_on.is_not(None),
        PoliceReview.second_approves.is_(False),
    )


def law_not_confirmed() -> ColumnElement[bool]:
    """Condition: a firearm or gun threat reported as the law requires, whose duty was found not to apply or whose
    second review did not confirm it."""
    return _by_law_in_vain(LegalDuty.code.in_(sorted(LAW_AT_ONCE)))


def was_avoidable() -> ColumnElement[bool]:
    """Condition: neither an emergency nor a duty that stands required the notification. Any other duty was found not to
    apply, or no second person approved it and the second review did not confirm it."""
    in_vain = _by_law_in_vain(LegalDuty.code.not_in(sorted(LAW_AT_ONCE)))
    return or_(PoliceNotification.door == NotificationGround.OTHER, in_vain)


def _by_law_in_vain(of: ColumnElement[bool]) -> ColumnElement[bool]:
    alone = and_(PoliceReview.review_due_on.is_not(None), PoliceReview.second_approves.is_(False))
    return exists().where(
        PoliceReview.id == PoliceNotification.review_id,
        PoliceReview.door == NotificationGround.REQUIRED_BY_LAW,
        LegalDuty.id == PoliceReview.duty_id,
        of,
        or_(LegalDuty.state == DutyState.NOT_APPLICABLE, alone),
    )


def students_notified(actor: Actor, scope: Scope, *columns: Any) -> Any:
    """A select of (school, student, columns of the student), one row per student of a notification."""
    return (
        select(PoliceNotification.school_id, NotifiedStudent.student_id, *columns)
        .join(NotifiedStudent, NotifiedStudent.notification_id == PoliceNotification.id)
        .join(Student, Student.id == NotifiedStudent.student_id)
        .where(*notified(actor, scope))
    )


@cached_count("police", version=4, depends_on=by_days)
def police(actor: Actor, scope: Scope) -> Police:
    """The notifications made in the period by ground, their different students, and how many reviews of the period's
    incidents were refused, in two queries."""
    students, refused = OTHERS.row(actor, scope)
    counts = Police(students=students, refused=refused)
    for door, made, *sums in _DOORS.rows(actor, scope):
        unconfirmed, by_law, avoidable = (int(number or 0) for number in sums)
        counts.by_door[door] = made - unconfirmed - by_law
        counts.unconfirmed += unconfirmed
        counts.law_unconfirmed += by_law
        counts.avoidable += avoidable
    return counts


def _by_door(actor: Actor, scope: Scope) -> Any:
    door = PoliceNotification.door
    lines = (not_confirmed(), law_not_confirmed(), was_avoidable())
    sums = [func.sum(case((condition, 1), else_=0)) for condition in lines]
    return select(door, func.count(), *sums).where(*notified(actor, scope)).group_by(door)


def _students_and_refused(actor: Actor, scope: Scope) -> Any:
    students = (
        select(func.count(NotifiedStudent.student_id.distinct()))
        .join(PoliceNotification, PoliceNotification.id == NotifiedStudent.notification_id)
        .where(*notified(actor, scope))
    )
    refused = (
        select(func.count(PoliceReview.id))
        .join(Incident, Incident.id == PoliceReview.incident_id)
        .where(*refused_reviews(actor, scope))
    )
    return select(students.scalar_subquery(), refused.scalar_subquery())


_DOORS = PreparedOfScope(_by_door)
OTHERS = PreparedOfScope(_students_and_refused)
"""The different students of notifications, and the refused reviews."""
