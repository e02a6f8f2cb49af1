"""Counting police notifications: by door, those nobody confirmed, those that were avoidable, and reviews refused."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, or_, select

from wss_cases.access.actor import Actor
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.counting.cache.cached_counts import cached_count
from wss_cases.outcomes.counting.scope.queries import PreparedOfScope, by_days, within
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.states import DutyState
from wss_cases.safeguards.police.review.models import NotifiedStudent, PoliceNotification, PoliceReview
from wss_cases.safeguards.police.review.states import NotificationGround, ReviewState


@dataclass
class Police:
    """Notifications made, by door, the different students in them, and the reviews that were refused.

    `unconfirmed`: emergencies that the second review did not confirm, which stand at no door. `avoidable`: neither an
    emergency nor required by a duty that stands.
    """

    by_door: dict[NotificationGround, int] = field(default_factory=dict)
    students: int = 0
    refused: int = 0
    unconfirmed: int = 0
    avoidable: int = 0

    @property
    def instances(self) -> int:
        """All notifications."""
        return sum(self.by_door.values()) + self.unconfirmed


def refused_reviews(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Police-notification reviews of the period's incidents that were refused; a statement joins the incident."""
    of_period = within(actor, scope, PoliceReview.school_id, Incident.local_date)
    return [PoliceReview.state == ReviewState.REFUSED, *of_period]


def notified(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions of a police notification that was made in the period."""
    return within(actor, scope, PoliceNotification.school_id, PoliceNotification.local_date)


def not_confirmed() -> ColumnElement[bool]:
    """Return the condition of a notification whose emergency the second review did not confirm."""
    return exists().where(
        PoliceReview.id == PoliceNotification.review_id,
        PoliceReview.door == NotificationGround.EMERGENCY,
        PoliceReview.review_due_on.is_not(None),
        PoliceReview.second_approves.is_(False),
    )


def was_avoidable() -> ColumnElement[bool]:
    """Return the condition of a notification that no emergency and no duty that stands called for: the duty was found
    not to apply, or nobody seconded it and the second review did not confirm it."""
    by_law = (PoliceReview.id == PoliceNotification.review_id, PoliceReview.door == NotificationGround.REQUIRED_BY_LAW)
    void = exists().where(*by_law, LegalDuty.id == PoliceReview.duty_id, LegalDuty.state == DutyState.NOT_APPLICABLE)
    alone = exists().where(*by_law, PoliceReview.review_due_on.is_not(None), PoliceReview.second_approves.is_(False))
    return or_(PoliceNotification.door == NotificationGround.OTHER, void, alone)


def students_notified(actor: Actor, scope: Scope, *columns: Any) -> Any:
    """Return a select of (school, student, columns of the student), a line for each student of a notification."""
    return (
        select(PoliceNotification.school_id, NotifiedStudent.student_id, *columns)
        .join(NotifiedStudent, NotifiedStudent.notification_id == PoliceNotification.id)
        .join(Student, Student.id == NotifiedStudent.student_id)
        .where(*notified(actor, scope))
    )


@cached_count("police", version=3, depends_on=by_days)
def police(actor: Actor, scope: Scope) -> Police:
    """Return the notifications made in the period by door, their different students, and how many reviews of the
    period's incidents were refused, in two queries."""
    counts = {row[0]: (row[1], int(row[2] or 0), int(row[3] or 0)) for row in _DOORS.rows(actor, scope)}
    others = OTHERS.row(actor, scope)
    return Police(
        {ground: made - unconfirmed for ground, (made, unconfirmed, _avoidable) in counts.items()},
        others[0],
        others[1],
        sum(unconfirmed for _made, unconfirmed, _avoidable in counts.values()),
        sum(avoidable for _made, _unconfirmed, avoidable in counts.values()),
    )


def _by_door(actor: Actor, scope: Scope) -> Any:
    door = PoliceNotification.door
    sums = [func.sum(case((condition, 1), else_=0)) for condition in (not_confirmed(), was_avoidable())]
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
"""Different students of notifications, and reviews that were refused."""
