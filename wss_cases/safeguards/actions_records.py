"""Police notifications, recorded so that they are counted."""

from dataclasses import dataclass
from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import local_date
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.models import Incident
from wss_cases.journal.unit import UnitOfWork, unit_of_work
from wss_cases.roster.models import School, Student
from wss_cases.safeguards.models import LegalDuty, NotifiedStudent, PoliceNotification
from wss_cases.safeguards.queries import students_who_caused_harm
from wss_cases.safeguards.states import NotificationDoor

Key = str | None


@dataclass(frozen=True)
class Notification:
    """One police notification as the form gives it; the students are those reported to have caused harm."""

    door: NotificationDoor
    notified_at: datetime
    told_whom: str
    channel: str = ""
    duty_id: int | None = None
    report_number: str = ""
    guardian_told_at: datetime | None = None
    guardian_manner: str = ""
    note: str = ""
    student_ids: tuple[int, ...] = ()


def record_notification(
    actor: Actor, incident_id: int, given: Notification, now: datetime, request_key: Key = None
) -> int:
    """Record that police were told, by which door. Restorative pathways stay open all the same.

    Raises Refused for any other door than an emergency or a duty of this incident, and for students who are not
    reported to have caused harm: witnesses and people harmed never count as referred.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        incident = uow.load(Incident, incident_id, Permission.POLICE_NOTIFICATION_RECORD)
        _check_notification(uow, incident, given, now)
        school = uow.session.get(School, incident.school_id)
        if school is None:
            raise NotFound
        fields = {name: value for name, value in vars(given).items() if name != "student_ids"}
        notification = uow.add(
            PoliceNotification(
                school_id=incident.school_id,
                incident_id=incident.id,
                local_date=local_date(given.notified_at, school.time_zone),
                recorded_by_id=actor.user_id,
                **fields,
            )
        )
        for student_id in sorted(set(given.student_ids)):
            uow.session.add(NotifiedStudent(notification_id=notification.id, student_id=student_id))
        uow.record(notification, "police.recorded", door=given.door.value)
        uow.answer = notification.id
        return notification.id


def _check_notification(uow: UnitOfWork, incident: Incident, given: Notification, now: datetime) -> None:
    if given.door is NotificationDoor.OTHER:
        raise Refused(
            "door",
            _(
                "The review comes first: without danger now or a legal duty, nobody tells the police on their own."
            ),
        )
    duty = uow.session.get(LegalDuty, given.duty_id) if given.duty_id is not None else None
    foreign = given.duty_id is not None and (duty is None or duty.incident_id != incident.id)
    if foreign or (given.door is NotificationDoor.REQUIRED_BY_LAW and duty is None):
        raise Refused("duty_id", _("Choose the legal duty of this incident that requires it."))
    if given.notified_at > now:
        raise Refused("notified_at", _("This time has not come yet."))
    if given.guardian_told_at is not None and given.guardian_told_at > now:
        raise Refused("guardian_told_at", _("This time has not come yet."))
    if not given.told_whom.strip():
        raise Refused("told_whom", _("Say who was told."))
    if not set(given.student_ids) <= set(_caused_harm(incident)):
        raise Refused("student_ids", _("Only students reported to have caused harm are named here."))


def _caused_harm(incident: Incident) -> dict[int, Student]:
    return {student.id: student for student in students_who_caused_harm(incident.id)}
